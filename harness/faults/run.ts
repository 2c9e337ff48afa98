/** Every cell of a table: which there are, on which engines, one after another. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import { runControl } from '../compare/control.ts'
import { commitOfCheckout, machineFacts } from '../compare/machine.ts'
import type { EngineKind } from '../engines/engine.ts'
import { whyMachineCannot } from '../engines/local/machine.ts'
import { engineResults, type OpenedEngines, openEngines } from '../engines/open.ts'
import { CONTROL_WORKLOAD, controlEntry } from '../entries/control.ts'
import { oneLine, reasonOf } from '../errors.ts'
import { whyNotTestable } from '../ground/fit.ts'
import { RESULTS_FORMAT, RESULTS_VERSION } from '../results/constants.ts'
import type { Control } from '../results/control.ts'
import type { EngineResult } from '../results/engines.ts'
import type { FaultCell, FaultPrediction } from '../results/faults.ts'
import type { Results } from '../results/results.ts'
import type { NotProven } from '../results/strategies.ts'
import { runTrial } from '../trial/trial.ts'
import { workloadNamed } from '../workloads/registry.ts'
import { type FaultCellResult, POOL_SIZE, runFaultCell } from './cell.ts'
import type { FaultKind, FaultSubject } from './fault.ts'
import { predicted } from './predictions.ts'
import { SALE_CALLERS, SALE_NAME } from './sale.ts'

/** One cell that is to be run. */
export interface PlannedCell {
  readonly fault: FaultKind
  readonly entry: StrategyEntry
  readonly subject: FaultSubject
  readonly prediction: FaultPrediction
  readonly seed: number
}

export interface FaultRunParts {
  readonly cells: readonly PlannedCell[]
  readonly kinds: readonly EngineKind[]
  readonly env: NodeJS.ProcessEnv
  readonly log: (line: string) => void
  readonly signal: AbortSignal
  /** The command line that repeats this run. */
  readonly command: string
  /** An earlier run, whose cells are kept, whether they are planned here or not. */
  readonly before: Pick<Results, 'faults' | 'control' | 'engines' | 'notProven'> | undefined
  /** Whether planned cells are run again although an earlier run has them. */
  readonly isAgain?: boolean
  /** Saves a history, and returns its path relative to the results; undefined if it is not kept. */
  readonly keepHistory: (result: FaultCellResult) => Promise<string | undefined>
  /** Called after each cell, with everything until then. */
  readonly onCell: (cell: FaultCell, results: Results, left: number) => Promise<void>
}

const CONTROL_SEED = 1

/** In the order of the faults; those that apply. */
export function planOf(
  faults: readonly FaultKind[],
  entries: readonly StrategyEntry[],
  seeds: readonly number[],
  kinds: readonly EngineKind[],
): readonly PlannedCell[] {
  return faults.flatMap((fault) =>
    entries.flatMap((entry) => {
      const found = predicted(fault, entry, kinds)
      if (found.kind === 'not-applicable') return []
      return seeds.map((seed) => ({ fault, entry, seed, ...found }))
    }),
  )
}

function isSameCell(planned: PlannedCell, { fault, strategy, seed }: FaultCell): boolean {
  return planned.fault.name === fault && planned.entry.name === strategy && planned.seed === seed
}

/** Planned cells that an earlier run does not have, or has with another prediction. */
export function cellsLeft(
  cells: readonly PlannedCell[],
  kept: readonly FaultCell[],
  isAgain = false,
): readonly PlannedCell[] {
  return cells.filter(
    (each) =>
      isAgain ||
      !kept.some(
        (cell) =>
          isSameCell(each, cell) && JSON.stringify(cell.predicted) === JSON.stringify(each.prediction),
      ),
  )
}

