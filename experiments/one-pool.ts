/** A pool of tickets of which any will do: what does every strategy give? */
import { sellOut } from '../harness/workloads/sell-out.ts'
import { basis, comparison, notCarried, told } from './say.ts'
import { shape } from './shape.ts'

const GUARDED = 'postgres-conditional-update'

export const onePool = shape({
  name: 'one-pool',
  workload: sellOut.name,
  what: 'A GA tier, sold out again and again',
  figure: 'sales',
  figures: [
    'sales',
    'holdP50',
    'holdP95',
    'attempts',
    'connectionMs',
    'clientCpu',
    'serversCpu',
    'salesPerCpuSecond',
  ],
  prediction:
    'Every sale changes the same counter, so that those win whose callers share a durable write: batches, TigerBeetle, Redis. One row per ticket spreads the load, and one commit per buyer of one row is the slowest.',
  expectations: [
    {
      words: 'batches sell more than one commit per buyer',
      figure: 'sales',
      more: { strategy: `${GUARDED}-batched` },
      than: { strategy: GUARDED },
    },
    {
      words: 'one row per ticket sells more than one counter',
      figure: 'sales',
      more: { strategy: 'postgres-skip-locked' },
      than: { strategy: GUARDED },
    },
    {
      words: 'Redis sells more than one commit per buyer',
      figure: 'sales',
      more: { strategy: 'redis-lua' },
      than: { strategy: GUARDED },
    },
  ],
  claims: [
    {
      source: 'notes',
      claim: 'A conditional update that only takes free units is safe, and usually the cleanest way.',
      judge(data) {
        const standing = data.standing(GUARDED)
        const [own, locked] = [GUARDED, 'postgres-select-for-update'].map((strategy) =>
          data.figure('sales', { strategy }),
        )
        if (standing.kind !== 'valid') return notCarried()
        return {
          outcome: comparison(own, locked) === 'less' ? 'in-part' : 'holds',
          measured: `Valid in ${standing.trials} trials, in one statement without a transaction; ${told(own)}, FOR UPDATE ${told(locked)}${basis([own, locked])}.`,
        }
      },
    },
    {
      source: 'article',
      claim: 'Checking first and writing afterwards sells one seat to two buyers.',
      judge({ runs: [run] }) {
        if (run === undefined || !run.results.control.caught) return notCarried()
        const { strategy, workload, rounds, oversoldUnits } = run.results.control
        return {
          outcome: 'holds',
          measured: `${strategy} was caught on ${workload} in round ${rounds}: ${oversoldUnits} units sold beyond capacity.`,
        }
      },
    },
  ],
})
