/**
 * What a PostgreSQL server really does, or one that only speaks its protocol: three sessions try on tables of
 * their own what each technique relies on. Once for each server of a run, before any strategy runs there.
 */
import { randomInt } from 'node:crypto'
import type pg from 'pg'
import { monotonicMs } from '../../../clock.ts'
import { within } from '../../../within.ts'
import type { Ability, IsolationFound, ProbeFindings } from '../../ability.ts'
import { readingOf } from '../../clock-reading.ts'
import { reasonOf } from '../../engine-error.ts'
import type { PostgresTarget } from '../connection.ts'
import type { ConnectionLimit } from '../connection-limit.ts'
import { poolFor } from '../namespace.ts'
import { createSchema, dropSchema, namespaceSchema, PROBE_COUNT } from '../run-record.ts'
import { type AbilityTrial, abilityKinds, tried } from './abilities.ts'
import { OF_READ_COMMITTED } from './anomalies.ts'
import { isolationAt, LEVELS } from './isolation.ts'
import { CannotTryError, LETTERS, type Level, ProbeSessions } from './session.ts'
import { TABLES } from './tables.ts'

/** Milliseconds. Long enough for a server that ends a deadlock after a second. */
const REQUEST_DEADLINE_MS = 3_000
/** Of everything that is tried; what is left then is not tried. */
const PROBE_DEADLINE_MS = 20_000
/** How long a session that waits is watched, besides some round trips. */
const PATIENCE_MS = 25
const PATIENCE_ROUND_TRIPS = 4
const ROUND_TRIPS_MEASURED = 3

export interface ProbeOrder {
  readonly target: PostgresTarget
  readonly admin: pg.Pool
  /** Of the run to which the schema belongs that the probe creates and drops. */
  readonly runId: string
  readonly isRecorded: boolean
  readonly limit: ConnectionLimit
  /** Settings of a plain session that are not the experiment's. */
  readonly overridden: readonly string[]
  readonly log: (line: string) => void
  readonly signal?: AbortSignal | undefined
}

/** What cannot be tried is told as that, with the reason. */
export async function probeServer(order: ProbeOrder): Promise<ProbeFindings> {
  const begunMs = monotonicMs()
  const { target, admin, runId, log } = order
  const schema = namespaceSchema(runId, PROBE_COUNT)
  const session = { applicationName: schema, schema, statementDeadlineMs: REQUEST_DEADLINE_MS }
  let found: Omit<ProbeFindings, 'tookMs' | 'facts'>
  let measured: Measured | undefined
  try {
    const label = 'what the server can do, as tried'
    await createSchema(admin, { ...order, schema, label }).catch((error: unknown) => {
      throw new CannotTryError(reasonOf(error), { cause: error })
    })
    const pool = poolFor(target, session, LETTERS.length, { connectionTimeoutMillis: REQUEST_DEADLINE_MS })
    try {
      await using sessions = new ProbeSessions(pool, REQUEST_DEADLINE_MS)
      measured = await prepared(sessions)
      found = await everything(sessions, measured, order, begunMs)
    } finally {
      const cut = await pool.endOrCut()
      if (cut.length > 0)
        await admin.query('select pg_terminate_backend(pid) from unnest($1::int[]) pid', [cut]).catch(() => 0)
    }
  } catch (error) {
    if (!(error instanceof CannotTryError)) throw error
    found = { abilities: nothingTried(reasonOf(error)), isolation: [] }
  }
  await dropSchema(admin, schema).catch((error: unknown) => {
    log(`postgres: schema ${schema} could not be dropped and is left to the next run: ${reasonOf(error)}`)
  })
  const facts = await factsOf(order, measured).catch(() => [])
  return { ...found, facts, tookMs: monotonicMs() - begunMs }
}

interface Measured {
  readonly roundTripMs: number
}

/** Makes the tables, and takes the time of a round trip. All three sessions must be there at once. */
async function prepared(sessions: ProbeSessions): Promise<Measured> {
  const { A, B, C } = await sessions.three()
  const begun = await Promise.all([A, B, C].map((session) => session.begin()))
  const refused = begun.find(({ kind }) => kind !== 'rows')
  if (refused !== undefined) throw new CannotTryError('three sessions cannot be in a transaction at once')
  await sessions.tidy()
  for (const text of TABLES) {
    const answer = await A.ask(text)
    if (answer.kind === 'error') throw new CannotTryError(answer.message)
    if (answer.kind !== 'rows') throw new CannotTryError('a table could not be created')
  }
  let roundTripMs = Number.POSITIVE_INFINITY
  for (let sample = 0; sample < ROUND_TRIPS_MEASURED; sample += 1) {
    const asked = monotonicMs()
    await A.ask('select 1')
    roundTripMs = Math.min(roundTripMs, monotonicMs() - asked)
  }
  return { roundTripMs }
}

