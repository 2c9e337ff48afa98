/** The environment variables, for `holdfast --help`. */
export const ENVIRONMENT_HELP = `
Environment:
  POSTGRES_URL                     your own server, in a schema of its own; nothing else on it is touched. Several hosts in
                                   one URL: the one that takes writes
  POSTGRES_URLS                    several servers, comma-separated: an event lives on one of them (docs/clusters.md)
  REDIS_URL, REDIS_URLS            your own server, or several independent masters for Redlock, under a key prefix of its own;
                                   redis+cluster://host,host for a cluster, redis+sentinel://host,host/name for a master
  TIGERBEETLE_ADDRESSES            your own cluster, in ledgers of its own
  HOLDFAST_REDIS=cluster           starts a cluster of three masters and their replicas; cluster:1 of one
  HOLDFAST_POSTGRES=standby:KIND   starts a standby, too: asynchronous, synchronous or remote-apply
  HOLDFAST_POSTGRES=shards:N       starts N servers, from 2 to 8: an event lives on one of them
  POSTGRES_PREPARED=off            sends statements whole; they are otherwise prepared, once per connection
  REDIS_BIN, TIGERBEETLE_BIN       a server program to start
  LIBFAKETIME                      the library that faults step clocks with (libfaketimeMT.so.1), if not in its usual place
  HOLDFAST_POSTGRES_IMAGE, HOLDFAST_REDIS_IMAGE, HOLDFAST_TIGERBEETLE_IMAGE
                                   replace the pinned images of --engines containers
  HOLDFAST_ROOM_SECRET             of a waiting room that is kept (--room-keep): at least 32 characters, the same at each start
  HOLDFAST_OFFLINE=1               forbids downloading a server
  REQUIRE_ENGINES=redis            engines without which a run fails, comma-separated
  HOLDFAST_DEBUG=1                 shows where an error came from
`
