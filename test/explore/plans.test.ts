/**
 * Goal: an exploration meets the same plans however long it takes: PostgreSQL gathers no statistics of its tables meanwhile, by
 * which SERIALIZABLE would refuse others. Method: what the catalog says of the tables when the first schedule begins.
 */
import { expect, test } from 'vitest'
import { Testbed } from '../../harness/explore/testbed.ts'
import type { PostgresStore } from '../../strategies/ledgers/stores.ts'
import { registry } from '../../strategies/registry.ts'
import { withEngines } from '../with-engines.ts'

const { engines } = await withEngines(['postgres'])

test('nothing is done to the tables of an exploration in the background', async () => {
  const entry = registry.find(({ name }) => name === 'postgres-serializable') ?? expect.fail()
  await using testbed = await Testbed.open(entry, engines, 2)
  const store = testbed.stores.postgres as PostgresStore
  const { rows } = await store.observer.query<{ name: string; settings: string[] | null }>(
    `select relname as name, reloptions as settings from pg_class
     where relnamespace = to_regnamespace($1) and relkind = 'r' order by relname`,
    [store.schema],
  )
  expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(['hold', 'hold_line', 'resource']))
  for (const { name, settings } of rows) expect(settings, name).toContain('autovacuum_enabled=false')
})
