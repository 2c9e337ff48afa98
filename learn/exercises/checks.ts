/**
 * What the suite of the contract does not ask, since strategies may differ in it: that nobody waits for a
 * buyer who is stopped halfway. Buyers are stopped in `settings.criticalSection()`.
 */
import { ConformanceError, expectThat, NotApplicableError } from '../../harness/conformance/expectation.ts'
import {
  type Case,
  fresh,
  gate,
  held,
  kinds,
  request,
  resource,
  type Subject,
  seats,
  until,
  waiters,
} from '../../harness/conformance/subject.ts'
import { NoAnswerError, within } from '../../harness/within.ts'
import type { HoldOutcome } from '../../strategies/strategy.ts'

/** Far longer than an answer takes that waits for nobody. */
const ANSWER_MS = 5_000
const INSIDE_MAX = 8
const WAITING_MAX = 32

/** Stops the first buyer who comes by, and lets all others pass. */
function stopFirst(subject: Subject): ReturnType<typeof gate> {
  const stopped = gate()
  subject.criticalSection = () => (stopped.arrivals() === 0 ? stopped.pass() : Promise.resolve())
  return stopped
}

/** Until the buyer stands there, or was answered without having been there. */
async function untilStopped(stopped: ReturnType<typeof gate>, buyer: Promise<unknown>): Promise<void> {
  let isAnswered = false
  const settled = (): void => {
    isAnswered = true
  }
  buyer.then(settled, settled)
  await until('Alice to be halfway', () => isAnswered || stopped.arrivals() > 0)
}

async function answered(who: string, outcome: Promise<HoldOutcome>): Promise<HoldOutcome> {
  try {
    return await within(ANSWER_MS, outcome)
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error
    throw new ConformanceError(`${who} had no answer for ${ANSWER_MS / 1_000} s`)
  }
}

export const anotherSeat: Case = {
  name: 'while Alice is halfway at one seat, Bob gets another one',
  property: 'Buyers of different seats do not wait for each other.',
  async run(subject) {
    const row = await seats(subject, 4)
    for (const [first, second] of [
      [0, 1],
      [3, 2],
    ] as const) {
      const stopped = stopFirst(subject)
      const alice = subject.strategy.hold(request({ [String(row[first])]: 1 }))
      try {
        await untilStopped(stopped, alice)
        const bob = subject.other.hold(request({ [String(row[second])]: 1 }))
        expectThat('what Bob got', await answered('Bob, who wants another seat,', bob)).matches({
          kind: 'held',
        })
      } finally {
        stopped.open()
      }
      expectThat('what Alice got', await alice).matches({ kind: 'held' })
    }
  },
}

export const sameSeat: Case = {
  name: 'while Alice pays for a seat, Bob is answered about the same seat, and truthfully',
  property: 'A call to somebody else is made when no lock is held, and the claim is already made.',
  async run(subject) {
    const [seat = ''] = await seats(subject, 1)
    const stopped = stopFirst(subject)
    const alice = subject.strategy.hold(request({ [seat]: 1 }))
    let bob: HoldOutcome
    try {
      await untilStopped(stopped, alice)
      expectThat('how often Alice has begun to pay', stopped.arrivals()).equals(1)
      bob = await answered('Bob, who wants the same seat,', subject.other.hold(request({ [seat]: 1 })))
    } finally {
      stopped.open()
    }
    const both = kinds([await alice, bob])
    expectThat('what the two were told', both).matches({ held: 1, 'sold-out': 1 })
  },
}

