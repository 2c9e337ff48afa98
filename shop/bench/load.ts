/** Plays a load on a shop: by autocannon, in a process for each address, or by k6. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { runToEnd } from '../../harness/engines/local/bounded-child.ts'
import { locateK6 } from '../../harness/load/k6-program.ts'
import { processCpuMs } from '../../harness/trial/servers-cpu.ts'
import type { LoadJob, LoadTold } from './messages.ts'

/** Longer than the load itself: for starting, and for answers in flight at its end. */
const BESIDE_MS_MAX = 60_000
const K6_SCRIPT = path.resolve(import.meta.dirname, '../../k6/shared/shop.ts')
/** k6's exit code for a failed threshold. */
const THRESHOLD_BREACHED = 99

export interface Load extends Omit<LoadJob, 'address'> {
  readonly addresses: readonly string[]
}

export async function lightLoad({ addresses, buyers, ...same }: Load): Promise<LoadTold> {
  const each = Math.max(1, Math.floor(buyers / addresses.length))
  const all = await Promise.all(addresses.map((address) => generated({ ...same, address, buyers: each })))
  const sum = (of: (told: LoadTold) => number): number => all.reduce((total, told) => total + of(told), 0)
  return {
    answers: sum(({ answers }) => answers),
    failures: sum(({ failures }) => failures),
    p50Ms: sum(({ p50Ms }) => p50Ms) / all.length,
    p99Ms: Math.max(...all.map(({ p99Ms }) => p99Ms)),
    cpuMs: sum(({ cpuMs }) => cpuMs),
  }
}

async function generated(job: LoadJob): Promise<LoadTold> {
  const child = fork(new URL('./generator.ts', import.meta.url), { serialization: 'advanced' })
  const late = setTimeout(() => child.kill('SIGKILL'), job.seconds * 1_000 + BESIDE_MS_MAX)
  try {
    const ended = once(child, 'exit')
    const told = new Promise<LoadTold>((resolve, reject) => {
      child.once('message', (message: LoadTold) => resolve(message))
      child.once('error', reject)
      // Not its exit, which a busy process may see before its last message.
      child.once('disconnect', () => reject(new Error('the load generator ended and told nothing')))
    })
    child.send(job, () => undefined)
    const answer = await told
    await ended
    return answer
  } finally {
    clearTimeout(late)
  }
}

export interface K6Told extends LoadTold {
  /** Thresholds that were not kept, the audit's among them. */
  readonly breached: readonly string[]
}

interface K6Buyers {
  readonly adminPassword: string
  readonly mix: boolean
  readonly seed?: number
}

/**
 * `mix`: whether some payments fail, are canceled, or are made twice, drawn by `seed`. Throws if k6 is not
 * there.
 */
export async function k6Load(
  { addresses, buyers, seconds, tier }: Load,
  { adminPassword, mix, seed = 1 }: K6Buyers,
): Promise<K6Told> {
  const k6 = await locateK6({ env: process.env, log: () => undefined, mayFetch: false })
  const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-shop-k6-'))
  try {
    const summary = path.join(folder, 'summary.json')
    const settings = {
      // A buyer stays at one, and all are used.
      BASE_URL: addresses.join(','),
      TIER: tier,
      VUS: String(buyers),
      SECONDS: String(seconds),
      MIX: mix ? '1' : '',
      SEED: String(seed),
      SUMMARY: summary,
    }
    const before = processCpuMs(process.pid) ?? 0
    const own = process.cpuUsage()
    const { exitCode, printed } = await runToEnd(
      k6.path,
      [
        ...['run', '--quiet', '--no-usage-report', '--address='],
        ...Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
        K6_SCRIPT,
      ],
      {
        deadlineMs: seconds * 1_000 + BESIDE_MS_MAX,
        account: undefined,
        cwd: folder,
        // The password is in no argument, where other users of the machine would see it.
        env: { PATH: process.env.PATH ?? '', HOME: folder, SHOP_ADMIN: adminPassword },
      },
    )
    const { user, system } = process.cpuUsage(own)
    // What this process has waited for is counted as its own.
    const cpuMs = (processCpuMs(process.pid) ?? 0) - before - (user + system) / 1_000
    if (exitCode !== 0 && exitCode !== THRESHOLD_BREACHED)
      throw new Error(`k6 failed: ${printed.slice(-300)}`)
    const told = JSON.parse(await readFile(summary, 'utf8')) as Omit<K6Told, 'cpuMs'>
    return { ...told, cpuMs: Math.max(0, cpuMs) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
