/** What a claim about a technique is, and the figures of a run that claims are judged by. */
import { hotSeat } from '../../workloads/hot-seat.ts'
import { sellOut } from '../../workloads/sell-out.ts'
import { byGoodput, type Cell } from '../cells.ts'
import { type ChartData, comparedGroup } from '../charts/chart-data.ts'

export interface Judgement {
  readonly outcome: 'holds' | 'does-not-hold' | 'in-part' | 'not-measured'
  /** What was measured, with its settings; if it was not measured, how to measure it. */
  readonly measured: string
}

export interface JudgeableClaim {
  readonly source: string
  readonly claim: string
  judge(data: ChartData): Judgement
}

/** Measured figures this close to a claimed one confirm it: the difference between machines is larger. */
export const NEAR = 0.25

/** `how`: a command, or why this run could not measure it. */
export function notMeasured(how: string): Judgement {
  return { outcome: 'not-measured', measured: how }
}

export function hotSeatCell(data: ChartData, strategy: string): Cell | undefined {
  return comparedGroup(data, hotSeat.name)?.cells.find((cell) => cell.strategy === strategy)
}

/** The fastest first. */
export function sellOutCells(data: ChartData): readonly Cell[] {
  return byGoodput(comparedGroup(data, sellOut.name)?.cells ?? [])
}

export function poolOf({ results }: ChartData): string {
  return `pool of ${results.settings.poolSize}`
}

export function enginesOf({ results }: ChartData, strategy: string): readonly string[] | undefined {
  return results.strategies?.find(({ name }) => name === strategy)?.engines
}

/** The versions and durability of the engines that a strategy used. */
export function durabilityOf(data: ChartData, strategy: string): string {
  const used = enginesOf(data, strategy)
  const found = data.results.engines.filter(({ name }) => used?.includes(name) === true)
  return found.length === 0
    ? 'engine unknown'
    : found.map(({ version, durability }) => `${version}, ${durability}`).join('; ')
}
