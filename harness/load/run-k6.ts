/** Runs one script of `k6/` to its end, with a deadline, and reads its results. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { runToEnd } from '../engines/local/bounded-child.ts'
import type { Shard } from '../results/shard.ts'
import type { K6Program } from './k6-program.ts'
import { type LoadSummary, readSummary } from './summary.ts'

const SCRIPTS = path.resolve(import.meta.dirname, '../../k6')
/** Added to the profile's own time: for setup, requests in flight at the end, and the audit. */
const BESIDE_LOAD_MS_MAX = 150_000
/** k6's exit code for a failed threshold. */
const THRESHOLD_BREACHED = 99

export interface K6Order {
  /** The folder for k6's files, which belongs to the caller. */
  readonly folder: string
  readonly k6: K6Program
  readonly baseUrl: string
  readonly strategy: string
  readonly profile: string
  /** RATE, SECONDS, VUS, RATES, VIEWERS_RATE: the scripts' settings besides the profile. */
  readonly settings: Readonly<Record<string, string>>
  /** The approximate duration of the load. */
  readonly loadMs: number
  readonly signal: AbortSignal
  /** Which part of the load this k6 generates, if others generate the rest at the same service. */
  readonly segment?: Shard
}

export type LoadEnd =
  /** `tally`: the file with the buyers' operations. */
  | { readonly kind: 'ended'; readonly summary: LoadSummary; readonly tally: string }
  /** k6 itself failed: no service, or a setting that it does not accept. In one line. */
  | { readonly kind: 'failed'; readonly why: string }

/** `baseUrl` is on this machine: a load never goes anywhere else. */
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
    // What is free must look the same to all, in whatever order they begin.
    ...(order.segment !== undefined && { PART: '1' }),
  }
  const { exitCode, printed } = await runToEnd(
    order.k6.path,
    [
      'run',
      '--quiet',
      '--no-usage-report',
      '--address=',
      // Writes the lines without k6's own prefix.
      '--log-format=raw',
      `--console-output=${tally}`,
      ...segmentArguments(order.segment),
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

/** Execution segments of k6: each instance starts its share of the iterations, numbered as one test. */
export function segmentArguments(segment: Shard | undefined): readonly string[] {
  if (segment === undefined) return []
  const { index, of } = segment
  const at = (part: number): string => (part === 0 ? '0' : part === of ? '1' : `${part}/${of}`)
  const sequence = Array.from({ length: of + 1 }, (_, part) => at(part)).join(',')
  return [`--execution-segment=${at(index - 1)}:${at(index)}`, `--execution-segment-sequence=${sequence}`]
}

/** The strategy's own script, or the one for strategies from a user's file. */
function scriptFor(strategy: string): string {
  const own = path.join(SCRIPTS, `${strategy}.ts`)
  return existsSync(own) ? own : path.join(SCRIPTS, 'shared', 'any.ts')
}

/** The error in k6's output, in one line. */
function whyOf(printed: string): string {
  const lines = printed
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const complaint = lines.find((line) => /^test aborted: |Error\b/.test(line)) ?? lines.at(-1)
  return (complaint ?? 'k6 ended without a word').replace(/^test aborted: /, '').slice(0, 300)
}
