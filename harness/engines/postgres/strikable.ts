/** What a fault can do to a PostgreSQL server of this run. */
import type pg from 'pg'
import type { StrikableServer } from '../engine.ts'
import { steppedClockOf } from '../local/stepped-clock.ts'
import type { PostgresTarget } from './connection.ts'
import type { EmbeddedPostgres } from './embedded.ts'
import { walOnSmallDisk } from './small-disk.ts'
import { standbyOf } from './standby.ts'

export function strikable(
  { servers }: EmbeddedPostgres,
  {
    admin,
    target,
    env,
  }: { readonly admin: pg.Pool; readonly target: PostgresTarget; readonly env: NodeJS.ProcessEnv },
): StrikableServer {
  const { server, home } = servers
  return {
    kill: () => server.crash(),
    start: () => server.start(),
    followedBy: (from) => standbyOf(servers, { admin, target }, from),
    disk: walOnSmallDisk(server, { admin, home }),
    clock: steppedClockOf(server, {
      file: `${server.folder}.time`,
      env,
      async now() {
        const { rows } = await admin.query<{ ms: number }>(
          'select extract(epoch from clock_timestamp())::float8 * 1000 as ms',
        )
        return rows[0]?.ms ?? 0
      },
    }),
  }
}
