/** What a fault can do to a Redis server of this run. */
import type { Redis } from 'ioredis'
import type { StrikableServer } from '../engine.ts'
import { steppedClockOf } from '../local/stepped-clock.ts'
import { evictOn } from './eviction.ts'
import { laterFlushing } from './later-flushing.ts'
import { persistently } from './persistently.ts'
import type { OwnServer, OwnServers } from './server.ts'
import { fileOnSmallDisk } from './small-disk.ts'

export function strikable(
  server: OwnServer,
  { own, admin, env }: { readonly own: OwnServers; readonly admin: Redis; readonly env: NodeJS.ProcessEnv },
): StrikableServer {
  return {
    kill: () => server.crash(),
    start: () => server.start(),
    followedBy: (from) => own.follow(server, from),
    evict: () => evictOn(admin),
    disk: fileOnSmallDisk(server, { admin, home: own.home }),
    flushing: laterFlushing(server, admin),
    clock: steppedClockOf(server, {
      file: `${server.folder}.time`,
      env,
      async now() {
        const [seconds, microseconds] = await persistently(() => admin.time())
        return Number(seconds) * 1_000 + Number(microseconds) / 1_000
      },
    }),
  }
}
