/**
 * The statements of a strategy, sent by pg alone: recorded once from the strategy itself, so that they stay
 * the same ones, and then sent again with other ids, prepared, one round trip each, as a program without any
 * strategy would.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { Kysely, PostgresDialect } from 'kysely'
import type pg from 'pg'
import type { StrategyEntry } from '../../../strategies/registry.ts'
import type { HoldId, ResourceId } from '../../../strategies/strategy.ts'
import { holdId, resourceId } from '../../../strategies/validation.ts'

/** A hold of one unit, as it was sent and answered. */
export interface RecordedHold {
  readonly statements: readonly RecordedStatement[]
  /** Whether the technique tries again if another caller was first. */
  readonly retries: boolean
}

interface RecordedStatement {
  readonly text: string
  /** Empty: sent as plain text, as BEGIN and COMMIT are. */
  readonly values: readonly Filled[]
  readonly name: string
  /** Fewer rows than this: another caller was first. */
  readonly rowsMin: number
}

type Row = Readonly<Record<string, unknown>>

/** One hold that is being sent, and the first rows of its statements so far. */
interface Sending {
  readonly holdId: HoldId
  readonly resourceId: ResourceId
  readonly answers: (Row | undefined)[]
}

type Filled = (sending: Sending) => unknown

const HOLD = holdId('recorded-hold')
const RESOURCE = resourceId('recorded-resource')
/** Versions and numbers of units from here on are recognised where a later statement sends them back. */
const DISTINCT = 7_000_000

/** What a hold that only another caller can make fail is told: the technique tries again, or gives up. */
const LOST: ReadonlySet<unknown> = new Set(['55P03', '40001', '40P01'])
/** As the strategies that try again do. */
const ATTEMPTS_MAX = 10
const BACKOFF_MS_FIRST = 2
const BACKOFF_MS_MAX = 50

/** Lets the strategy make one hold on the pool, and records what it sends. */
export async function recordHold(entry: StrategyEntry, pool: pg.Pool, ttlMs: number): Promise<RecordedHold> {
  const sent: { text: string; values: readonly unknown[]; rows: readonly Row[] }[] = []
  let isRecording: boolean = false
  const dialect = new PostgresDialect({
    pool: {
      async connect() {
        const client = await pool.connect()
        return {
          query: async (text: string, values: readonly unknown[] = []) => {
            const answer = await client.query<Row>(text, [...values])
            if (isRecording) sent.push({ text, values, rows: answer.rows })
            return answer
          },
          release: () => client.release(),
        } as unknown as pg.PoolClient
      },
      end: async () => {},
    },
  })
  const postgres = new Kysely<unknown>({ dialect })
  const strategy = await entry.open({ postgres }, { criticalSection: async () => {}, random: Math.random })
  await strategy.createResources([{ id: RESOURCE, capacity: 2 }])
  await pool.query('update resource set version = $1', [DISTINCT])
  const { rows } = await pool.query<{ unit: string | null }>(`select to_regclass('unit') as unit`)
  if (rows[0]?.unit) await pool.query('update unit set unit_no = unit_no + $1', [DISTINCT])
  isRecording = true
  const lines = [{ resourceId: RESOURCE, quantity: 1 }]
  const outcome = await strategy.hold({ holdId: HOLD, lines, ttlMs })
  isRecording = false
  await strategy.close()
  if (outcome.kind !== 'held') throw new Error(`${entry.name} answered its first hold: ${outcome.kind}`)
  return {
    statements: sent.map(({ text, values, rows: answered }, at) => ({
      text,
      name: `${entry.name}-${at}`,
      values: values.map((value) => filled(value, sent.slice(0, at))),
      rowsMin: answered.length,
    })),
    retries: entry.promises.contention === 'retries',
  }
}

function filled(value: unknown, before: readonly { readonly rows: readonly Row[] }[]): Filled {
  if (value === HOLD) return (sending) => sending.holdId
  if (value === RESOURCE) return (sending) => sending.resourceId
  if (Array.isArray(value)) {
    const each = value.map((one) => filled(one, before))
    return (sending) => each.map((fill) => fill(sending))
  }
  if (typeof value !== 'number' || value < DISTINCT) return () => value
  for (const [at, { rows }] of before.entries()) {
    const column = Object.entries(rows[0] ?? {}).find(([, answered]) => answered === value)?.[0]
    if (column !== undefined) return ({ answers }) => answers[at]?.[column]
  }
  throw new Error(`no statement before it answered the ${value} that one sends`)
}

/** Sends the hold; false if every attempt was lost to another caller. */
export async function sendHold(
  pool: pg.Pool,
  recorded: RecordedHold,
  of: { readonly holdId: HoldId; readonly resourceId: ResourceId },
): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    if (await sendOnce(pool, recorded, { ...of, answers: [] })) return true
    if (!recorded.retries || attempt >= ATTEMPTS_MAX) return false
    await delay(Math.random() * Math.min(BACKOFF_MS_MAX, BACKOFF_MS_FIRST * 2 ** (attempt - 1)))
  }
}

async function sendOnce(pool: pg.Pool, { statements }: RecordedHold, sending: Sending): Promise<boolean> {
  const client = await pool.connect()
  try {
    for (const { text, name, values, rowsMin } of statements) {
      const { rows } =
        values.length === 0
          ? await client.query<Row>(text)
          : await client.query<Row>({ text, name, values: values.map((fill) => fill(sending)) })
      if (rows.length < rowsMin) {
        await client.query('rollback')
        return false
      }
      sending.answers.push(rows[0])
    }
    return true
  } catch (error) {
    await client.query('rollback')
    if (error instanceof Error && 'code' in error && LOST.has(error.code)) return false
    throw error
  } finally {
    client.release()
  }
}
