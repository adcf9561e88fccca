#!/bin/sh
# Puts a backup of backup.sh back. Nothing prints afterwards until somebody has looked at the queue and runs
#   docker compose exec web python manage.py release_after_restore
set -eu
folder=${1:?name the folder of the backup, such as backups/20261121T031415Z}
[ -s "$folder/labelhub.dump" ] || { echo "$folder/labelhub.dump is missing or empty: $folder is no backup." >&2; exit 1; }

docker compose stop web worker beat
docker compose up -d --wait postgres redis
# In one transaction: what is no backup, or a torn one, leaves the database as it was.
docker compose exec -T postgres pg_restore -U labelhub -d labelhub --clean --if-exists --no-owner --single-transaction <"$folder/labelhub.dump"
[ ! -s "$folder/artifacts.tar" ] || docker compose run --rm --no-deps -T worker tar -C /data -xf - <"$folder/artifacts.tar"
docker compose run --rm -T bring_up python manage.py bring_up --restored
docker compose up -d --no-deps web worker beat