export const lastTicket: Case = {
  name: 'while Alice is halfway at the last ticket, Bob asks; then her card is declined',
  property: 'Nobody is told “sold out” of a ticket that was not sold.',
  async run(subject) {
    const [ticket = ''] = await seats(subject, 1)
    const stopped = gate()
    subject.criticalSection = async () => {
      await stopped.pass()
      throw new Error('the card was declined')
    }
    const alice = subject.strategy.hold(request({ [ticket]: 1 }))
    await untilStopped(stopped, alice)
    subject.criticalSection = async () => {}
    const bob = subject.other.hold(request({ [ticket]: 1 }))
    try {
      await untilAnsweredOrWaiting(subject, bob)
    } finally {
      stopped.open()
    }
    await alice.catch(() => undefined)
    const told = await answered('Bob', bob)
    if (told.kind === 'sold-out')
      throw new ConformanceError('Bob was told “sold out”, and the ticket is still free')
  },
}

async function untilAnsweredOrWaiting(subject: Subject, buyer: Promise<unknown>): Promise<void> {
  let isAnswered = false
  const settled = (): void => {
    isAnswered = true
  }
  buyer.then(settled, settled)
  await until('Bob to be answered, or to wait', async () => isAnswered || (await waiters(subject)) > 0)
}

export const otherTicket: Case = {
  name: 'while Alice is halfway at one of two tickets, Bob gets the other one',
  property: 'As long as there are units at which nobody is, nobody waits.',
  async run(subject) {
    const tickets = await resource(subject, 2)
    const stopped = stopFirst(subject)
    const alice = subject.strategy.hold(request({ [tickets]: 1 }))
    try {
      await untilStopped(stopped, alice)
      const bob = subject.other.hold(request({ [tickets]: 1 }))
      expectThat('what Bob got', await answered('Bob, who wants the other ticket,', bob)).matches({
        kind: 'held',
      })
    } finally {
      stopped.open()
    }
    expectThat('what Alice got', await alice).matches({ kind: 'held' })
  },
}

export const roomLimits: Case = {
  name: 'of 60 buyers at once, 8 are inside at most, 32 wait, and the others are told to come again',
  property: 'A waiting room has a limit inside and a limit in line.',
  async run(subject) {
    const row = await seats(subject, 60)
    const stopped = gate()
    subject.criticalSection = stopped.pass
    let toldAtOnce = 0
    const all = row.map(async (seat) => {
      const outcome = await subject.strategy.hold(request({ [seat]: 1 }))
      if (outcome.kind === 'contended') toldAtOnce += 1
      return outcome
    })
    const everybody = Promise.all(all)
    everybody.catch(() => undefined)
    try {
      const settled = until('the room to fill', () => stopped.arrivals() + toldAtOnce + WAITING_MAX >= 60)
      await within(ANSWER_MS, settled).catch(() => undefined)
      if (stopped.arrivals() === 0)
        throw new NotApplicableError('it never calls settings.criticalSection(), where buyers are stopped')
      expectThat('buyers inside', stopped.arrivals()).isAtMost(INSIDE_MAX)
      expectThat('buyers who were told to come again', toldAtOnce).equals(60 - INSIDE_MAX - WAITING_MAX)
    } finally {
      stopped.open()
    }
    expectThat('what the 60 got', kinds(await within(2 * ANSWER_MS, everybody))).matches({
      held: INSIDE_MAX + WAITING_MAX,
    })
  },
}

export const roomIsNotLost: Case = {
  name: 'after calls that fail, the room has all its places again',
  property: 'A place that was taken is left, whatever happens inside.',
  async run(subject) {
    for (let at = 0; at < 2 * INSIDE_MAX; at++) {
      const asked = subject.strategy.hold(request({ [fresh('no-such-seat')]: 1 }))
      await within(
        ANSWER_MS,
        asked.catch(() => undefined),
      ).catch(() => {
        throw new ConformanceError(`call ${at + 1} for a seat that there is not had no answer`)
      })
    }
    const [seat = ''] = await seats(subject, 1)
    const late = held(subject.strategy, { [seat]: 1 })
    await within(ANSWER_MS, late).catch((error: unknown) => {
      if (!(error instanceof NoAnswerError)) throw error
      throw new ConformanceError(
        `after ${2 * INSIDE_MAX} calls that failed, a buyer of a free seat had no answer for ${ANSWER_MS / 1_000} s`,
      )
    })
  },
}
