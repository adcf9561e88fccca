#!/bin/sh
# Deploys the version that compose.yaml and .env name, in the right order; the same script the first time.
# Stops at the first step that fails: until `bring_up` has succeeded, the old version goes on serving.
set -eu
say() { echo "== $*"; }

say "Pull and build"
docker compose pull --ignore-buildable
docker compose build --pull

if [ -n "$(docker compose ps -q web)" ]; then
    say "Back up"
    docs/deployment/backup.sh
fi

say "Bring up the database, with the new version"
docker compose up -d --wait postgres redis
docker compose run --rm -T bring_up

say "Start web, worker and beat anew"
docker compose up -d --no-deps web worker beat

say "Wait until they are ready"
if ! docker compose exec -T web python manage.py wait_ready http://127.0.0.1:8000 --tries "${TRIES:-60}"; then
    docker compose logs --tail 50 web worker beat
    echo "The new version is not ready. docs/deployment.md says how to roll back." >&2
    exit 1
fi

# By the new version, which is the one that has to understand them.
if ls config/templates/*.toml >/dev/null 2>&1; then
    say "Register templates"
    docker compose exec -T web sh -c 'python manage.py register /config/templates/*.toml'
fi
say "Done"
