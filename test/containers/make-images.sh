#!/usr/bin/env bash
# Makes images of PostgreSQL and Redis from Debian's own packages, for machines on which no registry of images can be
# reached: real servers in real containers. Prints the variables that make Holdfast use them. Needs root, mmdebstrap and a
# Docker daemon; takes about a minute, or nothing where the images are there already.
set -euo pipefail
cd "$(dirname "$0")"

suite=bookworm
# Changes with this script and what it puts in: an image made by another state of it is not taken for this one's.
state="$(cat make-images.sh postgres-entrypoint.sh | sha256sum | cut -c1-12)"
postgres="holdfast-postgres:$suite-$state"
redis="holdfast-redis:$suite-$state"

is_there() { docker image inspect "$1" >/dev/null 2>&1; }

# Name, packages, and what `docker import` is to add; more for mmdebstrap in the rest.
make() {
  local image="$1" packages="$2" change=() ; shift 2
  while [ "${1:-}" = --change ]; do change+=(--change "$2"); shift 2; done
  is_there "$image" && return
  echo "making $image" >&2
  mmdebstrap --quiet --variant=apt --aptopt='APT::Install-Recommends "false"' --include="$packages" "$@" \
    "$suite" - | docker import "${change[@]}" - "$image" >/dev/null
}

make "$redis" redis-server \
  --change 'EXPOSE 6379' --change 'WORKDIR /data' --change 'CMD ["redis-server"]'
make "$postgres" postgresql \
  --change 'EXPOSE 5432' \
  --change 'ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
  --change 'ENV LC_ALL=C' \
  --change 'ENTRYPOINT ["/usr/local/bin/postgres-entrypoint.sh"]' \
  --change 'CMD ["postgres"]' \
  --customize-hook='copy-in postgres-entrypoint.sh /usr/local/bin' \
  --customize-hook='chmod 755 "$1/usr/local/bin/postgres-entrypoint.sh"'

echo "export HOLDFAST_POSTGRES_IMAGE=$postgres"
echo "export HOLDFAST_REDIS_IMAGE=$redis"
