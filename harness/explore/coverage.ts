/**
 * What an exploration must have seen to show anything: a proof in which the thing to be shown never happened
 * is none. Each is looked for in every schedule, and one of them is enough.
 */
import type { ConfirmOperation, HoldOperation, Operation } from '../history/record.ts'
import type { Run } from './run.ts'
import type { Scenario } from './scenario.ts'

type Seen = Pick<Run, 'operations' | 'struck' | 'events'>

/** Something that must have happened in some schedule. */
export interface CoverageGoal {
  /** Said where it did not: "never seen: …". */
  readonly what: string
  isIn(run: Seen): boolean
  /** Where it need be seen only once something else was; absent: in any case. */
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
  what: 'the same hold acknowledged to both who sent it',
  isIn: ({ operations }) => holdsOf(operations).filter(({ result }) => result === 'ok').length > 1,
}

const deadlineMattered: CoverageGoal = {
  what: 'a deadline that passed and mattered: a confirm refused, or the unit held by another',
  isIn: (run) =>
    run.struck.has('deadline') &&
    (confirmsOf(run.operations).some(({ result }) => result === 'fail') || acknowledged.isIn(run)),
}

const deathStruck: CoverageGoal = {
  what: 'a death that left a call without its answer, and another who was answered after all',
  isIn: ({ operations, struck }) =>
    struck.has('death') &&
    operations.some(({ process, result }) => process === 1 && result === 'info') &&
    holdsOf(operations).some(({ process, result }) => process > 1 && result !== 'info'),
}

const sharedAnswer = {
  what: 'one answer of an engine with which two calls of one process ended',
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
  what: 'a wait for a lock that was ended by its time-out',
  isIn: ({ struck }) => struck.has('timeout'),
  // Of a strategy that waits for nobody there is nothing to see.
  isWantedAfter: ({ events }) => events.some(({ kind }) => kind === 'waits'),
}

const memoryLost: CoverageGoal = {
  what: 'memory that was lost',
  isIn: ({ struck }) => struck.has('forgetting'),
}

/**
 * Of every scenario of this name. Where a client pauses, it need not have a lock: whoever takes none may
 * pause anywhere.
 */
const GOALS: Readonly<Record<string, readonly CoverageGoal[]>> = {
  'confirm-release': [sold, released],
  expiry: [sold, deadlineMattered],
  'same-id': [bothHeld],
  timeout: [acknowledged, timedOut],
  batch: [acknowledged, refused, sharedAnswer],
  death: [acknowledged, deathStruck],
  forgetting: [acknowledged, memoryLost],
}

/** Which of them are still to be seen. */
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
