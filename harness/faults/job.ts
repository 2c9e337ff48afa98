/**
 * A process that runs some cells of a run of faults, one after another, on servers of its own. It exits when
 * it is done, or when the run is gone.
 */
import { engineKinds } from '../engines/registry.ts'
import { entryOf } from '../entries/strategy-reference.ts'
import { reasonOf } from '../errors.ts'
import type { HistoryRecord } from '../history/record.ts'
import { faultNamed } from './fault-named.ts'
import type { CellReference, JobFacts, JobOrder, JobReport } from './job-messages.ts'
import { type PlannedCell, planOf } from './plan.ts'
import { runFaults } from './run.ts'

const ending = new AbortController()

// What it has started ends with it.
process.on('disconnect', () => process.exit(1))
process.on('message', (order: JobOrder) => {
  if (order.kind === 'stop') return ending.abort(new Error('the run was ended'))
  run(order)
    .then(
      (facts) => said({ kind: 'over', facts }),
      (error: unknown) => said({ kind: 'failed', why: reasonOf(error) }),
    )
    .finally(() => process.exit(0))
})

async function run({ cells, command }: Extract<JobOrder, { readonly kind: 'run' }>): Promise<JobFacts> {
  let latest: readonly HistoryRecord[] = []
  const results = await runFaults({
    cells: (await Promise.all(cells.map(plannedCell))).flat(),
    kinds: engineKinds,
    env: process.env,
    log: (line) => void said({ kind: 'log', line }),
    signal: ending.signal,
    command,
    before: undefined,
    async keepHistory({ history }) {
      latest = history
      return undefined
    },
    async onCell(cell, { engines, control, notProven }) {
      const history = cell.conviction !== undefined || !cell.asPredicted ? latest : []
      await said({ kind: 'cell', cell, history, facts: { engines, control, notProven } })
    },
  })
  const { engines, control, notProven } = results
  return { engines, control, notProven }
}

async function plannedCell(reference: CellReference): Promise<readonly PlannedCell[]> {
  const { fault, strategy, seed, isForOutcomeAlone } = reference
  const planned = planOf([faultNamed(fault)], [await entryOf(strategy)], [seed], engineKinds)
  return isForOutcomeAlone === true ? planned.map((cell) => ({ ...cell, isForOutcomeAlone })) : planned
}

/** Settles when it is on its way: an exit loses nothing. */
async function said(report: JobReport): Promise<void> {
  await new Promise<void>((resolve) => {
    if (process.send === undefined || !process.connected) resolve()
    else process.send(report, undefined, undefined, () => resolve())
  })
}
