/** `holdfast list`: the strategies and workloads. */
import Table from 'cli-table3'
import { Command } from 'commander'
import { BORDERLESS, rendered } from '../harness/report/table.ts'
import { workloads } from '../harness/workloads/registry.ts'
import { registry } from '../strategies/registry.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { SUMMARIES } from './summaries.ts'

export function listCommand({ output: { out }, finish }: Context): Command {
  return new Command('list')
    .description(SUMMARIES.list.about)
    .option('--json', 'as JSON')
    .action(({ json }: { readonly json?: true }) => {
      if (json) {
        const strategies = registry.map(({ name, summary, engines, promises }) => ({
          name,
          summary,
          engines,
          promises,
        }))
        const scenarios = workloads.map(({ name, summary }) => ({ name, summary }))
        out.write(`${JSON.stringify({ strategies, workloads: scenarios }, undefined, 2)}\n`)
      } else {
        const strategies = new Table({
          ...BORDERLESS,
          head: ['strategy', 'technique', 'safe', 'refusals', 'contention', 'expiry', 'fairness'],
        })
        for (const { name, summary, promises } of registry) {
          const { safe, refusals, contention, expiry, fairness } = promises
          strategies.push([name, summary, safe, refusals, contention, expiry, fairness])
        }
        const scenarios = new Table({ ...BORDERLESS, head: ['workload', 'what happens'] })
        for (const { name, summary } of workloads) scenarios.push([name, summary])
        out.write(`${rendered(strategies)}\n\n${rendered(scenarios)}\n`)
      }
      finish(EXIT.asPromised)
    })
}
