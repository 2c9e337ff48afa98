/**
 * Goal: every promise of the registry holds in every interleaving of two clients, and a strategy that
 * promises less is caught. Method: each strategy explored in each scenario that can happen to it, on the real
 * engines.
 */
import { describe, expect, test } from 'vitest'
import { exploreAll } from '../../harness/explore/explore-all.ts'
import { LIMITS } from '../../harness/explore/limits.ts'
import { scenarios } from '../../harness/explore/scenario.ts'
import { registry, type StrategyEntry } from '../../strategies/registry.ts'
import { FULL, isFull, isInSlice } from '../size.ts'
import { withEngines } from '../with-engines.ts'

const opened = await withEngines(['postgres', 'redis', 'tigerbeetle'], process.env, { redis: 3 })

/** Far above what any strategy here comes to with two clients. */
const SCHEDULES_MAX = 20_000
/** All strategies take half a minute on two free cores; a busy machine is no defect of theirs. */
const PATIENCE_MS = 900_000

/** The others are explored in the same way. */
const SCENARIOS_IN_SLICE = 4
/** What asks for a lock again and again has the most schedules. */
const isExploredInSlice = (entry: StrategyEntry) => isInSlice(entry) && entry.engines.length === 1

describe('every interleaving of two clients', () => {
  const able = registry.filter((entry) => !opened.cannotTest(entry) && (isFull || isExploredInSlice(entry)))
  const settings = { clients: 2, schedulesMax: SCHEDULES_MAX }
  const explored = exploreAll(
    able,
    isFull ? scenarios : scenarios.slice(0, SCENARIOS_IN_SLICE),
    opened.engines,
    settings,
  )
  explored.catch(() => {})

  for (const entry of registry) {
    const { name } = entry
    const options = { timeout: PATIENCE_MS, skip: opened.cannotTest(entry) }
    const asPromised = async (): Promise<void> => {
      const first = (await explored).filter(({ strategy }) => strategy === name)
      expect(first.length).toBeGreaterThan(isFull ? 3 : 1)
      // On a busy machine a lease may expire by itself, which leaves an exploration unknown: once more.
      const doubtful = first.filter(({ outcome }) => outcome === 'unknown').map(({ scenario }) => scenario)
      const again = scenarios.filter((each) => doubtful.includes(each.name))
      const second = again.length === 0 ? [] : await exploreAll([entry], again, opened.engines, settings)
      const own = [...first.filter(({ scenario }) => !doubtful.includes(scenario)), ...second]
      const broken = own.filter(({ asPromised }) => !asPromised)
      expect(
        broken.map(({ scenario, outcome, reasons, schedule }) => ({ scenario, outcome, reasons, schedule })),
      ).toEqual([])
    }
    // The slice has some of the scenarios.
    if (isExploredInSlice(entry)) test(`is as ${name} promises in the first scenarios`, options, asPromised)
    test(`is as ${name} promises`, { ...options, ...FULL }, asPromised)
  }

  test('oversells with the control, and names the schedule', { timeout: PATIENCE_MS }, async () => {
    const control = (await explored).find(
      ({ strategy, scenario }) => strategy === 'postgres-naive' && scenario === 'hold',
    )
    expect(control).toMatchObject({
      outcome: 'violated',
      schedule: expect.stringMatching(/^v2\/postgres-naive\/hold\/2\/1\./),
    })
    expect(control?.conviction).toContain('O1 oversell')
  })

  test('is no proof of what it does not cover, and says so', () => {
    expect(LIMITS.join(' ')).toMatch(/Small scope.*Step by step/)
  })
})
