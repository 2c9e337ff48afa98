/**
 * Goal: every strategy is asked for the same things, and a workload leaves nothing behind that nobody will end.
 * Method: the parts of every workload are drawn for random seeds and compared; nothing is played.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Random, zipf } from '../../harness/workloads/random.ts'
import { workloads } from '../../harness/workloads/registry.ts'
import type { BuyerSession, Caller, Send, Workload } from '../../harness/workloads/workload.ts'
import { TTL_MS_LONG } from '../../harness/workloads/workload.ts'
import { withValidation } from '../../strategies/validation.ts'
import { inMemory } from './in-memory.ts'

/** Drawn per caller: more than any pattern of a workload is long. */
const SESSIONS = 60
const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 })
const concurrencies = fc.integer({ min: 1, max: 40 })

function plan(workload: Workload, settings: { readonly seed: number; readonly concurrency: number }) {
  return workload.plan({ ...settings, durationMs: 1_000 })
}

function sessions(caller: Caller | undefined, count = SESSIONS): readonly BuyerSession[] {
  return Array.from({ length: count }, () => caller?.next()).filter((session) => session !== undefined)
}

function sends(session: BuyerSession): readonly Send['do'][] {
  if (session.kind !== 'hold') return []
  return session.steps.flatMap((step) => {
    if (step.do === 'concurrently') return step.sends.map((send) => send.do)
    if (step.do === 'confirm-if') return ['confirm' as const]
    return step.do === 'pause' || step.do === 'wait-for-deadline' ? [] : [step.do]
  })
}

describe.each(workloads.map((workload) => ({ name: workload.name, workload })))('$name', ({ workload }) => {
  it('deals the same resources and sessions for the same seed', () => {
    fc.assert(
      fc.property(seeds, concurrencies, (seed, concurrency) => {
        const [one, other] = [plan(workload, { seed, concurrency }), plan(workload, { seed, concurrency })]
        expect(one.resources).toEqual(other.resources)
        expect(one.callers.map((caller) => sessions(caller))).toEqual(
          other.callers.map((caller) => sessions(caller)),
        )
      }),
      { numRuns: 5 },
    )
  })

  it('deals a caller the same sessions whatever the others have drawn', () => {
    // Callers of sell-out draw from one queue: there it is the queue that stays the same.
    fc.assert(
      fc.property(seeds, (seed) => {
        const [one, other] = [
          plan(workload, { seed, concurrency: 4 }),
          plan(workload, { seed, concurrency: 4 }),
        ]
        if (workload.name !== 'sell-out') sessions(other.callers[1])
        expect(sessions(one.callers[0])).toEqual(sessions(other.callers[0]))
      }),
      { numRuns: 10 },
    )
  })

  it('deals something else for another seed', () => {
    const [one, other] = [
      plan(workload, { seed: 1, concurrency: 2 }),
      plan(workload, { seed: 2, concurrency: 2 }),
    ]
    expect(sessions(one.callers[0])).not.toEqual(sessions(other.callers[0]))
  })

  it('has as many callers as asked for, and a buyer among them', () => {
    fc.assert(
      fc.property(concurrencies, (concurrency) => {
        const { callers } = plan(workload, { seed: 1, concurrency })
        expect(callers).toHaveLength(concurrency)
        expect(callers.some(({ role }) => role === 'buyer')).toBe(true)
      }),
    )
  })

  it('asks only for valid holds of its own resources, within their capacity', async () => {
    const { resources, callers } = plan(workload, { seed: 7, concurrency: 5 })
    const capacities = new Map(resources.map(({ id, capacity }) => [id, capacity]))
    const checked = withValidation({ ...inMemory(), hold: async () => ({ kind: 'id-reused' }) })
    await checked.createResources(resources)
    for (const [index, caller] of callers.entries()) {
      for (const session of sessions(caller)) {
        if (session.kind !== 'hold') continue
        for (const line of session.lines) {
          expect(line.quantity).toBeLessThanOrEqual(capacities.get(line.resourceId) ?? 0)
        }
        await checked.hold({ holdId: `h${index}` as never, lines: session.lines, ttlMs: session.ttlMs })
      }
    }
  })

  it('ends every hold that will not expire within the trial', () => {
    const { callers } = plan(workload, { seed: 3, concurrency: 6 })
    for (const session of callers.flatMap((caller) => sessions(caller, 500))) {
      if (session.kind !== 'hold' || session.ttlMs < TTL_MS_LONG) continue
      expect(sends(session).some((send) => send === 'confirm' || send === 'release')).toBe(true)
    }
  })

  it('keeps a warm-up on resources of its own', () => {
    const settings = { seed: 1, concurrency: 4, durationMs: 1_000 }
    const played = new Set(workload.plan(settings).resources.map(({ id }) => id))
    const warmup = workload.plan({ ...settings, prefix: 'warmup-' })
    expect(warmup.resources.filter(({ id }) => played.has(id))).toEqual([])
    for (const session of warmup.callers.flatMap((caller) => sessions(caller))) {
      if (session.kind === 'sweep') continue
      const wanted =
        session.kind === 'read' ? session.resourceIds : session.lines.map((line) => line.resourceId)
      expect(wanted.filter((id) => played.has(id))).toEqual([])
    }
  })
})

