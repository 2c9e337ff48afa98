/** `holdfast list`: the strategies and workloads. */
import Table from 'cli-table3'
import { Command } from 'commander'
import { BORDERLESS, rendered } from '../harness/report/table.ts'
import type { FaultCell } from '../harness/results/faults.ts'
import { publishedFaultTable } from '../harness/results/published-faults.ts'
import { survivesOf } from '../harness/results/survives.ts'
import { workloads } from '../harness/workloads/registry.ts'
import { registry } from '../strategies/registry.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { SUMMARIES } from './summaries.ts'

export function listCommand({ output: { out }, finish }: Context): Command {
  return new Command('list')
    .description(SUMMARIES.list.about)
    .option('--json', 'as JSON')
    .action(async ({ json }: { readonly json?: true }) => {
      const { faults = [], commit } = await publishedFaultTable()
      if (json) {
        const strategies = registry.map(({ name, summary, engines, promises }) => {
          const survives = survivesOf(faults, name, commit)
          return { name, summary, engines, promises, ...(survives !== undefined && { survives }) }
        })
        const scenarios = workloads.map(({ name, summary }) => ({ name, summary }))
        out.write(`${JSON.stringify({ strategies, workloads: scenarios }, undefined, 2)}\n`)
      } else {
        const strategies = new Table({
          ...BORDERLESS,
          head: [
            'strategy',
            'technique',
            'safe (promised)',
            'faults survived',
            'refusals',
            'contention',
            'expiry',
            'fairness',
          ],
        })
        for (const { name, summary, promises } of registry) {
          const { safe, unsafeUnder, refusals, contention, expiry, fairness } = promises
          const safety = safe === 'without-faults' ? `unless ${unsafeUnder.join(', ')}` : safe
          const survived = survivedIn(faults, name)
          strategies.push([name, summary, safety, survived, refusals, contention, expiry, fairness])
        }
        const scenarios = new Table({ ...BORDERLESS, head: ['workload', 'what happens'] })
        for (const { name, summary } of workloads) scenarios.push([name, summary])
        out.write(`${rendered(strategies)}\n\n${rendered(scenarios)}\n\n${LEGEND}\n`)
      }
      finish(EXIT.asPromised)
    })
}

const LEGEND =
  'Safe is what a strategy promises; faults survived were measured (docs/faults.md), and “holdfast faults” measures them again.'

/** `24 of 25`; of a strategy that nobody has tried, nothing is known. */
function survivedIn(faults: readonly FaultCell[], name: string): string {
  const found = survivesOf(faults, name)
  return found === undefined ? 'not measured' : `${found.faults - found.fell.length} of ${found.faults}`
}
