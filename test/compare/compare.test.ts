/**
 * Goal: a comparison is fair (order, seeds, repeats), proves nothing without its control, and loses no result because
 * one strategy or the user ended something.
 * Method: `compare` with a trial runner that only writes down what it was asked, and answers as told.
 */
import { describe, expect, it } from 'vitest'
import { compare } from '../../harness/compare/compare.ts'
import { CONTROL_ROUNDS_MAX } from '../../harness/compare/control.ts'
import { commitOfCheckout, machineFacts } from '../../harness/compare/machine.ts'
import type { CompareEvent, CompareParts, RunTrial, TrialOrder } from '../../harness/compare/parts.ts'
import { type ComparisonPlan, derivedSeed, lasting, plannedMs, rounds } from '../../harness/compare/plan.ts'
import { tour } from '../../harness/compare/tour.ts'
import { entryFor } from '../../harness/entries/entry.ts'
import { standingOf } from '../../harness/report/standing.ts'
import type { Trial } from '../../harness/results/trial.ts'
import { workloads } from '../../harness/workloads/registry.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import { trialOf } from '../report/fixture.ts'

function entryNamed(name: string): StrategyEntry {
  return entryFor({
    name,
    create() {
      throw new Error('no trial is really run here')
    },
  })
}

const [A, B, C] = ['a', 'b', 'c'].map(entryNamed)
const CONTROL = entryNamed('control')
const STRATEGIES = [A, B, C].filter((entry) => entry !== undefined)

function planOf(changes: Partial<ComparisonPlan> = {}): ComparisonPlan {
  return {
    strategies: STRATEGIES,
    sections: [
      { workloads: [lasting('hot-seat', 100), lasting('drain', 100)], concurrency: [1, 8], repeats: 2 },
    ],
    seed: 42,
    warmupMs: 10,
    poolSize: 4,
    criticalSectionMs: 0,
    ...changes,
  }
}

type Asked = TrialOrder & { readonly strategy: string }

interface Scene {
  readonly asked: Asked[]
  readonly events: CompareEvent[]
  readonly parts: CompareParts
}

/** Catches the control in its first round and finds everybody else valid, unless told otherwise. */
function sceneOf(
  verdictOf: (asked: Asked) => Trial['verdict'] = ({ strategy }) =>
    strategy === 'control' ? 'invalid' : 'valid',
  changes: Partial<CompareParts> = {},
): Scene {
  const asked: Asked[] = []
  const events: CompareEvent[] = []
  const runTrial: RunTrial = async (entry, order) => {
    const each = { ...order, strategy: entry.name }
    asked.push(each)
    const verdict = verdictOf(each)
    const { workload, concurrency, repeat } = order
    const trial = trialOf({
      strategy: entry.name,
      workload,
      concurrency,
      repeat,
      goodputPerSecond: 100,
      verdict,
    })
    return { trial, history: [] }
  }
  const parts: CompareParts = {
    runTrial,
    engines: [],
    missing: [],
    control: { entry: CONTROL, workload: 'drain' },
    keepHistory: async () => undefined,
    onEvent: (event) => events.push(event),
    signal: new AbortController().signal,
    command: 'a test',
    commit: undefined,
    ...changes,
  }
  return { asked, events, parts }
}

function played({ asked }: Scene): readonly Asked[] {
  return asked.filter((each) => each.strategy !== 'control')
}

describe('a plan', () => {
  it('lets each strategy begin equally often, and gives all of a round the same seed', async () => {
    const scene = sceneOf()
    await compare(
      planOf({ sections: [{ workloads: [lasting('drain', 100)], concurrency: [1, 8, 32], repeats: 2 }] }),
      scene.parts,
    )
    const first = played(scene).filter((_, index) => index % STRATEGIES.length === 0)
    expect(first.map((each) => each.strategy)).toEqual(['a', 'b', 'c', 'a', 'b', 'c'])
    for (let round = 0; round < first.length; round++) {
      const seeds = played(scene)
        .slice(round * 3, round * 3 + 3)
        .map((each) => each.seed)
      expect(new Set(seeds).size).toBe(1)
    }
  })

  it('plays every workload with every number of callers, so many times, with a seed of its own each time', async () => {
    const scene = sceneOf()
    const results = await compare(planOf(), scene.parts)
    expect(results.trials).toHaveLength(3 * 2 * 2 * 2)
    const kinds = played(scene).map(
      ({ strategy, workload, concurrency, repeat }) => `${strategy} ${workload} ${concurrency} ${repeat}`,
    )
    expect(new Set(kinds).size).toBe(kinds.length)
    expect(new Set(rounds(planOf()).map((round) => round.seed)).size).toBe(8)
  })

  it('plays the same again for the same seed, and something else for another', () => {
    const seeds = (seed: number): readonly number[] => rounds(planOf({ seed })).map((round) => round.seed)
    expect(seeds(1)).toEqual(seeds(1))
    expect(seeds(1)).not.toEqual(seeds(2))
    expect(derivedSeed(1, 'x')).toBeLessThan(2 ** 32)
  })

  it('tells beforehand that a workload needs longer than asked', () => {
    expect(lasting('churn', 100).durationMs).toBeGreaterThan(1000)
    expect(plannedMs(planOf())).toBeGreaterThan(3 * 8 * 110)
  })
})