describe('what each workload is for', () => {
  const named = (name: string): Workload => {
    const workload = workloads.find((each) => each.name === name)
    if (workload === undefined) throw new Error(`no workload is called ${name}`)
    return workload
  }
  const steps = (name: string) =>
    plan(named(name), { seed: 5, concurrency: 8 })
      .callers.flatMap((caller) => sessions(caller, 200))
      .flatMap((session) => (session.kind === 'hold' ? [session] : []))

  it('hot-seat: buyers want one seat; a quarter of the callers are bystanders who never want it', () => {
    const { callers } = plan(named('hot-seat'), { seed: 1, concurrency: 16 })
    const wanted = (role: Caller['role']) =>
      callers
        .filter((caller) => caller.role === role)
        .flatMap((caller) => sessions(caller))
        .flatMap((session) => (session.kind === 'hold' ? session.lines.map((line) => line.resourceId) : []))
    expect(callers.filter(({ role }) => role === 'bystander')).toHaveLength(4)
    expect(new Set(wanted('buyer'))).toEqual(new Set(['seat-1']))
    expect(wanted('bystander')).not.toContain('seat-1')
  })

  it('hot-seat: no two bystanders want the same seat', () => {
    const { callers } = plan(named('hot-seat'), { seed: 1, concurrency: 16 })
    const seats = callers
      .filter(({ role }) => role === 'bystander')
      .map((caller) => sessions(caller).flatMap((each) => (each.kind === 'hold' ? each.lines : [])))
      .map((lines) => new Set(lines.map((line) => line.resourceId)))
    expect(seats.reduce((sum, set) => sum + set.size, 0)).toBe(new Set(seats.flatMap((set) => [...set])).size)
  })

  it('sell-out: the demand of each tier is three times its units; then comes the next, until all are through', () => {
    const { callers, resources, goesOn } = plan(named('sell-out'), { seed: 1, concurrency: 3 })
    const wanted = new Map<string, number>()
    expect(goesOn?.isEnough()).toBe(false)
    for (let session = callers[0]?.next(); session?.kind === 'hold'; session = callers[0]?.next()) {
      for (const { resourceId, quantity } of session.lines)
        wanted.set(resourceId, (wanted.get(resourceId) ?? 0) + quantity)
    }
    expect([...wanted.keys()]).toEqual(resources.map(({ id }) => id))
    for (const { id, capacity } of resources) {
      expect(wanted.get(id)).toBeGreaterThanOrEqual(3 * capacity)
      expect(wanted.get(id)).toBeLessThanOrEqual(3 * capacity + 1)
    }
    expect(callers.map((caller) => caller.next())).toEqual([undefined, undefined, undefined])
    expect(goesOn?.isEnough()).toBe(true)
  })

  it.each(['drain', 'sell-out', 'seat-map', 'multi-seat'])(
    '%s: has more to sell the longer it lasts',
    (name) => {
      const of = (durationMs: number) =>
        named(name).plan({ seed: 1, concurrency: 32, durationMs }).resources.length
      expect(of(10_000)).toBeGreaterThan(of(500))
      // Within a limit: an hour would not fit into the memory of an engine.
      expect(of(3_600_000)).toBeLessThanOrEqual(200_000)
    },
  )

  it('seat-map: each show is requested as often as it has seats', () => {
    const { callers, resources } = plan(named('seat-map'), { seed: 1, concurrency: 20 })
    const shows = Map.groupBy(resources, ({ id }) => id.replace(/-seat-.*/, ''))
    const asked = new Map<string, number>()
    for (const session of callers.flatMap((caller) => sessions(caller, 10_000))) {
      const [line] = session.kind === 'hold' ? session.lines : []
      const show = line?.resourceId.replace(/-seat-.*/, '') ?? ''
      asked.set(show, (asked.get(show) ?? 0) + 1)
    }
    expect(shows.size).toBeGreaterThan(1)
    for (const [show, seats] of shows) expect(asked.get(show), show).toBe(seats.length)
  })

  it('multi-seat: groups of 2 to 6 distinct seats, not always in order', () => {
    const groups = steps('multi-seat').map(({ lines }) => lines.map((line) => line.resourceId))
    expect(new Set(groups.map((group) => group.length))).toEqual(new Set([2, 3, 4, 5, 6]))
    expect(groups.every((group) => new Set(group).size === group.length)).toBe(true)
    expect(groups.some((group) => group.toSorted().join() !== group.join())).toBe(true)
  })

  it('churn: some abandon, some come back on either side of the deadline', () => {
    const all = steps('churn')
    const offsets = all.flatMap(({ steps }) =>
      steps.flatMap((step) => (step.do === 'wait-for-deadline' ? [step.offsetMs] : [])),
    )
    expect(all.some(({ steps }) => steps.length === 0)).toBe(true)
    expect(Math.min(...offsets)).toBeLessThan(0)
    expect(Math.max(...offsets)).toBeGreaterThan(0)
  })

  it('drain: everybody walks the same resources in the same order, and everything is confirmed', () => {
    const { callers, resources } = plan(named('drain'), { seed: 1, concurrency: 8 })
    const ids = resources.map(({ id }) => id)
    for (const caller of callers) {
      const all = sessions(caller, ids.length + 1)
      expect(all.flatMap((session) => (session.kind === 'hold' ? session.lines : []))).toEqual(
        ids.map((resourceId) => ({ resourceId, quantity: 1 })),
      )
      expect(all.every((session) => sends(session).join() === 'confirm')).toBe(true)
    }
  })
})

