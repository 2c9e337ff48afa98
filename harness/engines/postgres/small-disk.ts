/**
 * The WAL of a PostgreSQL server on a small disk, which fills as such disks do: a replication slot that
 * nobody reads keeps all of it, and much is written.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { monotonicMs } from '../../clock.ts'
import type { SmallDisk } from '../engine.ts'
import type { CacheHome } from '../local/cache-home.ts'
import { type JournalDisk, moveToSmallDisk } from '../local/small-disk.ts'

interface FilledServer {
  readonly folder: string
  readonly pid: number
  readonly saidBytes: number
  saidSince(bytes: number): string
  start(): Promise<void>
  stop(): Promise<void>
}

const JOURNAL = 'pg_wal'
const SLOT = 'holdfast_abandoned'
/** Small pieces: what is left between the last of them and the end of the disk is less than one. */
const PIECE_BYTES = 32 * 1024
const PIECES = 32
/** A server starts again by itself as long as there is room to say so. */
const FILL_MS_MAX = 6_000
const AGAIN_AFTER_MS = 20
const BACK_MS_MAX = 30_000
const FULL = /^.*No space left on device.*$/gim

export function walOnSmallDisk(
  server: FilledServer,
  { admin, home }: { readonly admin: pg.Pool; readonly home: CacheHome },
): SmallDisk {
  let disk: JournalDisk | undefined
  let saidBytes = 0
  return {
    async put() {
      await server.stop()
      disk = await moveToSmallDisk({ folder: server.folder, journal: JOURNAL, home })
      await server.start()
      return {
        async [Symbol.asyncDispose]() {
          await server.stop()
          await disk?.takeBack()
          disk = undefined
          await server.start()
          await dropSlot(admin)
        },
      }
    },
    async fill() {
      saidBytes = server.saidBytes
      await admin.query('select pg_create_physical_replication_slot($1, true)', [SLOT])
      const endMs = monotonicMs() + FILL_MS_MAX
      while (server.pid !== 0 && monotonicMs() < endMs) {
        await admin
          .query(
            "select count(pg_logical_emit_message(false, 'holdfast', repeat('.', $1))) from generate_series(1, $2)",
            [PIECE_BYTES, PIECES],
          )
          .catch(() => delay(AGAIN_AFTER_MS))
      }
    },
    noticed() {
      const [first, ...others] = server.saidSince(saidBytes).match(FULL) ?? []
      if (first === undefined) return undefined
      const said = first.replace(/^.*?\b(PANIC|FATAL|ERROR|LOG):\s*/, '$1: ')
      return `the server said ${others.length + 1} times that there is no space (${said.trim()})`
    },
    async makeRoom() {
      await disk?.grow()
      await server.start()
      await dropSlot(admin)
    },
  }
}

/** As soon as the server takes statements again. */
async function dropSlot(admin: pg.Pool): Promise<void> {
  const endMs = monotonicMs() + BACK_MS_MAX
  for (;;) {
    try {
      await admin.query(
        'select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = $1',
        [SLOT],
      )
      return
    } catch (error) {
      if (monotonicMs() > endMs) throw error
    }
    await delay(AGAIN_AFTER_MS)
  }
}
