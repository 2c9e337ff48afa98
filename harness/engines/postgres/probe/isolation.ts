/** Provokes every anomaly at a level, and says what the level comes to. */
import type { AnomalyFound, IsolationFound } from '../../ability.ts'
import { type Anomaly, anomalies, type Happened, levelOf, type ProbeStep } from './anomalies.ts'
import {
  isAbort,
  isAnsweredWithin,
  LETTERS,
  type Letter,
  type Level,
  type ProbeAnswer,
  type ProbeSession,
  type ProbeSessions,
  told,
  valueIn,
} from './session.ts'

export const LEVELS: readonly Level[] = ['read committed', 'repeatable read', 'serializable']

export interface IsolationOrder {
  readonly sessions: ProbeSessions
  /** How long a step may go unanswered before the next one is taken. */
  readonly patienceMs: number
  /** True once the time of the probe is over. */
  isOver(): boolean
}

export async function isolationAt(level: Level, order: IsolationOrder): Promise<IsolationFound> {
  const found: AnomalyFound[] = []
  if (!order.isOver()) await makeRows(level, order.sessions)
  for (const anomaly of anomalies) found.push(await provoked(anomaly, level, order))
  const occurring = found.filter(({ outcome }) => outcome === 'occurs').map(({ name }) => name)
  const isWhole = found.every(({ outcome }) => outcome !== 'not-tried')
  const says = order.isOver() ? undefined : await levelTold(level, order.sessions)
  return {
    asked: level,
    ...(says !== undefined && { told: says }),
    found: isWhole || occurring.length > 0 ? levelOf(occurring) : 'not known',
    anomalies: found,
  }
}

/** Each way of taking the steps has rows of its own. */
const TRIES = [
  { rows: 'first', patiences: 1 },
  { rows: 'again', patiences: 10 },
] as const
type Try = (typeof TRIES)[number]

const idOf = (level: Level, { name }: Anomaly, { rows }: Try, row: string): string =>
  `${level} ${name} ${rows} ${row}`

/** Two rows for each anomaly and try. If they could not be made, reads find no value, which is told. */
async function makeRows(level: Level, sessions: ProbeSessions): Promise<void> {
  const { A } = await sessions.three()
  const ids = anomalies.flatMap((anomaly) =>
    TRIES.flatMap((each) => ['x', 'y'].map((row) => idOf(level, anomaly, each, row))),
  )
  await A.ask('insert into item (id, n) select id, 0 from unnest($1::text[]) id', [ids])
}

async function levelTold(level: Level, sessions: ProbeSessions): Promise<string | undefined> {
  const { A } = await sessions.three()
  await A.begin(level)
  const answer = await A.ask(`select current_setting('transaction_isolation') as level`)
  await A.end('rollback')
  const value = valueIn(answer)
  return typeof value === 'string' ? value : undefined
}

/**
 * A step without an answer is passed over, since the session may wait for a lock. If the anomaly is absent
 * then, a disk or a processor that was busy may be why, and the steps are taken once more, with more time for
 * each.
 */
async function provoked(anomaly: Anomaly, level: Level, order: IsolationOrder): Promise<AnomalyFound> {
  const [first, again] = TRIES
  const { found, passedOver } = await takenOnce(anomaly, level, order, first)
  if (found.outcome !== 'absent' || !passedOver) return found
  return (await takenOnce(anomaly, level, order, again)).found
}

interface TakenOnce {
  readonly found: AnomalyFound
  /** Whether the next step was taken before one had its answer. */
  readonly passedOver: boolean
}

