#!/bin/sh
# Copies what compose.yaml keeps into a new folder under backups/ (or the one that is named): the database and the
# pictures of labels. Everything may run meanwhile. Says the folder.
set -eu
folder=${1:-backups/$(date -u +%Y%m%dT%H%M%SZ)}
[ ! -e "$folder" ] || { echo "$folder exists already; every backup needs a folder of its own." >&2; exit 1; }
umask 077
rm -rf "$folder.part"
mkdir -p "$folder.part"

docker compose exec -T postgres pg_dump -U labelhub -Fc labelhub >"$folder.part/labelhub.dump"
# The pictures second: each that the copy of the database names is there.
docker compose run --rm --no-deps -T worker sh -c 'cd /data && mkdir -p artifacts && tar -cf - artifacts' >"$folder.part/artifacts.tar"
mv "$folder.part" "$folder"
echo "$folder"
