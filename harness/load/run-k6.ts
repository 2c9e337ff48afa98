/** Runs one script of `k6/` to its end, under a deadline, and reads what it found. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
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
  | { readonly kind: 'ended'; readonly summary: LoadSummary }
  /** k6 itself gave up: no service, a setting that it does not take. In one line. */
  | { readonly kind: 'failed'; readonly why: string }

/** `baseUrl` is on this machine: nothing else is ever loaded. */
export async function runK6(order: K6Order): Promise<LoadEnd> {
  const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-k6-'))
  const summary = path.join(folder, 'summary.json')
  const settings = { ...order.settings, BASE_URL: order.baseUrl, PROFILE: order.profile, SUMMARY: summary }
  try {
    const { exitCode, printed } = await runToEnd(
      order.k6.path,
      [
        'run',
        '--quiet',
        '--no-usage-report',
        '--address=',
        ...Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
        path.join(SCRIPTS, `${order.strategy}.ts`),
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
      return { kind: 'ended', summary: await readSummary(summary) }
    }
    return { kind: 'failed', why: whyOf(printed) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The last complaint, without k6's own decoration. */
function whyOf(printed: string): string {
  const complaints = [...printed.matchAll(/level=error msg="((?:[^"\\]|\\.)*)"/g)].map(
    (match) => match[1] ?? '',
  )
  const last = complaints.at(-1)?.replaceAll('\\"', '"').split('\\n')[0]
  return (last ?? printed.trim().split('\n').at(-1) ?? 'k6 ended without a word').slice(0, 300)
}