describe('Random', () => {
  it('gives every stream of other keys another sequence', () => {
    fc.assert(
      fc.property(seeds, fc.string(), fc.string(), (seed, one, other) => {
        fc.pre(one !== other)
        const draw = (key: string) => Array.from({ length: 8 }, random(seed, key))
        expect(draw(one)).not.toEqual(draw(other))
      }),
    )
  })

  it('stays in [0, 1) and spreads over it', () => {
    const next = random(1, 'spread')
    const tenths = new Array<number>(10).fill(0)
    for (let draws = 0; draws < 20_000; draws++) {
      const tenth = Math.floor(next() * 10)
      tenths[tenth] = (tenths[tenth] ?? 0) + 1
    }
    expect(tenths).toHaveLength(10)
    expect(Math.min(...tenths)).toBeGreaterThan(1_700)
  })

  it('shuffles without losing anything', () => {
    const ascending = (one: number, other: number) => one - other
    fc.assert(
      fc.property(seeds, fc.array(fc.integer()), (seed, items) => {
        const shuffled = new Random(seed, 'shuffle').shuffled(items)
        expect(shuffled.toSorted(ascending)).toEqual(items.toSorted(ascending))
      }),
    )
  })

  function random(seed: number, key: string): () => number {
    const stream = new Random(seed, key)
    return () => stream.float()
  }
})

describe('zipf', () => {
  it('wants the n-th about 1/n as often as the first', () => {
    const sample = zipf(1_000, 1)
    const random = new Random(1, 'zipf')
    const wanted = new Array<number>(1_000).fill(0)
    for (let draws = 0; draws < 100_000; draws++) {
      const rank = sample(random)
      wanted[rank] = (wanted[rank] ?? 0) + 1
    }
    const [first = 0, second = 0] = wanted
    expect(wanted).toHaveLength(1_000)
    expect(first / second).toBeGreaterThan(1.8)
    expect(first / second).toBeLessThan(2.2)
    expect(first / (wanted[9] ?? 1)).toBeGreaterThan(8.5)
    expect(first / (wanted[9] ?? 1)).toBeLessThan(11.5)
  })
})
