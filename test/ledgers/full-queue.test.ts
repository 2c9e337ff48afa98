/**
 * Goal: a hold that no batch has room for had no effect, and says so; what has no such answer waits for room. Method: an engine that does not answer before the test
 * says so, and more holds than may wait for it.
 */
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import { type Client, CreateTransferStatus, type Transfer } from 'tigerbeetle-node'
import { describe, expect, test } from 'vitest'
import { create as batchedUpdate } from '../../strategies/postgres-conditional-update-batched.ts'
import type { HoldOutcome, ReservationStrategy, StrategySettings } from '../../strategies/strategy.ts'
import { create as batchedTransfers } from '../../strategies/tigerbeetle-pending-transfer-batched.ts'
import { holdId, resourceId } from '../../strategies/validation.ts'

const settings: StrategySettings = { criticalSection: async () => {}, random: () => 0.5 }
const FULL = { kind: 'contended', reason: 'queue-full', attempts: 1 }

/** Never answers: a caller waits for it until the test ends. */
function mutePostgres(): ReservationStrategy {
  class Mute extends DummyDriver {
    override acquireConnection(): Promise<never> {
      return new Promise(() => {})
    }
  }
  const postgres = new Kysely<unknown>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new Mute(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
  return batchedUpdate({ postgres }, settings)
}

/** Its calls are counted, and fail when the test ends. */
function muteTigerbeetle() {
  const end = Promise.withResolvers<never>()
  let calls = 0
  const client = {
    createTransfers: () => {
      calls++
      return end.promise
    },
  } as unknown as Client
  const strategy = batchedTransfers({ tigerbeetle: { client, ledger: 1 } }, settings)
  return { strategy, calls: () => calls, end: () => end.reject(new Error('the test is over')) }
}

function holdOf(strategy: ReservationStrategy, at: number, lineCount: number): Promise<HoldOutcome> {
  return strategy.hold({
    holdId: holdId(`h${at}`),
    lines: Array.from({ length: lineCount }, (_, line) => ({
      resourceId: resourceId(`r${line}`),
      quantity: 1,
    })),
    ttlMs: 60_000,
  })
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('a hold for which no batch has room', () => {
  test('is contended on PostgreSQL, and never sent', async () => {
    const strategy = mutePostgres()
    const some = (from: number, count: number) =>
      Array.from({ length: count }, (_, at) => holdOf(strategy, from + at, 1))
    const sent = some(0, 1_000)
    await turn()
    const waiting = some(1_000, 10_000)
    await expect(holdOf(strategy, 11_000, 1)).resolves.toEqual(FULL)
    expect(await Promise.race([...sent, ...waiting, turn().then(() => 'unanswered')])).toBe('unanswered')
  })

  test('is contended on TigerBeetle, and never sent', async () => {
    const { strategy, calls, end } = muteTigerbeetle()
    const sent = holdOf(strategy, 0, 1)
    await turn()
    const waiting = Array.from({ length: 10 }, (_, at) => holdOf(strategy, 1 + at, 8_189))
    await expect(holdOf(strategy, 11, 1)).resolves.toEqual(FULL)
    expect(calls()).toBe(1)
    end()
    const ended = await Promise.allSettled([sent, ...waiting])
    expect(ended.every(({ status }) => status === 'rejected')).toBe(true)
  })

  test('is no error of a confirm or a release on TigerBeetle, which wait for room', async () => {
    const sent: (readonly Transfer[])[] = []
    const first = Promise.withResolvers<void>()
    const client = {
      async createTransfers(transfers: readonly Transfer[]) {
        sent.push(transfers)
        await first.promise
        return transfers.map(() => ({ status: CreateTransferStatus.created, timestamp: 0n }))
      },
      lookupTransfers: async () => [{ user_data_64: 1n }],
    } as unknown as Client
    const strategy = batchedTransfers({ tigerbeetle: { client, ledger: 1 } }, settings)
    const holds = [holdOf(strategy, 0, 1)]
    await turn()
    holds.push(...Array.from({ length: 10 }, (_, at) => holdOf(strategy, 1 + at, 8_189)))
    await expect(holdOf(strategy, 11, 1)).resolves.toEqual(FULL)
    const endings = [strategy.confirm(holdId('a')), strategy.release(holdId('b'))]
    await turn()
    expect(sent).toHaveLength(1)
    first.resolve()
    await expect(Promise.all(endings)).resolves.toEqual([{ kind: 'confirmed' }, { kind: 'released' }])
    await Promise.allSettled(holds)
  })
})
