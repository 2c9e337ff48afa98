/**
 * Goal: what is recorded is what was said, and silence is recorded as silence.
 * Method: strategies that live in this process and answer late, wrongly, or never; nothing here depends on how fast
 * the machine is.
 */
import { describe, expect, it } from 'vitest'
import { monotonicMs } from '../../harness/clock.ts'
import type { Operation } from '../../harness/history/record.ts'
import { type PlayOptions, play } from '../../harness/workloads/play.ts'
import { Random } from '../../harness/workloads/random.ts'
import type { BuyerSession, HoldSession, Step, WorkloadPlan } from '../../harness/workloads/workload.ts'
import {
  CONFIRM,
  holdSession,
  RELEASE,
  REPLAY_HOLD,
  resource,
  units,
} from '../../harness/workloads/workload.ts'
import type { HoldOutcome, ReservationStrategy } from '../../strategies/strategy.ts'
import { InvalidRequestError } from '../../strategies/strategy.ts'
import { inMemory } from './in-memory.ts'

const seat = resource({ seed: 1, concurrency: 1, durationMs: 1 }, 'seat-1', 1)

/** Each list of sessions is one caller's. */
function planOf(...callers: readonly (readonly BuyerSession[])[]): WorkloadPlan {
  return {
    resources: [seat],
    callers: callers.map((sessions) => {
      const left = sessions.values()
      return { role: 'buyer', next: () => left.next().value }
    }),
    durationMs: 60_000,
  }
}

function session(steps: readonly Step[], more: Partial<HoldSession> = {}): HoldSession {
  return { ...holdSession(new Random(1), [units(seat)], steps), ...more }
}

async function recorded(strategy: ReservationStrategy, plan: WorkloadPlan, more: Partial<PlayOptions> = {}) {
  const operations: Operation[] = []
  await strategy.createResources(plan.resources)
  const played = await play(strategy, plan, {
    record: (operation) => operations.push(operation),
    clock: { offsetMs: Date.now() - monotonicMs() },
    ...more,
  })
  return { operations, played }
}

const never = new Promise<never>(() => {})

describe('a call without an answer', () => {
  it('is recorded as unknown, and so is the release that follows', async () => {
    const strategy = { ...inMemory(), hold: () => never, release: () => never }
    const { operations } = await recorded(strategy, planOf([session([CONFIRM])]), { callTimeoutMs: 5 })
    expect(operations.map(({ op, result }) => [op, result])).toEqual([
      ['hold', 'info'],
      ['release', 'info'],
    ])
  })

  it('retires its process number: no process is used after an unknown answer', async () => {
    const strategy = { ...inMemory(), hold: () => never }
    const plan = planOf([session([]), session([]), session([])], [session([])])
    const { operations } = await recorded(strategy, plan, { callTimeoutMs: 5 })
    const dead = operations.filter(({ result }) => result === 'info').map(({ process }) => process)
    expect(dead).toHaveLength(4)
    expect(new Set(dead).size).toBe(4)
    for (const operation of operations) {
      const later = operations.filter(
        (other) => other.process === operation.process && other.invokedUs > operation.invokedUs,
      )
      if (operation.result === 'info') expect(later).toEqual([])
    }
  })

  it('ignores the answer that comes late', async () => {
    let answer: (outcome: HoldOutcome) => void = () => {}
    const hold = () => new Promise<HoldOutcome>((resolve) => (answer = resolve))
    const { operations, played } = await recorded({ ...inMemory(), hold }, planOf([session([CONFIRM])]), {
      callTimeoutMs: 5,
    })
    expect(await played.settle(0)).toBe(1)
    answer({ kind: 'held', deadlineMs: 0, attempts: 1 })
    expect(await played.settle(1_000)).toBe(0)
    expect(operations.filter(({ op }) => op === 'hold').map(({ result }) => result)).toEqual(['info'])
    expect(operations.some(({ op }) => op === 'confirm')).toBe(false)
  })

  it('stops the play when nobody gets any answer any more', async () => {
    const hold = () => Promise.reject(new Error('connection\nrefused'))
    const release = hold
    const many = Array.from({ length: 1_000 }, () => session([]))
    const { operations, played } = await recorded({ ...inMemory(), hold, release }, planOf(many), {
      silenceMsMax: 50,
    })
    expect(played.ended).toBe('no-answers')
    expect(operations.length).toBeGreaterThan(1)
    expect(operations.length).toBeLessThan(1_000)
    expect(operations[0]).toMatchObject({ result: 'info', error: 'Error: connection refused' })
  })
})

