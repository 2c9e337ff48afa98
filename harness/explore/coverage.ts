/**
 * What an exploration must have seen: if the event in question never happened, nothing is proved. Each event
 * is looked for in every schedule, and one schedule with it is enough.
 */
import type { ConfirmOperation, HoldOperation, Operation } from '../history/record.ts'
import type { Run } from './run.ts'
import type { Scenario } from './scenario.ts'

type Seen = Pick<Run, 'operations' | 'struck' | 'events'>

/** Something that must have happened in some schedule. */
export interface CoverageGoal {
  /** Reported if it did not happen: "never seen: …". */
  readonly what: string
  isIn(run: Seen): boolean
  /** A condition: it needs to be seen only if something else was seen; absent: always. */
  isWantedAfter?(run: Seen): boolean
}

const acknowledged: CoverageGoal = {
  what: 'a hold that was acknowledged',
  isIn: ({ operations }) => holdsOf(operations).some(({ process, result }) => process > 0 && result === 'ok'),
}

const refused: CoverageGoal = {
  what: 'a hold that was refused',
  isIn: ({ operations }) => holdsOf(operations).some(({ result }) => result === 'fail'),
}

const sold: CoverageGoal = {
  what: 'a hold that was confirmed',
  isIn: ({ operations }) => confirmsOf(operations).some(({ result }) => result === 'ok'),
}

const released: CoverageGoal = {
  what: 'a hold that was released',
  isIn: ({ operations }) => operations.some(({ op, result }) => op === 'release' && result === 'ok'),
}

const bothHeld: CoverageGoal = {
  what: 'the same hold acknowledged to both clients that sent it',
  isIn: ({ operations }) => holdsOf(operations).filter(({ result }) => result === 'ok').length > 1,
}

const deadlineMattered: CoverageGoal = {
  what: 'a deadline that passed and mattered: a confirm refused, or the unit held by another',
  isIn: (run) =>
    run.struck.has('deadline') &&
    (confirmsOf(run.operations).some(({ result }) => result === 'fail') || acknowledged.isIn(run)),
}

const bothSold: CoverageGoal = {
  what: 'the same hold confirmed to both clients that sent it',
  isIn: ({ operations }) => confirmsOf(operations).filter(({ result }) => result === 'ok').length > 1,
}

const deathStruck: CoverageGoal = {
  what: 'a death that left a call without its answer, and an answer to another client',
  isIn: ({ operations, struck }) =>
    struck.has('death') &&
    operations.some(({ process, result }) => process === 1 && result === 'info') &&
    holdsOf(operations).some(({ process, result }) => process > 1 && result !== 'info'),
}

const sharedAnswer = {
  what: 'one answer of an engine that ended two calls of one process',
  isIn: ({ events }: Seen) =>
    [...Map.groupBy(events, ({ step }) => step).values()].some((step) => {
      const asked = new Set(step.flatMap(({ kind, client }) => (kind === 'asks' ? [client] : [])))
      return [...asked].some((client) => {
        const of = (wanted: string) => step.filter((each) => each.client === client && each.kind === wanted)
        return of('answers').length === 1 && of('ends').length > 1
      })
    }),
}

const timedOut: CoverageGoal = {
  what: 'a wait for a lock that timed out',
  isIn: ({ struck }) => struck.has('timeout'),
  // A strategy that never waits cannot show this.
  isWantedAfter: ({ events }) => events.some(({ kind }) => kind === 'waits'),
}

const memoryLost: CoverageGoal = {
  what: 'a loss of data',
  isIn: ({ struck }) => struck.has('forgetting'),
}

/**
 * For every scenario with this name. A client that pauses need not have a lock: a strategy without locks may
 * pause anywhere.
 */
const GOALS: Readonly<Record<string, readonly CoverageGoal[]>> = {
  'confirm-release': [sold, released],
  expiry: [sold, deadlineMattered],
  'late-payment': [sold, deadlineMattered, refused],
  'two-reports': [bothHeld, bothSold],
  'same-id': [bothHeld],
  timeout: [acknowledged, timedOut],
  batch: [acknowledged, refused, sharedAnswer],
  death: [acknowledged, deathStruck],
  forgetting: [acknowledged, memoryLost],
}

/** Which of them have not been seen yet. */
export class Coverage {
  #missing: readonly CoverageGoal[]
  readonly #wanted: Set<CoverageGoal>

  constructor({ name }: Scenario) {
    this.#missing = GOALS[name] ?? [acknowledged, refused]
    this.#wanted = new Set(this.#missing.filter(({ isWantedAfter }) => isWantedAfter === undefined))
  }

  add(run: Run): void {
    this.#missing = this.#missing.filter((goal) => !goal.isIn(run))
    for (const goal of this.#missing) if (goal.isWantedAfter?.(run) === true) this.#wanted.add(goal)
  }

  /** One sentence each. */
  get missed(): readonly string[] {
    return this.#missing
      .filter((goal) => this.#wanted.has(goal))
      .map(({ what }) => `never seen in any schedule: ${what}`)
  }
}

function holdsOf(operations: readonly Operation[]): readonly HoldOperation[] {
  return operations.filter((each) => each.op === 'hold')
}

function confirmsOf(operations: readonly Operation[]): readonly ConfirmOperation[] {
  return operations.filter((each) => each.op === 'confirm')
}
