/** The append-only file of a Redis server on a small disk, which something else fills. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { monotonicMs } from '../../clock.ts'
import type { SmallDisk } from '../engine.ts'
import { codeOf } from '../engine-error.ts'
import type { CacheHome } from '../local/cache-home.ts'
import { type JournalDisk, moveToSmallDisk } from '../local/small-disk.ts'
import { persistently } from './persistently.ts'

interface FilledServer {
  readonly folder: string
  readonly saidBytes: number
  saidSince(bytes: number): string
  start(): Promise<void>
  stop(): Promise<void>
}

/** The server's own name for it. */
export const JOURNAL = 'appendonlydir'
const FILLER = 'filler'
const PIECE_BYTES = 64 * 1024
const FULL = /^.*(No space left on device|Short write while writing|Can't recover from AOF write).*$/gim
/** Until somebody writes. */
const NOTICED_MS_MAX = 3_000
const POLL_MS = 10

export function fileOnSmallDisk(
  server: FilledServer,
  { admin, home }: { readonly admin: Redis; readonly home: CacheHome },
): SmallDisk {
  let disk: JournalDisk | undefined
  let saidBytes = 0
  const said = (): readonly string[] => server.saidSince(saidBytes).match(FULL) ?? []
  return {
    async put() {
      await server.stop()
      disk = await moveToSmallDisk({ folder: server.folder, journal: JOURNAL, home })
      await server.start()
      return {
        async [Symbol.asyncDispose]() {
          await server.stop()
          if (disk !== undefined) rmSync(join(disk.path, FILLER), { force: true })
          await disk?.takeBack()
          disk = undefined
          await server.start()
        },
      }
    },
    async fill() {
      saidBytes = server.saidBytes
      if (disk !== undefined) fillUp(join(disk.path, FILLER))
      const endMs = monotonicMs() + NOTICED_MS_MAX
      while (said().length === 0 && monotonicMs() < endMs) await delay(POLL_MS)
    },
    noticed() {
      const lines = said()
      const [first] = lines
      if (first === undefined) return undefined
      const what = first.replace(/^\d+:[A-Z] .*? [.*#-] /, '').trim()
      return `the server said ${lines.length} times that it cannot write (${what})`
    },
    async makeRoom() {
      if (disk !== undefined) rmSync(join(disk.path, FILLER), { force: true })
      // It ends by itself a moment after it has said that it cannot write, and may still run at first.
      await persistently(async () => {
        await server.start()
        await admin.set('holdfast:room', '', 'PX', 1)
      })
    },
  }
}

/** As a log, or a backup in the wrong place, fills the disk of a server. */
function fillUp(path: string): void {
  const file = openSync(path, 'w', 0o600)
  try {
    for (const bytes of [PIECE_BYTES, 1]) {
      const piece = Buffer.alloc(bytes, '.')
      for (;;) {
        try {
          writeSync(file, piece)
        } catch (error) {
          if (codeOf(error) !== 'ENOSPC') throw error
          break
        }
      }
    }
  } finally {
    closeSync(file)
  }
}
