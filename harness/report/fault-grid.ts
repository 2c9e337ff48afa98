/** The table of faults as data: a row for each fault, a column for each strategy. */
import type { FaultCell } from '../results/faults.ts'
import { type Survival, survivals } from '../results/survives.ts'

export type GridCell =
  | { readonly kind: 'found'; readonly found: Survival }
  /** `why`: a clause. */
  | { readonly kind: 'not-applicable'; readonly why: string }
  | { readonly kind: 'not-run' }

interface GridRow {
  readonly fault: string
  readonly title: string
  /** Sentences; absent if not known. */
  readonly does?: string
  /** In the order of the strategies. */
  readonly cells: readonly GridCell[]
}

export interface FaultGrid {
  readonly strategies: readonly string[]
  readonly rows: readonly GridRow[]
}

/** Everything that could be in the table, whether it was run or not. */
export interface FaultFrame {
  readonly strategies: readonly string[]
  readonly faults: readonly { readonly name: string; readonly title: string; readonly does: string }[]
  /** Why a fault cannot happen to a strategy, as a clause; undefined if it can. */
  whyNot(fault: string, strategy: string): string | undefined
  /** Why it does not come out as predicted, as sentences; undefined if that is not explained. */
  whyMissed?(fault: string, strategy: string): string | undefined
}

/** Without a frame, of what was run alone. */
export function gridOf(cells: readonly FaultCell[], frame?: FaultFrame): FaultGrid {
  const all = survivals(cells)
  const strategies = frame?.strategies ?? [...new Set(all.map(({ strategy }) => strategy))]
  const faults: readonly { readonly name: string; readonly title: string; readonly does?: string }[] =
    frame?.faults ??
    [...new Map(all.map(({ fault, title }) => [fault, title]))].map(([name, title]) => ({ name, title }))
  const rows = faults.map(({ name, title, does }) => ({
    fault: name,
    title,
    ...(does !== undefined && { does }),
    cells: strategies.map((strategy): GridCell => {
      const found = all.find((each) => each.fault === name && each.strategy === strategy)
      if (found !== undefined) return { kind: 'found', found }
      const why = frame?.whyNot(name, strategy)
      return why === undefined ? { kind: 'not-run' } : { kind: 'not-applicable', why }
    }),
  }))
  return { strategies, rows }
}

/** Every cell that was run, by row. */
export function foundIn({ rows }: FaultGrid): readonly Survival[] {
  return rows.flatMap(({ cells }) => cells.flatMap((cell) => (cell.kind === 'found' ? [cell.found] : [])))
}
