/**
 * A wall clock that can be stepped under one server: libfaketime stands before the system's library, and
 * reads a file at every call for the time, which says by how much the clock is wrong. Monotonic clocks stay
 * right, as on a machine whose wall clock is set.
 */
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../../clock.ts'
import type { SteppedClock, Unfit } from '../engine.ts'

/** Where Debian, Fedora, Arch and a build of one's own put it. The variant for servers with threads. */
const FOLDERS = [
  '/usr/lib/x86_64-linux-gnu/faketime',
  '/usr/lib/aarch64-linux-gnu/faketime',
  '/usr/lib64/faketime',
  '/usr/lib/faketime',
  '/usr/local/lib/faketime',
] as const
const LIBRARY = 'libfaketimeMT.so.1'
const STEP_MS_MAX = 5_000
const POLL_MS = 10
/** Steps are minutes or more; this is for a reading that takes its time. */
const TOLERANCE_MS = 2_000

/** What it needs of a server. */
export interface ReclockedServer {
  /** Variables that the server is started with, beside the usual ones. */
  environment: NodeJS.ProcessEnv
  stop(): Promise<void>
  start(): Promise<void>
}

/** `LIBFAKETIME` names the library; otherwise it is looked for where systems keep it. */
function clockLibrary(env: NodeJS.ProcessEnv): string | undefined {
  const named = env.LIBFAKETIME?.trim()
  if (named) return existsSync(named) ? named : undefined
  return FOLDERS.map((folder) => `${folder}/${LIBRARY}`).find((path) => existsSync(path))
}

/** Why no clock can be stepped here. */
export function whyNoSteppedClock(env: NodeJS.ProcessEnv): Unfit | undefined {
  if (process.platform !== 'linux')
    return { why: 'clocks are only stepped on Linux', remedy: 'run it on Linux, with libfaketime' }
  if (clockLibrary(env) !== undefined) return undefined
  return {
    why: `clocks are stepped by libfaketime, which is ${env.LIBFAKETIME ? 'not where LIBFAKETIME says' : 'not installed'}`,
    remedy: `apt install libfaketime   (or: export LIBFAKETIME=<path of ${LIBRARY}>)`,
  }
}

/** `file`: a path of its own beside the server's folder. `now`: the server's clock, as it tells it. */
export function steppedClockOf(
  server: ReclockedServer,
  {
    file,
    env,
    now,
  }: { readonly file: string; readonly env: NodeJS.ProcessEnv; readonly now: () => Promise<number> },
): SteppedClock {
  const write = (byMs: number): void => {
    const seconds = byMs / 1_000
    writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`, { mode: 0o644 })
    renameSync(`${file}.new`, file)
  }
  return {
    async put() {
      const library = clockLibrary(env)
      if (library === undefined) throw new Error('there is no libfaketime here')
      const again = async (environment: NodeJS.ProcessEnv): Promise<void> => {
        await server.stop()
        write(0)
        server.environment = environment
        await server.start()
      }
      await again({
        LD_PRELOAD: library,
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_NO_CACHE: '1',
        DONT_FAKE_MONOTONIC: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        NO_FAKE_STAT: '1',
      })
      return { [Symbol.asyncDispose]: () => again({}) }
    },
    async step(byMs) {
      write(byMs)
      const endMs = monotonicMs() + STEP_MS_MAX
      for (;;) {
        const wrongMs = (await now()) - Date.now()
        if (Math.abs(wrongMs - byMs) < TOLERANCE_MS) return
        if (monotonicMs() > endMs)
          throw new Error(`a clock was to be wrong by ${byMs} ms, and is wrong by ${Math.round(wrongMs)} ms`)
        await delay(POLL_MS)
      }
    },
  }
}

/** The library shares its state between the processes of a server, and leaves it there if it is killed. */
export function forgetSharedClock(pid: number): void {
  if (process.platform !== 'linux') return
  for (const name of [`faketime_shm_${pid}`, `sem.faketime_sem_${pid}`]) {
    try {
      rmSync(`/dev/shm/${name}`, { force: true })
    } catch {
      // Another account's, and not of this server.
    }
  }
}
