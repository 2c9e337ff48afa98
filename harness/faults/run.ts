/** Cells of the table, one after another: on which engines, and what could not be proven. */
import { runControl } from '../compare/control.ts'
import type { EngineKind } from '../engines/engine.ts'
import { whyMachineCannot } from '../engines/local/machine.ts'
import { engineResults, type OpenedEngines, openEngines } from '../engines/open.ts'
import { CONTROL_WORKLOAD, controlEntry } from '../entries/control.ts'
import { oneLine, reasonOf } from '../errors.ts'
import { whyNotTestable } from '../ground/fit.ts'
import type { Control } from '../results/control.ts'
import type { FaultCell } from '../results/faults.ts'
import type { Results } from '../results/results.ts'
import type { NotProven } from '../results/strategies.ts'
import { runTrial } from '../trial/trial.ts'
import { workloadNamed } from '../workloads/registry.ts'
import { type FaultCellResult, POOL_SIZE, runFaultCell } from './cell.ts'
import type { FaultKind } from './fault.ts'
import { cellsLeft, type PlannedCell } from './plan.ts'
import { openTally } from './tally.ts'

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

/** One cell after another, in this process. */
export async function runFaults(parts: FaultRunParts): Promise<Results> {
  const { cells, before, isAgain = false, signal, onCell } = parts
  const left = cellsLeft(cells, before?.faults ?? [], isAgain)
  const tally = await openTally(parts, left)
  let count = left.length
  for (const group of Map.groupBy(left, ({ fault: { needs } }) => enginesKey(needs)).values()) {
    let opened: OpenedEngines | undefined
    try {
      for (const planned of group) {
        if (signal.aborted) return tally.results()
        opened ??= await openFor(group, parts)
        tally.addEngines(engineResults(opened.engines))
        if (tally.control === undefined) tally.addControl(await controlOn(opened, parts))
        count -= 1
        const why = await whyNotHere(planned, opened, parts)
        if (why !== undefined) {
          tally.addNotProven([why])
          continue
        }
        try {
          const cell = await ran(planned, opened, parts)
          tally.addCell(cell)
          await onCell(cell, tally.results(), count)
        } catch (error) {
          if (signal.aborted) return tally.results()
          tally.addNotProven([notCarriedOut(planned, reasonOf(error))])
          // Nobody knows in which state it has left the servers.
          await opened[Symbol.asyncDispose]()
          opened = undefined
        }
      }
    } finally {
      await opened?.[Symbol.asyncDispose]()
    }
  }
  return tally.results()
}

function notCarriedOut({ fault, entry }: PlannedCell, why: string): NotProven {
  return {
    strategy: entry.name,
    why: `${fault.name} could not be carried out: ${oneLine(why)}`,
    remedy: '',
  }
}

const CONTROL_SEED = 1

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
      why: `${fault.name} strikes a server, and ${foreign.title} was not started by this run, or is a cluster: it needs an engine of its own`,
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