describe('the control', () => {
  it('comes first, and with new seeds until it is caught', async () => {
    const scene = sceneOf(({ strategy, repeat }) =>
      strategy === 'control' && repeat === 3 ? 'invalid' : 'valid',
    )
    const { control } = await compare(planOf(), scene.parts)
    expect(control).toMatchObject({ caught: true, rounds: 3, strategy: 'control', workload: 'drain' })
    const tries = scene.asked.slice(0, 3)
    expect(tries.map((each) => each.strategy)).toEqual(['control', 'control', 'control'])
    expect(new Set(tries.map((each) => each.seed)).size).toBe(3)
    expect(Math.min(...tries.map((each) => each.concurrency))).toBeGreaterThanOrEqual(16)
  })

  it('leaves every verdict unproven when it is not caught', async () => {
    const scene = sceneOf(() => 'valid')
    const results = await compare(planOf(), scene.parts)
    expect(results.control).toMatchObject({ caught: false, rounds: CONTROL_ROUNDS_MAX })
    expect(results.trials.length).toBeGreaterThan(0)
    for (const { name } of STRATEGIES) expect(standingOf(results, name).kind).toBe('not-proven')
  })

  it('is not caught by failing', async () => {
    const scene = sceneOf(({ strategy }) => {
      if (strategy === 'control') throw new Error('out of order\nand more')
      return 'valid'
    })
    const { control } = await compare(planOf(), scene.parts)
    expect(control).toMatchObject({ caught: false, conviction: 'control was not caught: out of order' })
  })
})

describe('what goes wrong', () => {
  it('in one strategy costs the others nothing', async () => {
    const scene = sceneOf(({ strategy, workload }) => {
      if (strategy === 'b' && workload === 'drain') throw new Error('relation "holds" does not exist')
      return strategy === 'control' ? 'invalid' : 'valid'
    })
    const results = await compare(planOf(), scene.parts)
    expect(results.notProven).toEqual([
      {
        strategy: 'b',
        why: 'failed on drain with 1 caller: relation "holds" does not exist',
        remedy: expect.any(String),
        code: 'unexpected',
      },
    ])
    expect(standingOf(results, 'a').kind).toBe('valid')
    expect(standingOf(results, 'b').kind).toBe('not-proven')
    expect(results.trials.filter((trial) => trial.strategy === 'a')).toHaveLength(8)
    expect(played(scene).filter((each) => each.strategy === 'b' && each.workload === 'drain')).toHaveLength(1)
  })

  it('with a missing engine is said before anything is run', async () => {
    const missing = [
      { name: 'postgres', why: 'nothing listens', remedy: 'start it', problem: 'unreachable' },
    ] as const
    const onPostgres = { ...entryNamed('p'), engines: ['postgres'] } as const
    const scene = sceneOf(undefined, {
      missing,
      control: { entry: { ...CONTROL, engines: ['postgres'] }, workload: 'drain' },
    })
    const results = await compare(planOf({ strategies: [onPostgres] }), scene.parts)
    expect(scene.asked).toEqual([])
    expect(results.control.caught).toBe(false)
    expect(results.notProven).toEqual([
      { strategy: 'p', why: 'nothing listens', remedy: 'start it', code: 'engine-unreachable' },
    ])
  })

  it('with keeping a history loses the file, not the run', async () => {
    const scene = sceneOf(undefined, {
      async keepHistory() {
        throw new Error('no space')
      },
    })
    const results = await compare(planOf(), scene.parts)
    expect(results.control.caught).toBe(true)
    expect(results.trials).toHaveLength(24)
    expect(scene.events.some((event) => event.kind === 'history-lost')).toBe(true)
  })

  it('ends the run early when the user asks, keeping what was finished', async () => {
    const controller = new AbortController()
    const scene = sceneOf(undefined, { signal: controller.signal })
    const runTrial: RunTrial = async (entry, order) => {
      if (played(scene).length === 5) {
        controller.abort()
        order.signal.throwIfAborted()
      }
      return scene.parts.runTrial(entry, order)
    }
    const results = await compare(planOf(), { ...scene.parts, runTrial })
    expect(results.interrupted).toBe(true)
    expect(results.trials).toHaveLength(5)
    expect(results.notProven).toEqual([])
  })

  it('does not count a trial that was cut short', async () => {
    const controller = new AbortController()
    const scene = sceneOf(
      ({ strategy }) => {
        if (strategy === 'control') return 'invalid'
        controller.abort()
        return 'valid'
      },
      { signal: controller.signal },
    )
    expect((await compare(planOf(), scene.parts)).trials).toEqual([])
  })
})

