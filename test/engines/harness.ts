/** What these tests share: a cache of their own, programs to end, and waiting for a fact instead of for a while. */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { exists } from '../../harness/engines/local/process-identity.ts'
import { type FixtureProgram, startFixture } from './fixture-program.ts'

const POLL_MS = 10
const FACT_DEADLINE_MS = 20_000

/** As root the server runs under an account that has to be able to walk here. */
export function temporaryCache(): {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  remove(): void
} {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'holdfast-test-'))
  chmodSync(folder, process.geteuid?.() === 0 ? 0o755 : 0o700)
  const { POSTGRES_URL: _, ...inherited } = process.env
  return {
    folder,
    env: { ...inherited, XDG_CACHE_HOME: folder },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  }
}

export function runFolders(cache: { readonly folder: string }): string[] {
  const runs = join(cache.folder, 'holdfast', 'postgres-runs')
  return existsSync(runs) ? readdirSync(runs) : []
}

export async function until(fact: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + FACT_DEADLINE_MS
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${FACT_DEADLINE_MS} ms: ${fact}`)
    await delay(POLL_MS)
  }
}

export function serverPid(dataFolder: string): number {
  return Number(readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8').split('\n')[0])
}

export async function isGone(pid: number): Promise<void> {
  await until(`process ${pid} is gone`, () => !exists(pid))
}

export function childrenOf(pid: number): number[] {
  const printed = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
  return printed.split('\n').flatMap((line) => {
    const [child, parent] = line.trim().split(/\s+/).map(Number)
    return child !== undefined && parent === pid ? [child] : []
  })
}

/** Ends the shell that waits to end the servers of a run, so that only the next run is left to do it. */
export function killWatchdog(runFolder: string): void {
  const printed = execFileSync('ps', ['-ww', '-A', '-o', 'pid=,command='], { encoding: 'utf8' })
  const watchdogs = printed.split('\n').filter((line) => line.includes(`holdfast-watchdog ${runFolder}`))
  if (watchdogs.length !== 1) throw new Error(`${watchdogs.length} watchdogs for ${runFolder}`)
  process.kill(Number.parseInt(watchdogs[0] ?? '', 10), 'SIGKILL')
}

export async function startProgram(
  env: NodeJS.ProcessEnv,
  ending = 'wait',
): Promise<
  FixtureProgram & {
    readonly dataFolder: string
    readonly schema: string
    /** CLOCK_MONOTONIC as the program read it. */
    readonly readAtMs: number
  }
> {
  const program = await startFixture(new URL('./fixtures/run-with-engine.ts', import.meta.url), env, ending)
  const { dataFolder, schema, readAtMs } = JSON.parse(program.firstLine)
  return { ...program, dataFolder: String(dataFolder), schema: String(schema), readAtMs: Number(readAtMs) }
}
