import { EXPLORED, exploring } from 'holdfast/vitest'
import { expect, test } from 'vitest'
import { type Database, TABLES, transfer, transferNaively } from './transfers.ts'

const explore = exploring({
  engines: ['postgres'],
  setup: (client) => TABLES.execute(client.kysely<Database>()),
  before: (client) =>
    client
      .kysely<Database>()
      .insertInto('account')
      .values([
        { id: 'a', balance: 10 },
        { id: 'b', balance: 10 },
      ])
      .execute(),
})

const keepsTheMoney = (move: typeof transfer) =>
  explore(async ({ client }) => {
    const [alice, bob] = [client('alice').kysely<Database>(), client('bob').kysely<Database>()]
    await Promise.all([move(alice, 'a', 'b', 10), move(bob, 'b', 'a', 5)])
    const balances = await alice.selectFrom('account').select('balance').execute()
    expect(balances.reduce((sum, { balance }) => sum + balance, 0)).toBe(20)
  })

test('transfers in both directions keep the money, and do not deadlock', EXPLORED, () =>
  keepsTheMoney(transfer),
)

test.fails('transfers that read, then write keep the money', EXPLORED, () => keepsTheMoney(transferNaively))