async function everything(
  sessions: ProbeSessions,
  { roundTripMs }: Measured,
  { target, signal }: ProbeOrder,
  begunMs: number,
): Promise<Omit<ProbeFindings, 'tookMs' | 'facts'>> {
  const isOver = (): boolean => signal?.aborted === true || monotonicMs() - begunMs > PROBE_DEADLINE_MS
  const patienceMs = PATIENCE_MS + PATIENCE_ROUND_TRIPS * roundTripMs
  const abilities: Ability[] = []
  for (const kind of abilityKinds) {
    if (isOver()) {
      abilities.push({ name: kind.name, about: kind.about, state: 'not-tried', seen: TIME_OVER })
      continue
    }
    const trial: AbilityTrial = {
      ...(await sessions.three()),
      patienceMs,
      lock: String(randomInt(2 ** 47)),
      isShared: target.pooling === 'transaction',
    }
    abilities.push(await tried(kind, trial))
  }
  const isolation: IsolationFound[] = []
  for (const level of LEVELS) isolation.push(await isolationAt(level, { sessions, patienceMs, isOver }))
  return { abilities: [...abilities, ...levelAbilities(isolation)], isolation }
}

const TIME_OVER = 'the time of the probe was over'

/** Levels that strategies rely on: which anomalies must not occur there. */
const LEVEL_ABILITIES: readonly {
  readonly name: string
  readonly about: string
  readonly level: Level
  readonly without?: readonly string[]
}[] = [
  {
    name: 'read-committed',
    about: 'READ COMMITTED shows what is committed, and all that the session has written itself',
    level: 'read committed',
    without: OF_READ_COMMITTED,
  },
  {
    name: 'serializable',
    about: 'at SERIALIZABLE none of the fourteen anomalies occurs, write skew and lost updates among them',
    level: 'serializable',
  },
]

function levelAbilities(isolation: readonly IsolationFound[]): readonly Ability[] {
  return LEVEL_ABILITIES.map(({ name, about, level, without }): Ability => {
    const found = isolation.find(({ asked }) => asked === level)?.anomalies ?? []
    const meant = without === undefined ? found : found.filter((each) => without.includes(each.name))
    const occurring = meant.find(({ outcome }) => outcome === 'occurs')
    if (occurring !== undefined)
      return { name, about, state: 'lacks', seen: `${occurring.name}: ${occurring.seen ?? ''}` }
    const untried = meant.find(({ outcome }) => outcome === 'not-tried')
    if (untried !== undefined || meant.length === 0)
      return { name, about, state: 'not-tried', seen: untried?.seen ?? 'no anomaly was provoked' }
    const refused = meant.filter(({ outcome }) => outcome === 'refused').length
    return { name, about, state: 'has', seen: `${meant.length} provoked, ${refused} of them aborted` }
  })
}

function nothingTried(why: string): readonly Ability[] {
  return [...abilityKinds, ...LEVEL_ABILITIES].map(({ name, about }) => ({
    name,
    about,
    state: 'not-tried',
    seen: why,
  }))
}

/** By which strategies and ledgers name what they rely on. */
export const ABILITY_NAMES: readonly string[] = [...abilityKinds, ...LEVEL_ABILITIES].map(({ name }) => name)

const VERSION_CHARACTERS_MAX = 100

const BETWEEN = {
  direct: 'nothing that could be noticed',
  session: 'a pooler that lends a session for a connection',
  transaction: 'a pooler that lends a session for one transaction',
} as const

async function factsOf(
  { target, admin, limit, overridden }: ProbeOrder,
  measured: Measured | undefined,
): Promise<ProbeFindings['facts']> {
  const version = await within(REQUEST_DEADLINE_MS, admin.query<{ version: string }>('select version()'))
  const { offsetMs, errorMs } = await readingOf(
    () =>
      within(
        REQUEST_DEADLINE_MS,
        admin.query<{ ms: number }>('select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms'),
      ),
    ({ rows }) => Number(rows[0]?.ms),
  )
  const aheadMs = offsetMs - (Date.now() - monotonicMs())
  const room = Number.isFinite(limit.connections)
    ? `${limit.connections}, by ${limit.of}`
    : 'no limit is known'
  return [
    ['calls itself', (version.rows[0]?.version ?? 'nothing').slice(0, VERSION_CHARACTERS_MAX)],
    ['between here and there', BETWEEN[target.pooling]],
    ['prepared statements', target.prepares ? 'kept' : 'not used'],
    ['takes writes', 'yes'],
    ['connections', room],
    [
      'set in every session',
      overridden.length === 0 ? 'nothing that it had otherwise' : overridden.join(', '),
    ],
    ['round trip', measured === undefined ? 'not measured' : `${measured.roundTripMs.toFixed(2)} ms`],
    ["clock against this machine's", `${aheadMs.toFixed(1)} ms, within ${errorMs.toFixed(1)} ms`],
  ]
}