describe('a network latency', () => {
  it('is asked of every trial and of the control, which gets more time, and the results carry it', async () => {
    const [direct, slow] = [sceneOf(), sceneOf()]
    const without = await compare(planOf(), direct.parts)
    const results = await compare(planOf({ networkLatencyMs: 200 }), slow.parts)
    expect(new Set(slow.asked.map(({ networkLatencyMs }) => networkLatencyMs))).toEqual(new Set([200]))
    expect(results.settings.networkLatencyMs).toBe(200)
    expect(slow.asked[0]?.durationMs).toBeGreaterThan(direct.asked[0]?.durationMs ?? 0)
    for (const each of direct.asked) expect(each).not.toHaveProperty('networkLatencyMs')
    expect(without.settings).not.toHaveProperty('networkLatencyMs')
  })
})

describe('the tour', () => {
  it('plays each of its workloads once, and nearly every one that there is', async () => {
    const scene = sceneOf()
    await compare(planOf({ sections: tour() }), scene.parts)
    const asked = played(scene)
    const known = workloads.map(({ name }) => name)
    const names = new Set(asked.map(({ workload }) => workload))
    expect(known.filter((name) => !names.has(name))).toEqual(['sweep'])
    expect(asked).toHaveLength(names.size * STRATEGIES.length)
  })

  it('is planned to take about two minutes for all strategies', () => {
    expect(plannedMs(planOf({ strategies: registry, sections: tour(), warmupMs: 50 }))).toBeLessThan(120_000)
  })
})

describe('sections', () => {
  it('are run in turns: each repeat of all of them comes before the next', async () => {
    const scene = sceneOf()
    const section = { workloads: [lasting('hot-seat', 100)], concurrency: [8], repeats: 2 }
    const sections = [
      section,
      { ...section, poolSize: 200, criticalSectionMs: 5, networkLatencyMs: 3, processes: 2 },
    ]
    await compare(planOf({ strategies: STRATEGIES.slice(0, 1), sections }), scene.parts)
    const asked = played(scene)
    expect(asked.map(({ repeat, poolSize }) => [repeat, poolSize])).toEqual([
      [1, 4],
      [1, 200],
      [2, 4],
      [2, 200],
    ])
    expect(asked[1]).toMatchObject({ criticalSectionMs: 5, networkLatencyMs: 3, processes: 2 })
    expect(asked[0]).not.toHaveProperty('processes')
  })

  it('add what a queue takes to the time that is announced', () => {
    const section = { workloads: [lasting('hot-seat', 100)], concurrency: [8], repeats: 2 }
    const of = (tailMs: number) => plannedMs(planOf({ sections: [{ ...section, tailMs }] }))
    expect(of(5_000) - of(0)).toBe(2 * STRATEGIES.length * 5_000)
  })

  it('announce the time left by what was run, and not by what was kept from an earlier run', async () => {
    const scene = sceneOf()
    const { runTrial } = scene.parts
    const parts: CompareParts = {
      ...scene.parts,
      runTrial: async (entry, order) => ({ ...(await runTrial(entry, order)), isKept: order.repeat === 1 }),
    }
    const sections = [{ workloads: [lasting('hot-seat', 1_000)], concurrency: [8], repeats: 2 }]
    await compare(planOf({ sections }), parts)
    const left = scene.events.flatMap((event) => (event.kind === 'trial-started' ? [event.remainingMs] : []))
    // At the first that is really run, all of the second repeat is still to come.
    expect(left[3]).toBeGreaterThanOrEqual(3 * 1_000)
  })
})

describe('histories', () => {
  it('are offered for keeping, and named in the results', async () => {
    const scene = sceneOf(undefined, {
      keepHistory: async ({ trial }, purpose) => `${purpose}/${trial.strategy}`,
    })
    const results = await compare(planOf(), scene.parts)
    expect(results.control.historyFile).toBe('control/control')
    expect(results.trials[0]?.historyFile).toBe('trial/a')
  })
})

describe('machine facts', () => {
  it('are there, and a folder without a checkout has no commit', async () => {
    expect(machineFacts()).toMatchObject({ cores: expect.any(Number), node: process.version })
    expect(await commitOfCheckout('/')).toBeUndefined()
  })
})
