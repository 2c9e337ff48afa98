/** How long cells take: as measured before where they were, and else as most do. */
import type { FaultCell } from '../results/faults.ts'
import type { PlannedCell } from './plan.ts'

/** Of most faults on two cores: warm-up, fault, recovery, the audit at rest. */
const CELL_MS = 9_000
/** To start the engines of cells that share them, and to catch the control. */
const OPEN_MS = 6_000

/** `known`: cells of earlier runs. Milliseconds, one cell after another. */
export function cellsMs(cells: readonly PlannedCell[], known: readonly FaultCell[]): number {
  const byFault = Map.groupBy(known, ({ fault }) => fault)
  const groups = new Set(
    cells.map(({ fault: { needs } }) => `${needs.durability} ${needs.recordServers ?? ''}`),
  )
  const each = cells.map(({ fault }) => meanMs(byFault.get(fault.name) ?? []))
  return each.reduce((sum, ms) => sum + ms, groups.size * OPEN_MS)
}

function meanMs(runs: readonly FaultCell[]): number {
  return runs.length === 0 ? CELL_MS : runs.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0) / runs.length
}
