/** Reports the progress of a running trial, cheaply enough not to affect the measurement. */
import type { Operation } from '../history/record.ts'
import { latencyUs } from '../workloads/recorder.ts'
import type { Role } from '../workloads/workload.ts'
import { percentiles } from './figures.ts'

/** Often enough for a smooth live page. */
const SAMPLE_MS = 250
/** Limits memory: further calls are counted, but their waits are ignored. */
const WAITS_MAX = 2_000

/** The buyers' answers since the previous sample. */
export interface Sample {
  /** Since the start of the run. */
  readonly atMs: number
  readonly spanMs: number
  readonly held: number
  readonly soldOut: number
  readonly contended: number
  readonly unknown: number
  readonly holdMs: { readonly p50: number; readonly p95: number }
}

export class Sampler {
  readonly #report: (sample: Sample) => void
  readonly #timer: NodeJS.Timeout
  readonly #startedMs = performance.now()
  #lastMs = this.#startedMs
  #counts = { held: 0, soldOut: 0, contended: 0, unknown: 0 }
  #waitsUs: number[] = []

  constructor(report: (sample: Sample) => void) {
    this.#report = report
    this.#timer = setInterval(() => this.#flush(), SAMPLE_MS)
  }

  add(operation: Operation, role: Role): void {
    if (operation.op !== 'hold' || role !== 'buyer') return
    if (operation.result === 'ok') this.#counts.held++
    else if (operation.result === 'info') this.#counts.unknown++
    else if (operation.why === 'sold-out') this.#counts.soldOut++
    else if (operation.why === 'contended') this.#counts.contended++
    if (this.#waitsUs.length < WAITS_MAX) this.#waitsUs.push(latencyUs(operation))
  }

  /** Reports the last sample. */
  end(): void {
    clearInterval(this.#timer)
    this.#flush()
  }

  #flush(): void {
    const nowMs = performance.now()
    const { p50, p95 } = percentiles(this.#waitsUs)
    this.#report({
      atMs: nowMs - this.#startedMs,
      spanMs: nowMs - this.#lastMs,
      ...this.#counts,
      holdMs: { p50, p95 },
    })
    this.#lastMs = nowMs
    this.#counts = { held: 0, soldOut: 0, contended: 0, unknown: 0 }
    this.#waitsUs = []
  }
}
