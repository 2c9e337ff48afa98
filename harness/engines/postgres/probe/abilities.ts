/**
 * What techniques rely on, each tried by two or three sessions. A lock that excludes nobody is told by the
 * order of events and by the values that are read, not by time alone: a session that gets a row before the
 * other one has committed was not excluded, and one that gets it later must see what was committed.
 */
import type { Ability, AbilityState } from '../../ability.ts'
import {
  isAbort,
  isAnsweredWithin,
  type Letter,
  type ProbeAnswer,
  type ProbeSession,
  told,
  valueIn,
} from './session.ts'
import { STATEMENTS } from './tables.ts'

export interface AbilityTrial {
  readonly A: ProbeSession
  readonly B: ProbeSession
  readonly C: ProbeSession
  /** How long a session that waits is watched. */
  readonly patienceMs: number
  /** A number that nobody else on the server uses for a lock. */
  readonly lock: string
  /** Whether a pooler may serve each transaction by another session. */
  readonly isShared: boolean
}

type Seen = readonly [state: AbilityState, seen: string]

export interface AbilityKind {
  readonly name: string
  readonly about: string
  try(trial: AbilityTrial): Promise<Seen>
}

/**
 * So many times as long as a wait is watched, an answer that should come at once may take: a busy machine is
 * late, and who waits for a lock waits until it is given.
 */
const AT_ONCE_PATIENCES = 20

const has = (seen: string): Seen => ['has', seen]
const lacks = (seen: string): Seen => ['lacks', seen]

const row = 'insert into item (id, n) values ($1, 0)'
const read = 'select n from item where id = $1'
const locking = `${read} for update`
const adding = 'update item set n = n + 1 where id = $1 and n < 1 returning n'

/** Answers that end a trial: what should have worked did not. */
function failed(who: Letter, answer: ProbeAnswer): Seen | undefined {
  if (answer.kind === 'rows') return undefined
  const seen = `${who} ${told(answer)}`
  return answer.kind === 'error' ? lacks(seen) : ['not-tried', seen]
}

/** The first of these steps that fails; each is sent once the one before it was answered. */
async function first(...steps: readonly (readonly [ProbeSession, () => Promise<ProbeAnswer>])[]) {
  for (const [session, step] of steps) {
    const ending = failed(session.letter, await step())
    if (ending !== undefined) return ending
  }
  return undefined
}

function isAnsweredAtOnce(patienceMs: number, asked: Promise<ProbeAnswer>): Promise<boolean> {
  return isAnsweredWithin(AT_ONCE_PATIENCES * patienceMs, asked)
}

/** What B's answer to a request for what A has locked says, before and after A has committed. */
async function excluded(
  asked: Promise<ProbeAnswer>,
  { A, patienceMs }: AbilityTrial,
  then: (answer: ProbeAnswer, waited: string) => Seen,
): Promise<Seen> {
  if (await isAnsweredWithin(patienceMs, asked)) {
    const answer = await asked
    if (isAbort(answer)) return has(`B ${told(answer)}, while A had it`)
    if (answer.kind === 'broken') return ['not-tried', `B ${told(answer)}`]
    return lacks(`B ${told(answer)} before A had committed`)
  }
  const ending = failed('A', await A.end('commit'))
  if (ending !== undefined) return ending
  const answer = await asked
  if (isAbort(answer)) return has(`B waited, and ${told(answer)}`)
  if (answer.kind === 'broken') return ['not-tried', `B ${told(answer)}`]
  if (answer.kind === 'late') return lacks('B had no answer after A had committed')
  return then(answer, 'B waited until A had committed')
}

const rowLock: AbilityKind = {
  name: 'row-lock',
  about: 'FOR UPDATE excludes, and who gets the row reads what was committed meanwhile',
  async try(trial) {
    const { A, B } = trial
    const ending = await first(
      [A, () => A.ask(row, ['locked'])],
      [A, () => A.begin()],
      [A, () => A.ask(locking, ['locked'])],
      [B, () => B.begin()],
    )
    if (ending !== undefined) return ending
    const asked = B.ask(locking, ['locked'])
    const written = A.ask('update item set n = 1 where id = $1', ['locked'])
    return (
      failed('A', await written) ??
      (await excluded(asked, trial, (answer, waited) =>
        valueIn(answer) === 1
          ? has(`${waited}, and read its value`)
          : lacks(`${waited}, and ${told(answer)}`),
      ))
    )
  },
}

