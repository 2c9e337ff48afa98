/**
 * Goal: a strategy that does not keep the ledger it states is never valid, however well it answers. Method:
 * right strategies under another ledger's name, and stores that are dropped while they are sold from.
 */
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { runTrial } from '../../harness/trial/trial.ts'
import { drain } from '../../harness/workloads/drain.ts'
import { counterRows, luaRecord, seatKeys, unitRows } from '../../strategies/ledgers/registry.ts'
import { on, registry, type StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import { withEngines } from '../with-engines.ts'
import { inMemory } from '../workloads/in-memory.ts'

const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000)
const opened = await withEngines(['postgres', 'redis'])

async function trialOf(entry: StrategyEntry) {
  const { trial } = await runTrial(entry, opened.engines, {
    workload: drain,
    concurrency: 8,
    durationMs: 300,
    warmupMs: 0,
    repeat: 1,
    seed,
    poolSize: 8,
    criticalSectionMs: 0,
  })
  return trial
}

function stating(ledger: NonNullable<StrategyEntry['ledger']>, name: string): StrategyEntry {
  const right = registry.find((entry) => entry.name === name) ?? expect.fail(`there is no ${name}`)
  return { ...right, name: `${name} as ${ledger.name}`, ledger }
}

describe(`another ledger than it states, seed ${seed}`, () => {
  test('unit rows that are counter rows: there is nothing to read', async () => {
    const { verdict, asPromised, verdictReasons } = await trialOf(
      stating(unitRows, 'postgres-conditional-update'),
    )
    expect({ verdict, asPromised }).toEqual({ verdict: 'unknown', asPromised: false })
    expect(verdictReasons.join(' ')).toMatch(
      /the store is not the ledger that the strategy names \(unit-rows\): schema "\S+" has no table unit/,
    )
  })

  test('counter rows that are unit rows: the counters count nothing', async () => {
    const { verdict, violations } = await trialOf(stating(counterRows, 'postgres-skip-locked'))
    expect(verdict).toBe('invalid')
    expect(violations.map(({ message }) => message).join('\n')).toMatch(
      /counts 0 units as taken, but its holds have/,
    )
  })

  test.skipIf(opened.lacks(['redis'])).for([
    [luaRecord, 'redis-seat-key', 'Redis holds no counters of resources'],
    [counterRows, 'redis-seat-key', 'has no table resource, hold, hold_line'],
    [seatKeys, 'redis-setnx', 'has no table sale'],
  ] as const)('%s that are those of %s: there is nothing to read', async ([ledger, name, why]) => {
    const { verdict, verdictReasons } = await trialOf(stating(ledger, name))
    expect(verdict).toBe('unknown')
    expect(verdictReasons.join(' ')).toContain(`the strategy names (${ledger.name}): `)
    expect(verdictReasons.join(' ')).toContain(why)
  })
})

describe(`a schema that is dropped in mid-run, seed ${seed}`, () => {
  /** Told of each hold. */
  function dropping(
    make: () => ReservationStrategy | Promise<ReservationStrategy>,
    name: string,
  ): StrategyEntry {
    return {
      ...on(['postgres'], counterRows, name, 'a mutant', () => import('../../strategies/postgres-naive.ts')),
      async open({ postgres = expect.fail('there is no PostgreSQL') }, settings) {
        const tables = registry.find((entry) => entry.name === 'postgres-conditional-update')
        const onTables = await (tables ?? expect.fail('no strategy')).open({ postgres }, settings)
        const strategy = name === 'on its tables' ? onTables : await make()
        let holds = 0
        return {
          ...strategy,
          async createResources(resources) {
            await onTables.createResources(resources)
            if (strategy !== onTables) await strategy.createResources(resources)
          },
          async hold(request) {
            if (++holds === 5) {
              const { rows } = await sql<{ name: string }>`
                select quote_ident(current_schema()) as name`.execute(postgres)
              await sql`drop schema ${sql.raw(rows[0]?.name ?? '')} cascade`.execute(postgres)
            }
            return strategy.hold(request)
          },
        }
      },
    }
  }

  test('under a strategy that sells from memory, and answers as if nothing had happened', async () => {
    const { verdict, asPromised, verdictReasons } = await trialOf(dropping(() => inMemory(), 'from memory'))
    expect({ verdict, asPromised }).toEqual({ verdict: 'unknown', asPromised: false })
    expect(verdictReasons.join(' ')).toMatch(
      /\(counter-rows\): schema "\S+" has no table resource, hold, hold_line/,
    )
  })

  test('under a strategy that needs it', async () => {
    const { verdict, asPromised } = await trialOf(dropping(() => inMemory(), 'on its tables'))
    expect(verdict).not.toBe('valid')
    expect(asPromised).toBe(false)
  })
})