async function takenOnce(
  anomaly: Anomaly,
  level: Level,
  { sessions, patienceMs, isOver }: IsolationOrder,
  which: Try,
): Promise<TakenOnce> {
  const { name } = anomaly
  let passedOver = false
  const as = (found: Omit<AnomalyFound, 'name'>): TakenOnce => ({ found: { name, ...found }, passedOver })
  if (isOver()) return as({ outcome: 'not-tried', seen: 'the time of the probe was over' })
  const three = await sessions.three()
  const id = (row: string): string => idOf(level, anomaly, which, row)
  const log = new Log()
  for (const step of anomaly.steps) {
    const by = step[0] as Letter
    if (log.hasFailed(by) && !step.endsWith('begin')) continue
    const answer = take(three[by], step, level, id)
    log.expect(by, step, answer)
    if (!(await isAnsweredWithin(which.patiences * patienceMs, answer))) passedOver = true
  }
  await log.answered()
  await sessions.tidy()
  const failure = log.failure()
  if (failure !== undefined) return as({ outcome: 'not-tried', seen: failure })
  const happened: Happened = { read: (by, row) => log.read(by, row) }
  if (anomaly.occurs(happened)) return as({ outcome: 'occurs', seen: log.told() })
  return as({ outcome: log.isAborted() ? 'refused' : 'absent' })
}

function take(
  session: ProbeSession,
  step: ProbeStep,
  level: Level,
  id: (row: string) => string,
): Promise<ProbeAnswer> {
  const [, action = '', row = '', value = ''] = step.split(' ')
  switch (action) {
    case 'begin':
      return session.begin(level)
    case 'r':
      return session.ask('select n from item where id = $1', [id(row)])
    case 'w':
      return session.ask('update item set n = $2::integer where id = $1 returning n', [
        id(row),
        Number(value),
      ])
    default:
      return session.end(action === 'commit' ? 'commit' : 'rollback')
  }
}

interface Taken {
  readonly by: Letter
  readonly step: ProbeStep
  readonly answer: Promise<ProbeAnswer>
  is?: ProbeAnswer
}

/** What was asked and answered, in order. */
class Log {
  readonly #taken: Taken[] = []

  expect(by: Letter, step: ProbeStep, answer: Promise<ProbeAnswer>): void {
    const taken: Taken = { by, step, answer }
    this.#taken.push(taken)
    void answer.then((is) => {
      taken.is = is
    })
  }

  async answered(): Promise<void> {
    await Promise.all(this.#taken.map(({ answer }) => answer))
  }

  /** Its transaction is over, as far as is known. */
  hasFailed(by: Letter): boolean {
    return this.#taken.some((taken) => taken.by === by && taken.is !== undefined && taken.is.kind !== 'rows')
  }

  isAborted(): boolean {
    return this.#taken.some(({ is }) => is !== undefined && isAbort(is))
  }

  /** What is no answer to the question: a request without an answer, or an error of another kind. */
  failure(): string | undefined {
    const failed = this.#taken.find(({ is }) => is === undefined || (is.kind !== 'rows' && !isFollowing(is)))
    if (failed !== undefined) return `${failed.step}: ${failed.by} ${told(failed.is ?? { kind: 'late' })}`
    const rowless = this.#taken.find(
      ({ step, is }) => / [rw] /.test(step) && is?.kind === 'rows' && valueIn(is) === undefined,
    )
    return rowless && `${rowless.step}: ${rowless.by} found no row`
  }

  read(by: Letter, row: string): readonly unknown[] {
    if (this.hasFailed(by)) return []
    return this.#taken.flatMap(({ step, is }) =>
      step === `${by} r ${row}` && is !== undefined ? [valueIn(is)] : [],
    )
  }

  told(): string {
    const reads = this.#taken.flatMap(({ step, is }) => {
      const [by, action, row] = step.split(' ')
      return action === 'r' && is !== undefined ? [`${by} read ${row} = ${String(valueIn(is))}`] : []
    })
    const committed = LETTERS.filter((letter) => this.#taken.some(({ step }) => step === `${letter} commit`))
    return `${reads.join(', ')}; ${committed.join(' and ')} committed`
  }
}

/** What follows in a transaction that was aborted is refused, too. */
const IN_FAILED_TRANSACTION = '25P02'

function isFollowing(answer: ProbeAnswer): boolean {
  return isAbort(answer) || (answer.kind === 'error' && answer.code === IN_FAILED_TRANSACTION)
}
