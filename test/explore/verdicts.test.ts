/**
 * Goal: nobody innocent is convicted, and nothing is proved that was not seen. Method: small strategies, each
 * right or wrong in one thing that is easily overlooked, on the real engines; and what the explorer says of
 * it.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { type Explored, explore } from '../../harness/explore/explore.ts'
import { scenarios } from '../../harness/explore/scenario.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy } from '../../strategies/strategy.ts'
import { FULL, SLICE } from '../size.ts'
import { withEngines } from '../with-engines.ts'
import {
  besides,
  inOneText,
  lockingLines,
  lowestIdWins,
  neverRollsBack,
  sharedLock,
  tokenLock,
  twoConnections,
} from './fixtures/on-counter-rows.ts'
import { duplicated, lastingLock, oneHash, scriptsWithoutKeys } from './fixtures/on-redis.ts'

const opened = await withEngines(['postgres', 'redis'])
const PATIENCE_MS = 300_000
const settings = { clients: 2, schedulesMax: 2_000 }

async function found(entry: StrategyEntry, name: string): Promise<Explored> {
  const scenario = scenarios.find((each) => each.name === name) ?? expect.fail(`there is no ${name}`)
  return await explore(entry, opened.engines, scenario, settings)
}

describe('proved', { timeout: PATIENCE_MS }, () => {
  const INNOCENT: readonly [what: string, StrategyEntry, scenario: string, typeof FULL][] = [
    ['a token of chance in a command', tokenLock, 'hold', SLICE],
    ['rows locked that the passing of a deadline writes', lockingLines, 'expiry', FULL],
    ['deadlocks that PostgreSQL ends', sharedLock, 'hold', FULL],
    ['a call with two connections', twoConnections, 'hold', SLICE],
  ]
  for (const [what, entry, scenario, size] of INNOCENT)
    test(`in spite of ${what}`, size, async ({ skip }) => {
      if (opened.cannotTest(entry)) skip('an engine that it needs is not there')
      expect(await found(entry, scenario)).toMatchObject({ outcome: 'proved', reasons: [] })
    })
})

describe('convicted', { timeout: PATIENCE_MS }, () => {
  test.for<[what: string, StrategyEntry, scenario: string]>([
    ['scripts that are given no keys', scriptsWithoutKeys, 'hold'],
    ['a connection that was opened from another', duplicated, 'hold'],
    ['a race beside several statements in one text', inOneText, 'hold'],
    ['what depends on who has the lower id', lowestIdWins, 'hold'],
    ['memory that all seats share and that is lost', oneHash, 'forgetting'],
  ])('of an oversell: %s', async ([, entry, scenario], { skip }) => {
    if (opened.cannotTest(entry)) skip('an engine that it needs is not there')
    const { outcome, overselling } = await found(entry, scenario)
    expect(outcome).toBe('violated')
    expect(overselling).toBeGreaterThan(0)
  })

  test('of a lock that outlives its owner and never expires, whatever its key is called', async ({
    skip,
  }) => {
    if (opened.lacks(['redis'])) skip('Redis is not there')
    const { outcome, overselling, conviction } = await found(lastingLock, 'death')
    expect({ outcome, overselling }).toEqual({ outcome: 'violated', overselling: 0 })
    expect(conviction?.replaceAll(/\s+/g, ' ')).toMatch(
      /seat cannot be held: contended .* no other caller was active/,
    )
  })

  test('of a transaction left open in a connection that it releases', async () => {
    const { outcome, conviction } = await found(neverRollsBack, 'same-id')
    expect(outcome).toBe('violated')
    expect(conviction).toContain('a transaction was left behind in a session')
  })
})

describe('unknown, with the reason', { timeout: PATIENCE_MS }, () => {
  const alone = (name: string, hold: (right: ReservationStrategy) => ReservationStrategy['hold']) =>
    besides(name, (right) => ({ ...right, hold: hold(right) }))

  const UNKNOWN: readonly [what: string, why: RegExp, StrategyEntry, scenario?: string][] = [
    [
      'a call that asks nothing of an engine',
      /sent no request through the connections/,
      alone('asks-nothing', () => async () => ({
        kind: 'contended',
        reason: 'queue-full',
        attempts: 1,
      })),
    ],
    [
      'an answer of the wrong shape',
      /it broke off/,
      alone('wrong-shape', (right) => async (request) => {
        await right.hold(request)
        return undefined as never
      }),
    ],
    [
      'work of its own on a timer',
      /sends requests to an engine outside any call/,
      besides('own-timer', (right) => {
        const timer = setInterval(() => void right.expireDue(10).catch(() => {}), 20)
        return { ...right, close: async () => clearInterval(timer) }
      }),
    ],
    [
      'who retries without end',
      /did not end within \d+ steps/,
      besides('for-ever', (right, postgres) => ({
        ...right,
        async createResources(resources) {
          await right.createResources(resources)
          await sql`create table if not exists turnstile (id text primary key)`.execute(postgres)
        },
        async hold(request) {
          for (;;) {
            const { rows } = await sql`
              insert into turnstile values ('only') on conflict do nothing returning id`.execute(postgres)
            if (rows.length > 0) break
            await delay(0)
          }
          try {
            return await right.hold(request)
          } finally {
            await sql`delete from turnstile`.execute(postgres)
          }
        },
      })),
    ],
  ]
  for (const [what, why, entry, scenario = 'hold'] of UNKNOWN)
    test(what, what === 'who retries without end' ? FULL : SLICE, async () => {
      const { outcome, reasons } = await found(entry, scenario)
      expect(outcome).toBe('unknown')
      expect(reasons.join(' ')).toMatch(why)
    })
})
