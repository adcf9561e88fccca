#!/bin/sh
# Makes what compose.yaml reads as secrets, in the folder that is named (default: secrets). What is there already stays.
set -eu
folder=${1:-secrets}
umask 022
mkdir -p "$folder"
# The containers' users have to read the files; on this machine the folder keeps everybody else out.
chmod 700 "$folder"

random() { od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }
keep() { [ -s "$folder/$1" ] || printf '%s' "$2" >"$folder/$1"; }

keep postgres_password "$(random 24)"
keep secret_key "$(random 40)"
keep admin_password "$(random 12)"
keep database_url "postgresql://labelhub:$(cat "$folder/postgres_password")@postgres:5432/labelhub"
if [ ! -s "$folder/broker_url" ] || [ ! -s "$folder/redis_users" ]; then
    password=$(random 24)
    printf 'redis://labelhub:%s@redis:6379/0' "$password" >"$folder/broker_url"
    {
        echo "user default off"
        echo "user health on nopass -@all +ping"
        echo "user labelhub on #$(printf '%s' "$password" | sha256sum | cut -d' ' -f1) ~* &* +@all -@admin -@dangerous +info"
    } >"$folder/redis_users"
fi
