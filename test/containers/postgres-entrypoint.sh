#!/bin/sh
# What the official image's entrypoint does, as far as it is used here: makes a database for the user, password and name
# that the environment gives, and then runs what it was told to run as the account "postgres".
set -eu
export PGDATA="${PGDATA:-/var/lib/postgresql/data}"
as_postgres() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }

[ "${1:-}" = postgres ] || exec "$@"
mkdir -p "$PGDATA" /var/run/postgresql
chown postgres:postgres "$PGDATA" /var/run/postgresql
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  passwords="$(mktemp)"
  printf '%s\n' "$POSTGRES_PASSWORD" >"$passwords"
  chown postgres "$passwords"
  as_postgres initdb --username="$POSTGRES_USER" --pwfile="$passwords" \
    --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --locale=C
  rm "$passwords"
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  # Nobody can reach it before its database is there.
  as_postgres pg_ctl --wait --options="-c listen_addresses=''" start
  as_postgres createdb --username="$POSTGRES_USER" --maintenance-db=postgres "$POSTGRES_DB"
  as_postgres pg_ctl --wait --mode=fast stop
fi
exec setpriv --reuid=postgres --regid=postgres --init-groups "$@" -c listen_addresses='*'