describe('a play', () => {
  it('goes on after a short silence, however many it met at once', async () => {
    const inner = inMemory()
    const missed = new Set<string>()
    const hold: ReservationStrategy['hold'] = (request) => {
      const caller = request.holdId.split('-')[0] ?? request.holdId
      if (missed.has(caller)) return inner.hold(request)
      missed.add(caller)
      return Promise.reject(new Error('the server is starting up'))
    }
    const callers = Array.from({ length: 500 }, () => [session([]), session([])])
    const { operations, played } = await recorded({ ...inner, hold }, planOf(...callers))
    expect(played.ended).toBe('demand')
    const holds = operations.filter(({ op }) => op === 'hold')
    expect(holds.filter(({ result }) => result === 'info')).toHaveLength(500)
    expect(holds.filter(({ result }) => result !== 'info')).toHaveLength(500)
  })

  it('gives every hold an id of its own, and retries a contended one under a new id, no more often than allowed', async () => {
    const hold = async (): Promise<HoldOutcome> => ({ kind: 'contended', reason: 'deadlock', attempts: 2 })
    const plan = planOf([session([], { retryAfterMs: [1, 1] })], [session([], { retryAfterMs: [] })])
    const { operations } = await recorded({ ...inMemory(), hold }, plan)
    const ids = operations.flatMap((operation) => (operation.op === 'hold' ? [operation.holdId] : []))
    expect(ids.toSorted()).toEqual(['buyer0-1', 'buyer0-2', 'buyer0-3', 'buyer1-1'])
  })

  it('never has two calls of one process in flight', async () => {
    const concurrently: Step = { do: 'concurrently', sends: [CONFIRM, RELEASE, REPLAY_HOLD] }
    const many = Array.from({ length: 20 }, () => session([concurrently, REPLAY_HOLD], { copies: 3 }))
    const { operations } = await recorded(inMemory(), planOf(many, many))
    for (const process of new Set(operations.map((each) => each.process))) {
      const own = operations
        .filter((each) => each.process === process)
        .toSorted((one, other) => one.invokedUs - other.invokedUs)
      for (const [index, operation] of own.entries()) {
        const next = own[index + 1]
        // A return is rounded up to the microsecond and the next invocation down.
        if (next) expect(next.invokedUs).toBeGreaterThanOrEqual(operation.returnedUs - 1)
      }
    }
    expect(operations.filter(({ op }) => op === 'hold').length).toBeGreaterThan(100)
  })

  it('sends copies under one id, and goes on if one of them is held', async () => {
    const { operations } = await recorded(inMemory(), planOf([session([RELEASE], { copies: 3 })]))
    const ids = operations.flatMap((operation) => (operation.op === 'hold' ? [operation.holdId] : []))
    expect(ids).toEqual(['buyer0-1', 'buyer0-1', 'buyer0-1'])
    expect(operations.at(-1)).toMatchObject({ op: 'release', result: 'ok' })
  })

  it('goes through no step of a hold that was refused', async () => {
    const plan = planOf([session([CONFIRM]), session([CONFIRM, RELEASE])])
    const { operations, played } = await recorded(inMemory(), plan)
    expect(operations.map(({ op, result }) => `${op} ${result}`)).toEqual([
      'hold ok',
      'confirm ok',
      'hold fail',
    ])
    expect(played.ended).toBe('demand')
  })

  it('waits for a deadline by the engine’s clock', async () => {
    // An engine whose clock is an hour ahead.
    const nowMs = () => Date.now() + 3_600_000
    const steps: Step[] = [{ do: 'wait-for-deadline', offsetMs: 5 }, CONFIRM]
    const { operations } = await recorded(inMemory({ nowMs }), planOf([session(steps, { ttlMs: 30 })]), {
      clock: { offsetMs: nowMs() - monotonicMs() },
    })
    expect(operations.map(({ op, result }) => `${op} ${result}`)).toEqual(['hold ok', 'confirm fail'])
  })

  it('ends when its time is up, cutting waits short, and still releases what it holds', async () => {
    const endless: Step[] = [{ do: 'pause', ms: 3_600_000 }, RELEASE]
    const { operations, played } = await recorded(inMemory(), planOf([session(endless), session(endless)]), {
      durationMs: 20,
    })
    expect(played.ended).toBe('time')
    expect(operations.map(({ op, result }) => `${op} ${result}`)).toEqual(['hold ok', 'release ok'])
  })

  it('lets a buyer who still waits for its deadline leave when time is up', async () => {
    const late: Step[] = [{ do: 'wait-for-deadline', offsetMs: 0 }, CONFIRM]
    const { operations } = await recorded(inMemory(), planOf([session(late)]), { durationMs: 20 })
    expect(operations.map(({ op }) => op)).toEqual(['hold'])
  })

  it('ends at once on a signal, and records what was in flight as unknown', async () => {
    const abort = new AbortController()
    const hold = () => {
      queueMicrotask(() => abort.abort())
      return never
    }
    const { operations, played } = await recorded(
      { ...inMemory(), hold },
      planOf([session([]), session([])]),
      {
        signal: abort.signal,
      },
    )
    expect(played.ended).toBe('aborted')
    expect(operations.map(({ op, result }) => `${op} ${result}`)).toEqual(['hold info'])
  })

  it('rejects when the harness itself asked for something impossible', async () => {
    const hold = () => Promise.reject(new InvalidRequestError('no'))
    const plan = planOf([session([])], [session([{ do: 'pause', ms: 3_600_000 }])])
    await expect(recorded({ ...inMemory(), hold }, plan)).rejects.toThrow(InvalidRequestError)
  })
})