const recheck: AbilityKind = {
  name: 'recheck',
  about: 'an UPDATE that waited for a row evaluates its condition again, or is aborted',
  async try(trial) {
    const { A, B } = trial
    const ending = await first(
      [A, () => A.ask(row, ['checked'])],
      [A, () => A.begin()],
      [A, () => A.ask(adding, ['checked'])],
      [B, () => B.begin()],
    )
    if (ending !== undefined) return ending
    return await excluded(B.ask(adding, ['checked']), trial, (answer, waited) =>
      valueIn(answer) === undefined
        ? has(`${waited}, and changed no row`)
        : lacks(`${waited}, and changed the row although its condition was false by then`),
    )
  },
}

const uniqueKey: AbilityKind = {
  name: 'unique-key',
  about: 'an INSERT waits for another one with the same key, and is then refused, with the name of the key',
  async try(trial) {
    const { A, B } = trial
    const inserting = `insert into key (id) values ('same')`
    const ending = await first([A, () => A.begin()], [A, () => A.ask(inserting)], [B, () => B.begin()])
    if (ending !== undefined) return ending
    const asked = B.ask(inserting)
    return await excluded(asked, trial, (answer, waited) => {
      if (answer.kind !== 'error' || answer.code !== '23505') return lacks(`${waited}, and ${told(answer)}`)
      if (answer.constraint !== 'probe_key') return lacks(`B was refused, but not told by which key`)
      return has(`${waited}, and was refused`)
    })
  },
}

const nowait: AbilityKind = {
  name: 'nowait',
  about: 'FOR UPDATE NOWAIT is refused at once while another session has the row',
  async try({ A, B, patienceMs }) {
    const asking = `${locking} nowait`
    const ending = await first(
      [A, () => A.ask(row, ['nowait'])],
      [A, () => A.begin()],
      [A, () => A.ask(asking, ['nowait'])],
      [B, () => B.begin()],
    )
    if (ending !== undefined) return ending
    const asked = B.ask(asking, ['nowait'])
    if (!(await isAnsweredAtOnce(patienceMs, asked))) return lacks('B waited for A')
    const answer = await asked
    return isAbort(answer) ? has(`B ${told(answer)}`) : lacks(`B ${told(answer)} while A had locked it`)
  },
}

const skipLocked: AbilityKind = {
  name: 'skip-locked',
  about: 'FOR UPDATE SKIP LOCKED gives each session other rows, at once',
  async try({ A, B, C, patienceMs }) {
    const picking = `select id from item where id like 'skip %' order by id limit 1 for update skip locked`
    const ending = await first(
      [A, () => A.ask(`insert into item (id, n) values ('skip 1', 0), ('skip 2', 0)`)],
      [A, () => A.begin()],
      [B, () => B.begin()],
      [C, () => C.begin()],
    )
    if (ending !== undefined) return ending
    for (const [session, wanted] of [
      [A, 'skip 1'],
      [B, 'skip 2'],
      [C, undefined],
    ] as const) {
      const asked = session.ask(picking)
      if (!(await isAnsweredAtOnce(patienceMs, asked))) return lacks(`${session.letter} waited for another`)
      const answer = await asked
      if (answer.kind !== 'rows' || valueIn(answer) !== wanted)
        return lacks(`${session.letter} ${told(answer)}, and others had ${wanted ?? 'both'}`)
    }
    return has('A and B got a row each, and C none')
  },
}

const advisoryLock: AbilityKind = {
  name: 'advisory-lock',
  about:
    'pg_advisory_xact_lock excludes until the transaction ends, and who gets it reads what was committed',
  async try(trial) {
    const { A, B, C, lock } = trial
    const locks = 'select pg_advisory_xact_lock($1::bigint)'
    const tries = 'select pg_try_advisory_xact_lock($1::bigint) as got'
    const ending = await first(
      [A, () => A.ask(row, ['advisory'])],
      [A, () => A.begin()],
      [A, () => A.ask(locks, [lock])],
      [A, () => A.ask('update item set n = 1 where id = $1', ['advisory'])],
    )
    if (ending !== undefined) return ending
    const refused = await C.ask(tries, [lock])
    if (valueIn(refused) !== false) return lacks(`C ${told(refused)} when it tried the lock that A had`)
    const begun = failed('B', await B.begin())
    if (begun !== undefined) return begun
    const seen = await excluded(B.ask(locks, [lock]), trial, (_, waited) => has(waited))
    if (seen[0] !== 'has') return seen
    const fresh = await B.ask(read, ['advisory'])
    if (valueIn(fresh) !== 1)
      return lacks(`B had the lock, and ${told(fresh)} where A had committed 1 before it`)
    await B.end('rollback')
    const free = await C.ask(tries, [lock])
    return valueIn(free) === true
      ? has(`${seen[1]}, and read its value`)
      : lacks(`C ${told(free)} when it tried the lock that nobody had`)
  },
}

