/** The results of a run of faults as they grow: what an earlier run had, and every cell until now. */
import { commitOfCheckout, machineFacts } from '../compare/machine.ts'
import { CONTROL_WORKLOAD, controlEntry } from '../entries/control.ts'
import { RESULTS_FORMAT, RESULTS_VERSION } from '../results/constants.ts'
import type { Control } from '../results/control.ts'
import type { EngineResult } from '../results/engines.ts'
import type { FaultCell } from '../results/faults.ts'
import type { Results } from '../results/results.ts'
import type { NotProven } from '../results/strategies.ts'
import { POOL_SIZE } from './cell.ts'
import type { PlannedCell } from './plan.ts'
import { SALE_CALLERS, SALE_NAME } from './sale.ts'

export interface FaultTally {
  readonly control: Control | undefined
  /** One of the same fault, strategy and seed is replaced. */
  addCell(cell: FaultCell): void
  addEngines(engines: readonly EngineResult[]): void
  addNotProven(notProven: readonly NotProven[]): void
  /** Of several, one that was not caught counts. */
  addControl(control: Control): void
  results(): Results
}

interface TallyParts {
  readonly cells: readonly PlannedCell[]
  /** An earlier run, whose cells are kept. */
  readonly before: Pick<Results, 'faults' | 'control' | 'engines' | 'notProven'> | undefined
  readonly command: string
  readonly signal: AbortSignal
}

/** `left`: the cells that are going to be run. */
export async function openTally(
  { cells, before, command, signal }: TallyParts,
  left: readonly PlannedCell[],
): Promise<FaultTally> {
  const startedAt = new Date().toISOString()
  const commit = await commitOfCheckout()
  let done: readonly FaultCell[] = before?.faults ?? []
  const planned = new Set(left.map(({ entry }) => entry.name))
  const notProven = new Map<string, NotProven>(
    // Those of strategies that are tried again now are said again, if it is still so.
    (before?.notProven ?? []).flatMap((each) => (planned.has(each.strategy) ? [] : [[keyOf(each), each]])),
  )
  const engines = new Map<string, EngineResult>(
    (before?.engines ?? []).map((each) => [engineKey(each), each]),
  )
  let control: Control | undefined = before?.control
  return {
    get control() {
      return control
    },
    addCell(cell) {
      const others = done.filter((each) => !isOfSameRun(each, cell))
      done = [...others, withoutRepeats(cell, others)]
    },
    addEngines(opened) {
      for (const engine of opened) engines.set(engineKey(engine), engine)
    },
    addNotProven(told) {
      for (const each of told) notProven.set(keyOf(each), each)
    },
    addControl(own) {
      if (control === undefined || !own.caught) control = own
    },
    results: () => ({
      format: RESULTS_FORMAT,
      version: RESULTS_VERSION,
      startedAt,
      finishedAt: new Date().toISOString(),
      command,
      seed: cells[0]?.seed ?? 0,
      machine: machineFacts(),
      ...(commit !== undefined && { commit }),
      engines: [...engines.values()],
      settings: SETTINGS,
      control: control ?? notRun(),
      trials: [],
      faults: done,
      notProven: [...notProven.values()],
      interrupted: signal.aborted,
    }),
  }
}

const SETTINGS: Results['settings'] = {
  durationMs: 0,
  warmupMs: 0,
  repeats: 1,
  concurrency: [SALE_CALLERS],
  workloads: [SALE_NAME],
  poolSize: POOL_SIZE,
  criticalSectionMs: 0,
}

function isOfSameRun(one: FaultCell, other: FaultCell): boolean {
  return one.fault === other.fault && one.strategy === other.strategy && one.seed === other.seed
}

/**
 * The file is written after each run: one conviction of a cell of the table is enough, and one of a run that
 * was not as predicted.
 */
function withoutRepeats(cell: FaultCell, done: readonly FaultCell[]): FaultCell {
  const { conviction: _, race: __, ...rest } = cell
  const isShown = done.some(
    ({ fault, strategy, asPredicted, conviction }) =>
      fault === cell.fault &&
      strategy === cell.strategy &&
      asPredicted === cell.asPredicted &&
      conviction !== undefined,
  )
  return isShown ? rest : cell
}

/** Faults need engines of both durabilities. */
function engineKey({ name, durability }: EngineResult): string {
  return `${name} ${durability}`
}

function keyOf({ strategy, why }: NotProven): string {
  return `${strategy}: ${why}`
}

function notRun(): Control {
  const nothing = { oversoldUnits: 0, overReservedUnits: 0, caught: false, rounds: 0 }
  return {
    strategy: controlEntry().name,
    workload: CONTROL_WORKLOAD,
    ...nothing,
    conviction: 'it was not run',
  }
}
