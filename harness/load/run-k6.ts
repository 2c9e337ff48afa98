/** Runs one script of `k6/` to its end, under a deadline, and reads what it found. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { runToEnd } from '../engines/local/bounded-child.ts'
import type { K6Program } from './k6-program.ts'
import { type LoadSummary, readSummary } from './summary.ts'

const SCRIPTS = path.resolve(import.meta.dirname, '../../k6')
/** Above the time that the profile itself takes: setup, what is in flight in the end, the audit. */
const BESIDE_LOAD_MS_MAX = 150_000
/** k6's own exit code for a threshold that did not hold. */
const THRESHOLD_BREACHED = 99

export interface K6Order {
  /** What k6 writes goes here; it is the caller's. */
  readonly folder: string
  readonly k6: K6Program
  readonly baseUrl: string
  readonly strategy: string
  readonly profile: string
  /** RATE, SECONDS, VUS, RATES, VIEWERS_RATE: what the scripts read beside the profile. */
  readonly settings: Readonly<Record<string, string>>
  /** About how long the load lasts. */
  readonly loadMs: number
  readonly signal: AbortSignal
}

export type LoadEnd =
  /** `tally`: the file of what buyers did and were told. */
  | { readonly kind: 'ended'; readonly summary: LoadSummary; readonly tally: string }
  /** k6 itself gave up: no service, a setting that it does not take. In one line. */
  | { readonly kind: 'failed'; readonly why: string }

/** `baseUrl` is on this machine: nothing else is ever loaded. */
export async function runK6(order: K6Order): Promise<LoadEnd> {
  const { folder, strategy } = order
  const summary = path.join(folder, 'summary.json')
  const tally = path.join(folder, 'tally.jsonl')
  const settings = {
    ...order.settings,
    BASE_URL: order.baseUrl,
    PROFILE: order.profile,
    STRATEGY: strategy,
    SUMMARY: summary,
    TALLY: '1',
  }
  const { exitCode, printed } = await runToEnd(
    order.k6.path,
    [
      'run',
      '--quiet',
      '--no-usage-report',
      '--address=',
      // A line as it was told, and nothing around it.
      '--log-format=raw',
      `--console-output=${tally}`,
      ...Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
      scriptFor(strategy),
    ],
    {
      deadlineMs: order.loadMs + BESIDE_LOAD_MS_MAX,
      account: undefined,
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', HOME: folder },
      signal: order.signal,
    },
  )
  if (exitCode === 0 || exitCode === THRESHOLD_BREACHED) {
    return { kind: 'ended', summary: await readSummary(summary), tally }
  }
  return { kind: 'failed', why: whyOf(printed) }
}

/** The strategy's own, or the one for a strategy from a file of the user's. */
function scriptFor(strategy: string): string {
  const own = path.join(SCRIPTS, `${strategy}.ts`)
  return existsSync(own) ? own : path.join(SCRIPTS, 'shared', 'any.ts')
}

/** The complaint among what k6 printed, in one line. */
function whyOf(printed: string): string {
  const lines = printed
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const complaint = lines.find((line) => /^test aborted: |Error\b/.test(line)) ?? lines.at(-1)
  return (complaint ?? 'k6 ended without a word').replace(/^test aborted: /, '').slice(0, 300)
}
