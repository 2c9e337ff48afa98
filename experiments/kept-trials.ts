/**
 * The trials of an interrupted experiment, one a line, so that it goes on where it was. They belong to one
 * plan on one machine with the same engines and commit: those of another are put aside, since figures of two
 * states of the program must not be mixed.
 */
import { appendFile, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { TrialOrder } from '../harness/compare/parts.ts'
import type { Trial } from '../harness/results/trial.ts'
import { SaveError, saveWhole } from '../harness/save.ts'

/** What must be the same for trials to belong together. */
export interface KeptUnder {
  readonly seed: number
  readonly commit: string | undefined
  readonly machine: object
  /** Versions and settings. */
  readonly engines: readonly object[]
}

type Order = Pick<
  TrialOrder,
  | 'workload'
  | 'concurrency'
  | 'durationMs'
  | 'poolSize'
  | 'criticalSectionMs'
  | 'networkLatencyMs'
  | 'arrivalsPerSecond'
  | 'processes'
  | 'repeat'
>

interface KeptLine {
  readonly key: string
  readonly trial: Trial
}

export class KeptTrials {
  readonly #file: string
  readonly #trials: Map<string, Trial>

  private constructor(file: string, trials: Map<string, Trial>) {
    this.#file = file
    this.#trials = trials
  }

  /** Reads what was kept under the same conditions, or begins a new file. */
  static async open(file: string, under: KeptUnder): Promise<KeptTrials> {
    const head = JSON.stringify(under)
    const text = await readFile(file, 'utf8').catch(() => '')
    const [found, ...lines] = text.split('\n')
    if (found === head) return new KeptTrials(file, new Map(lines.flatMap(entryOf)))
    await saveWhole(file, `${head}\n`)
    return new KeptTrials(file, new Map())
  }

  get count(): number {
    return this.#trials.size
  }

  get(strategy: string, order: Order): Trial | undefined {
    return this.#trials.get(keyOf(strategy, order))
  }

  async keep(strategy: string, order: Order, trial: Trial): Promise<void> {
    const key = keyOf(strategy, order)
    try {
      // After a line that was cut short, the next one begins on its own.
      await appendFile(this.#file, `\n${JSON.stringify({ key, trial } satisfies KeptLine)}`)
    } catch (cause) {
      throw new SaveError(`cannot write to ${path.relative('.', this.#file)}`, { cause })
    }
    this.#trials.set(key, trial)
  }
}

/** Nothing for a line that was cut short by the interruption. */
function entryOf(line: string): readonly (readonly [string, Trial])[] {
  try {
    const { key, trial } = JSON.parse(line) as KeptLine
    return typeof key === 'string' && typeof trial === 'object' ? [[key, trial]] : []
  } catch {
    return []
  }
}

function keyOf(strategy: string, order: Order): string {
  const { workload, concurrency, durationMs, poolSize, criticalSectionMs, repeat } = order
  const { networkLatencyMs = 0, arrivalsPerSecond = 0, processes = 1 } = order
  return [
    strategy,
    workload,
    concurrency,
    durationMs,
    poolSize,
    criticalSectionMs,
    networkLatencyMs,
    arrivalsPerSecond,
    processes,
    repeat,
  ].join(' ')
}
