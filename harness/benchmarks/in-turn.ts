/** What the benchmarks share that let several sides take turns and give the ratios of what they reach. */
import { monotonicMs } from '../clock.ts'
import { commitOfCheckout, machineFacts } from '../compare/machine.ts'
import { rangeOf } from '../report/range.ts'

/** One call of a caller, by its number; whether it reached what is counted. */
export type Once = (caller: number, number: number) => Promise<boolean>

export interface Reached {
  readonly done: number
  readonly elapsedMs: number
}

/** One line about the machine and the code. */
export async function machineLine(): Promise<string> {
  const { os, cpu, cores, memoryGib, node } = machineFacts()
  const commit = (await commitOfCheckout()) ?? 'unknown'
  return `machine      ${cpu}, ${cores} cores, ${memoryGib} GiB, ${os}, Node ${node}, commit ${commit}`
}

/** Every caller makes the next call as soon as the last one was answered. */
export async function inClosedLoop(once: Once, callers: number, durationMs: number): Promise<Reached> {
  const started = monotonicMs()
  const endMs = started + durationMs
  let done = 0
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let number = 0; monotonicMs() < endMs; number++) {
        if (await once(caller, number)) done++
      }
    }),
  )
  return { done, elapsedMs: monotonicMs() - started }
}

/** Every caller makes the next call until one answers false to it. */
export async function byCallers(callers: number, next: () => Promise<boolean>): Promise<void> {
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (await next());
    }),
  )
}

/**
 * Measures every cell in each round. Who comes first changes from round to round, so that nobody always
 * follows the same neighbour. Few rounds on a busy machine may say anything: those that are below what they
 * should reach are measured for as many rounds more. Throws when `endMs` has passed.
 */
export async function inRounds<Cell>(
  cells: readonly Cell[],
  {
    rounds,
    endMs,
    isBelow,
  }: { readonly rounds: number; readonly endMs: number; readonly isBelow: (cell: Cell) => boolean },
  measure: (cell: Cell, round: number) => Promise<void>,
): Promise<void> {
  let left = cells
  for (let round = 0; round < 2 * rounds; round++) {
    if (round >= rounds) left = cells.filter(isBelow)
    const first = left.length === 0 ? 0 : (round * 3) % left.length
    for (const cell of [...left.slice(first), ...left.slice(0, first)]) {
      if (monotonicMs() > endMs) throw new Error('not done before its deadline')
      await measure(cell, round)
    }
  }
}

/** Of two sides, round by round. */
export function ratiosOf(ours: readonly number[], beside: readonly number[]): readonly number[] {
  return ours.map((figure, at) => figure / (beside[at] ?? Number.NaN))
}

/** NaN of nothing. */
export function medianOf(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : rangeOf(values).median
}

/** The median, the least and the most, for a reader. */
export function formatRatios(ratios: readonly number[]): readonly [string, string, string] {
  const { min, max } = rangeOf(ratios)
  return [formatRatio(medianOf(ratios)), formatRatio(min), formatRatio(max)]
}

export function formatRatio(ratio: number): string {
  return ratio.toFixed(2)
}