export async function runFaults(parts: FaultRunParts): Promise<Results> {
  const { cells, before, isAgain = false, signal, onCell } = parts
  const startedAt = new Date().toISOString()
  const commit = await commitOfCheckout()
  const kept = before?.faults ?? []
  const left = cellsLeft(cells, kept, isAgain)
  // One that is run again is replaced when it has been, and not before.
  let done: readonly FaultCell[] = kept
  const planned = new Set(left.map(({ entry }) => entry.name))
  const notProven = new Map<string, NotProven>(
    // Those of strategies that are tried again now are said again, if it is still so.
    (before?.notProven ?? []).flatMap((each) =>
      planned.has(each.strategy) ? [] : [[`${each.strategy}: ${each.why}`, each]],
    ),
  )
  const engines = new Map<string, EngineResult>(
    (before?.engines ?? []).map((each) => [engineKey(each), each]),
  )
  let control: Control | undefined = before?.control
  const results = (): Results => ({
    format: RESULTS_FORMAT,
    version: RESULTS_VERSION,
    startedAt,
    finishedAt: new Date().toISOString(),
    command: parts.command,
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
  })

  let count = left.length
  for (const group of Map.groupBy(left, ({ fault: { needs } }) => enginesKey(needs)).values()) {
    let opened: OpenedEngines | undefined
    try {
      for (const planned of group) {
        if (signal.aborted) return results()
        opened ??= await openFor(group, parts)
        for (const engine of engineResults(opened.engines)) engines.set(engineKey(engine), engine)
        control ??= await controlOn(opened, parts)
        count -= 1
        const why = await whyNotHere(planned, opened, parts)
        if (why !== undefined) {
          notProven.set(`${why.strategy}: ${why.why}`, why)
          continue
        }
        try {
          const cell = await ran(planned, opened, parts)
          const others = done.filter((each) => !isSameCell(planned, each))
          done = [...others, withoutRepeats(cell, others)]
          await onCell(cell, results(), count)
        } catch (error) {
          if (signal.aborted) return results()
          const strategy = planned.entry.name
          const reason = `${planned.fault.name} could not be carried out: ${oneLine(reasonOf(error))}`
          notProven.set(`${strategy}: ${reason}`, { strategy, why: reason, remedy: '' })
          // Nobody knows in which state it has left the servers.
          await opened[Symbol.asyncDispose]()
          opened = undefined
        }
      }
    } finally {
      await opened?.[Symbol.asyncDispose]()
    }
  }
  return results()
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

async function ran(
  planned: PlannedCell,
  { engines }: OpenedEngines,
  parts: FaultRunParts,
): Promise<FaultCell> {
  const { signal, keepHistory } = parts
  const result = await runFaultCell({ ...planned, engines, signal })
  const historyFile = await keepHistory(result)
  return historyFile === undefined ? result.cell : { ...result.cell, historyFile }
}

/** Every engine that one of these cells or the control needs; requests carry their texts. */
async function openFor(
  group: readonly PlannedCell[],
  { kinds, env, log, signal }: FaultRunParts,
): Promise<OpenedEngines> {
  const names = new Set(
    [...group.map(({ entry }) => entry), controlEntry()].flatMap(({ engines }) => engines),
  )
  const legible: NodeJS.ProcessEnv = Object.assign({}, env, ...kinds.map(({ legibleWith }) => legibleWith))
  const { durability = 'relaxed', recordServers } = group[0]?.fault.needs ?? {}
  const records = new Set(group.map(({ subject }) => subject.record.name))
  const servers =
    recordServers === undefined
      ? {}
      : Object.fromEntries([...records].map((name) => [name, recordServers] as const))
  return await openEngines([...names], { durability, servers, kinds, env: legible, log, signal })
}

/** The file is written after each run: one conviction of a cell of the table is enough. */
function withoutRepeats(cell: FaultCell, done: readonly FaultCell[]): FaultCell {
  const { conviction: _, race: __, ...rest } = cell
  const isShown = done.some(
    ({ fault, strategy, conviction }) =>
      fault === cell.fault && strategy === cell.strategy && conviction !== undefined,
  )
  return isShown ? rest : cell
}

/** Faults need engines of both durabilities. */
function engineKey({ name, durability }: EngineResult): string {
  return `${name} ${durability}`
}

/** Cells of one key share their engines. */
function enginesKey({ durability, recordServers }: FaultKind['needs']): string {
  return `${durability}, ${recordServers ?? 'as many servers as usual'}`
}

/** Why this cell proves nothing on these engines. */
async function whyNotHere(
  { fault, entry, subject }: PlannedCell,
  opened: OpenedEngines,
  { env }: FaultRunParts,
): Promise<NotProven | undefined> {
  const unfit = whyNotTestable(entry, opened)
  if (unfit !== undefined) return unfit
  const { kills, machine } = fault.needs
  const struck = kills === 'record' ? [subject.record] : kills === 'helpers' ? subject.helpers : []
  const foreign = struck.find(({ name }) => opened.engines[name]?.ownServers === undefined)
  if (foreign !== undefined) {
    return {
      strategy: entry.name,
      why: `${fault.name} ends a server, and ${foreign.title} was not started by this run, or is a cluster: it needs an engine of its own`,
      remedy: `unset what names ${foreign.title}, to have it started here`,
    }
  }
  const lacking = machine && (await whyMachineCannot(machine, env))
  if (lacking === undefined) return undefined
  return { strategy: entry.name, why: `${fault.name}: ${lacking.why}`, remedy: lacking.remedy }
}

function controlOn(opened: OpenedEngines, { signal, command }: FaultRunParts): Promise<Control> {
  const plan = {
    strategies: [],
    sections: [],
    seed: CONTROL_SEED,
    warmupMs: 0,
    poolSize: POOL_SIZE,
    criticalSectionMs: 0,
  }
  return runControl(plan, {
    runTrial: (entry, { workload, ...order }) =>
      runTrial(entry, opened.engines, { ...order, workload: workloadNamed(workload) }),
    engines: [],
    missing: opened.missing,
    control: { entry: controlEntry(), workload: CONTROL_WORKLOAD },
    keepHistory: async () => undefined,
    onEvent: () => undefined,
    signal,
    command,
    commit: undefined,
  })
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