const sessionLock: AbilityKind = {
  name: 'session-lock',
  about: 'pg_advisory_lock is kept by its session when a transaction ends',
  async try({ A, B, lock, isShared }) {
    // A lock that stays in a session that is lent to others would be left behind.
    if (isShared) return lacks('a pooler lends a session for one transaction only')
    const ending = failed('A', await A.ask('select pg_advisory_lock($1::bigint)', [lock]))
    if (ending !== undefined) return ending
    const refused = await B.ask('select pg_try_advisory_xact_lock($1::bigint) as got', [lock])
    await A.ask('select pg_advisory_unlock($1::bigint)', [lock])
    return valueIn(refused) === false
      ? has('B was refused it in a later statement')
      : lacks(`B ${told(refused)} when it tried the lock that A had`)
  },
}

/** A server behind which several answer may be late only now and then. */
const FRESH_ROUNDS = 8

const freshReads: AbilityKind = {
  name: 'fresh-reads',
  about: 'a statement sees what another session had committed before it began',
  async try({ A, B, C }) {
    const ending = failed('A', await A.ask(row, ['fresh']))
    if (ending !== undefined) return ending
    for (let round = 1; round <= FRESH_ROUNDS; round += 1) {
      const written = failed(
        'A',
        await A.ask('update item set n = $2::integer where id = $1', ['fresh', round]),
      )
      if (written !== undefined) return written
      for (const session of [B, C]) {
        const answer = await session.ask(read, ['fresh'])
        const late = failed(session.letter, answer)
        if (late !== undefined) return late
        if (valueIn(answer) !== round)
          return lacks(`${session.letter} read ${String(valueIn(answer))} after A had committed ${round}`)
      }
    }
    return has(`${2 * FRESH_ROUNDS} reads of what another session had just committed`)
  },
}

/** Nobody could sell the same moment twice within less. */
const BACKWARDS_MS_MAX = 1
const CLOCK_ROUNDS = 5

const clock: AbilityKind = {
  name: 'clock',
  about: 'clock_timestamp() goes on within a transaction, and is one clock for all sessions',
  async try({ A, B, C }) {
    const asking = 'select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms'
    const begun = failed('A', await A.begin())
    if (begun !== undefined) return begun
    let before = Number.NEGATIVE_INFINITY
    let backwardsMs = 0
    let withinA: number | undefined
    for (let round = 0; round < CLOCK_ROUNDS; round += 1) {
      for (const session of [A, B, C]) {
        const answer = await session.ask(asking)
        const ms = Number(valueIn(answer))
        if (!Number.isFinite(ms))
          return failed(session.letter, answer) ?? lacks(`${session.letter} ${told(answer)}`)
        if (session === A) {
          if (withinA === ms) return lacks('it stood still within a transaction of A')
          withinA = ms
        }
        backwardsMs = Math.max(backwardsMs, before - ms)
        before = ms
      }
    }
    return backwardsMs > BACKWARDS_MS_MAX
      ? lacks(
          `one session was told a time ${backwardsMs.toFixed(1)} ms before what another one was told earlier`,
        )
      : has(`${3 * CLOCK_ROUNDS} readings in turn, none before the one before it`)
  },
}

const statements: AbilityKind = {
  name: 'statements',
  about: 'it understands the statements that every strategy on PostgreSQL sends',
  async try({ A }) {
    for (const text of STATEMENTS) {
      const ending = failed('A', await A.ask(text))
      if (ending !== undefined)
        return [ending[0], `${ending[1]}: ${text.replaceAll(/\s+/g, ' ').slice(0, 80)}`]
    }
    return has(`${STATEMENTS.length} statements`)
  },
}

/** In the order in which they are tried. */
export const abilityKinds: readonly AbilityKind[] = [
  statements,
  freshReads,
  clock,
  rowLock,
  recheck,
  uniqueKey,
  nowait,
  skipLocked,
  advisoryLock,
  sessionLock,
]

export async function tried(kind: AbilityKind, trial: AbilityTrial): Promise<Ability> {
  const [state, seen] = await kind.try(trial)
  return { name: kind.name, about: kind.about, state, seen }
}
