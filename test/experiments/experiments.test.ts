/**
 * Goal: an experiment says what its data carry, and nothing else.
 * Method: every experiment of the registry answers without data, with too little, and with plenty that is made up.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { claimRows, underItsConditions, untested } from '../../experiments/claims.ts'
import { ExperimentData } from '../../experiments/data.ts'
import { type Decision, decisionsOf } from '../../experiments/decision.ts'
import { decisionMatrix, decisionTable } from '../../experiments/decision-table.ts'
import { QUICK, SOURCES, STUDY } from '../../experiments/experiment.ts'
import { figureKinds } from '../../experiments/figures.ts'
import { findingsOf } from '../../experiments/findings.ts'
import { studyPage } from '../../experiments/page.ts'
import { studySection, withStudySection } from '../../experiments/readme-section.ts'
import { experiments, studiedEntry } from '../../experiments/registry.ts'
import { isWithin, promisedLoss } from '../../experiments/safety.ts'
import { ifAtLeast, told } from '../../experiments/say.ts'
import { SIMPLEST_FIRST } from '../../experiments/simplest-first.ts'
import { PUBLISHED, publishedFaults, storedStudy } from '../../experiments/stored.ts'
import { experimentMs, studyPlan } from '../../experiments/study.ts'
import { RANKED_MIN } from '../../harness/report/ranking.ts'
import type { Trial } from '../../harness/results/trial.ts'
import manifest from '../../package.json' with { type: 'json' }
import { registry } from '../../strategies/registry.ts'
import { resultsOf, trialOf } from '../report/fixture.ts'
import { FULL } from '../size.ts'
import { madeUp } from './made-up.ts'

const ROOM = path.resolve(import.meta.dirname, '../../experiments')
/** Nobody waits for an answer any longer than this. */
const MINUTES_MAX = 5
const NOTHING = new ExperimentData([])
const BROKEN = /NaN|undefined|Infinity|\[object/
/** A remark that is no sentence, and figures in a row that a reader must match by their places. */
const UNREADABLE = /\bsome and none\b|[(, ](?:more|less)\)|\bperhaps\b|(?:\d(?:\/s| %| ms)(?:, | and )){2}/

describe.each(experiments.map((experiment) => ({ name: experiment.name, experiment })))(
  '$name',
  ({ name, experiment }) => {
    it('is a file of its own, with a question, a prediction and what it varies', () => {
      expect(existsSync(path.join(ROOM, `${name}.ts`))).toBe(true)
      expect(experiment.question).toMatch(/\?$/)
      expect(experiment.prediction.length).toBeGreaterThan(40)
      expect(experiment.figures.length).toBeGreaterThan(0)
    })

    it('takes a few minutes, and less in a try', () => {
      expect(experimentMs(experiment, STUDY)).toBeLessThanOrEqual(MINUTES_MAX * 60_000)
      expect(experimentMs(experiment, QUICK)).toBeLessThan(experimentMs(experiment, STUDY) / 2)
    })

    it('runs long enough to rank what it ranks', () => {
      const data = madeUp(experiment, STUDY)
      const isRanked =
        / \(|then /.test(experiment.answer(data)) && !/Never both|One effect/.test(experiment.answer(data))
      for (const { repeats, workloads, strategies = [] } of studyPlan(experiment, STUDY, 1).sections) {
        // What oversells is there to be convicted, and has no figures to rank.
        const isJudged = strategies.some((strategy) => studiedEntry(strategy)?.promises.safe !== 'never')
        if (isRanked && isJudged) expect(repeats).toBeGreaterThanOrEqual(RANKED_MIN.repeats)
        for (const { durationMs } of workloads)
          expect(durationMs).toBeGreaterThanOrEqual(RANKED_MIN.durationMs)
      }
    })

    it('answers in whole sentences with plenty of data, and without figures where there are none', () => {
      const full = experiment.answer(madeUp(experiment, STUDY))
      expect(full).not.toMatch(BROKEN)
      expect(full).not.toMatch(UNREADABLE)
      expect(full).not.toContain('not ranked')
      const none = experiment.answer(NOTHING)
      expect(none).not.toMatch(BROKEN)
      expect(none).toMatch(/–|nothing that the samples carry|Not answered/)
    })

    it('ranks nothing in a try', () => {
      expect(experiment.answer(madeUp(experiment, QUICK))).not.toMatch(/\), then | more than | less than /)
    })

    it('judges its claims by data, and by nothing else', () => {
      for (const { judge, lacks = [] } of experiment.claims) {
        const judgement = judge(madeUp(experiment, STUDY))
        expect(judgement.outcome).not.toBe('not-measured')
        expect(judgement.measured).not.toMatch(BROKEN)
        // What was tried under other conditions neither confirms nor refutes all of a claim.
        if (lacks.length > 1) expect(judgement.outcome).not.toBe('holds')
        expect(judge(NOTHING).outcome).toBe('not-measured')
      }
    })
  },
)

it('names are unique, and every strategy of the order of simplicity is in the registry', () => {
  const names = experiments.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  const safe = registry.filter(({ promises }) => promises.safe !== 'never').map(({ name }) => name)
  expect([...SIMPLEST_FIRST].sort()).toEqual(safe.sort())
  // Safer ones come first, and of those what needs fewer systems.
  const weights = SIMPLEST_FIRST.flatMap((name) => {
    const entry = registry.find((each) => each.name === name)
    return entry === undefined ? [] : [[entry.promises.unsafeUnder.length, entry.engines.length] as const]
  })
  expect(weights.map(([faults, engines]) => 10 * faults + engines)).toEqual(
    weights.map(([faults, engines]) => 10 * faults + engines).toSorted((one, other) => one - other),
  )
})

describe('a figure', () => {
  const few: Trial = {
    ...trialOf({ strategy: 'a', workload: 'hot-seat', concurrency: 8, repeat: 1, goodputPerSecond: 5 }),
    answers: { held: 3, soldOut: 4, contended: 5, unknown: 0 },
  }

  it('is not one with a handful of samples', () => {
    for (const [name, { of }] of Object.entries(figureKinds)) {
      const starved = {
        ...few,
        counts: { ...few.counts, confirmed: 3 },
        latencyMs: { hold: { ...few.latencyMs.hold, count: 12 } },
      }
      expect(of(starved), name).toBeUndefined()
    }
  })

  it('of truthful answers counts neither "ask again" nor what was refused wrongly', () => {
    const { truthfulAnswers } = figureKinds
    const trial = { ...few, elapsedMs: 1_000, answers: { held: 10, soldOut: 90, contended: 500, unknown: 7 } }
    expect(truthfulAnswers.of(trial)?.value).toBe(100)
    expect(truthfulAnswers.of({ ...trial, spuriousRefusals: 40 })?.value).toBe(60)
  })

  it('is not taken from a strategy that the checker convicted', () => {
    const trials = [1, 2, 3, 4, 5].map((repeat) => ({
      ...trialOf({ strategy: 'a', workload: 'hot-seat', concurrency: 8, repeat, goodputPerSecond: 50 }),
      answers: { held: 300, soldOut: 90, contended: 0, unknown: 0 },
    }))
    const at = (all: readonly Trial[]) =>
      new ExperimentData([{ durability: 'durable', results: resultsOf({ trials: [...all] }) }]).figure(
        'goodput',
        { strategy: 'a' },
      )
    expect(at(trials)).toBeDefined()
    expect(
      at(trials.map((trial, index) => (index === 2 ? { ...trial, verdict: 'invalid' } : trial))),
    ).toBeUndefined()
  })

  it('belongs to one condition: two that differ are never mixed', () => {
    const [experiment] = experiments
    if (experiment === undefined) throw new Error('there is no experiment')
    const pools = experiments.find(({ name }) => name === 'lock-cliff') ?? experiment
    const data = madeUp(pools, STUDY)
    expect(() => data.trials({ strategy: 'postgres-select-for-update' })).toThrow(RangeError)
  })
})

describe('the decision table', () => {
  const shapes = experiments.filter(({ name }) => name.startsWith('one-'))
  const studied = (changed?: (trial: Trial) => Trial) =>
    shapes.map((experiment) => ({ experiment, data: madeUp(experiment, STUDY, changed) }))

  // 100 sales per second are within the interval of the simplest strategy.
  const around = (trial: Trial): Trial =>
    trial.strategy === 'postgres-conditional-update'
      ? {
          ...trial,
          counts: {
            ...trial.counts,
            confirmed: Math.round(((94 + 2 * trial.repeat) * trial.elapsedMs) / 1_000),
          },
        }
      : trial

  it('never recommends what loses more than is accepted', () => {
    const decisions = decisionsOf(studied())
    expect(decisions.some((decision) => picksOf(decision).length > 0)).toBe(true)
    for (const decision of decisions) {
      const { filter } = decision
      for (const pick of picksOf(decision)) {
        const promises = registry.find(({ name }) => name === pick)?.promises
        if (promises === undefined) throw new Error(`${pick} is not in the registry`)
        if (filter.startsWith('nothing')) expect(promisedLoss(promises)).toBe('nothing')
        expect(promisedLoss(promises)).not.toBe('a pause of a client')
      }
    }
  })

  it('takes the simplest that suffices, not the fastest', () => {
    const [first] = decisionsOf(studied((trial) => ({ ...trial, elapsedMs: trial.elapsedMs })))
    const enough = SIMPLEST_FIRST.find((name) => picksOf(first).includes(name))
    expect(picksOf(first).at(-1)).toBe(enough)
    expect(first?.faster).toMatch(/not needed, and less simple|it needs|sells twice/)
  })

  it('says that it barely suffices where the demand lies within the noise, and which one certainly does', () => {
    const [row] = decisionsOf(studied(around)).filter(({ shape }) => shape === 'a pool of tickets')
    const [barely, certainly, ...others] = picksOf(row)
    expect(barely).toBe('postgres-conditional-update')
    expect(others).toEqual([])
    expect(decisionTable(studied(around)).join('\n')).toContain(
      `| barely ${barely}, certainly ${certainly} |`,
    )
  })

  it('gives each strategy of a cell its own figure, and says of which it is certain', () => {
    const doubtful = studied(around)
    const cells = decisionMatrix(doubtful).flatMap((row) => row.split(' | '))
    const shared = cells.filter((cell) => cell.startsWith('barely '))
    expect(shared).toContainEqual(
      expect.stringMatching(/^barely postgres-conditional-update, 100\/s; certainly [\w-]+, [\d,.]+\/s$/),
    )
    for (const cell of shared)
      for (const choice of cell.split('; ')) expect(choice).toMatch(/^[a-z ]+ [\w-]+, [\d,.]+\/s$/)
    const [row] = decisionsOf(doubtful).filter(({ choices }) => choices.length > 1)
    const figures = row?.choices.map(({ figure }) => told(figure)).join(', or ')
    expect(decisionTable(doubtful).join('\n')).toContain(`| ${figures} |`)
  })

  it('recommends nothing from a try', () => {
    const tried = shapes.map((experiment) => ({ experiment, data: madeUp(experiment, QUICK) }))
    expect(decisionsOf(tried)).toEqual([])
    expect(decisionTable(tried).join()).toContain('Nothing is recommended')
    expect(decisionMatrix(tried).join()).toContain('Nothing is recommended')
  })
})

it('the order of losses is the one a reader accepts them in', () => {
  const [naive, failover, pause] = ['postgres-naive', 'redis-lua', 'redis-setnx'].map(
    (name) => registry.find((each) => each.name === name)?.promises,
  )
  if (naive === undefined || failover === undefined || pause === undefined)
    throw new Error('not in the registry')
  expect(isWithin(promisedLoss(naive), 'a pause of a client')).toBe(false)
  expect(isWithin(promisedLoss(failover), 'nothing')).toBe(false)
  expect(isWithin(promisedLoss(failover), 'writes of a failover')).toBe(true)
  expect(isWithin(promisedLoss(pause), 'writes of a failover')).toBe(false)
})

it('every document has claims, each with its test or with what is missing for one', () => {
  const tested = experiments.flatMap(({ claims }) => claims)
  for (const source of Object.keys(SOURCES))
    expect(
      [...tested, ...untested].some((claim) => claim.source === source),
      source,
    ).toBe(true)
  for (const { lacks } of untested) expect(lacks.length).toBeGreaterThan(0)
  const scripts = Object.keys(manifest.scripts).map((name) => `npm run ${name}`)
  for (const { claim, shown } of untested)
    if (shown !== undefined) expect(scripts, claim).toContain(shown.command)
  const rows = claimRows(experiments.map((experiment) => ({ experiment, data: madeUp(experiment, STUDY) })))
  expect(rows).toHaveLength(2 + tested.length + untested.length)
})

it('the page has every question, a row for each condition, and no figure without its basis', FULL, () => {
  const all = experiments.map((experiment) => ({ experiment, data: madeUp(experiment, STUDY) }))
  const page = studyPage(all, { isQuick: false })
  expect(page).not.toMatch(BROKEN)
  for (const { experiment, data } of all) {
    expect(page).toContain(experiment.question)
    const from = page.indexOf(experiment.question)
    const section = page.slice(from, page.indexOf('\n## ', from))
    const rows = section.split('\n').filter((line) => /^\| (postgres|redis|redlock|tigerbeetle)/.test(line))
    expect(rows, experiment.name).toHaveLength(data.conditions.length)
    const judged = rows.filter((row) => data.standing(row.split(' ')[1] ?? '').kind === 'valid')
    expect(judged.length, experiment.name).toBeGreaterThan(0)
    for (const row of judged) expect(row).toMatch(/\d+ × .* n ≥ \d/)
  }
})

it('what was measured without the conditions of a claim does not refute it, and noise does not either', () => {
  expect(underItsConditions('does-not-hold')).toBe('does-not-hold')
  expect(underItsConditions('does-not-hold', ['HTTP'])).toBe('otherwise')
  expect(underItsConditions('holds', ['HTTP'])).toBe('holds')
  expect(ifAtLeast({ interval: { low: 9, high: 11 } }, 9, 'holds')).toBe('holds')
  expect(ifAtLeast({ interval: { low: 9, high: 11 } }, 10, 'holds')).toBe('undecided')
  expect(ifAtLeast({ interval: { low: 9, high: 11 } }, 12, 'holds')).toBe('does-not-hold')
})

it('findings begin with contradictions beyond the noise; what was expected is called so', () => {
  const [experiment] = experiments.filter(({ name }) => name === 'counted-seats')
  if (experiment === undefined) throw new Error('there is no such experiment')
  const slower = (strategy: string) => ({
    experiment,
    data: madeUp(experiment, STUDY, (trial) =>
      trial.strategy === strategy
        ? { ...trial, answers: { held: 40, soldOut: 0, contended: 0, unknown: 0 } }
        : trial,
    ),
  })
  const [first = ''] = findingsOf([slower('postgres-select-for-update')])
  expect(first).toContain('the other way round')
  expect(first).toContain('postgres-select-for-update: 40')
  const confirmed = findingsOf([slower('postgres-select-for-update-counted')]).join()
  expect(confirmed).not.toContain('other way round')
  expect(confirmed).toContain('As expected')
  expect(findingsOf([{ experiment, data: NOTHING }])).toEqual([])
  const tried = { experiment, data: madeUp(experiment, QUICK) }
  expect(findingsOf([tried]).join()).not.toContain('other way round')
})

it('the README has the answers of the published study, or says that there is none', FULL, async () => {
  const readme = await readFile(path.join(ROOM, '../README.md'), 'utf8')
  const section = studySection(await storedStudy(PUBLISHED), await publishedFaults())
  expect(readme, 'npm run study:publish fixes it').toBe(withStudySection(readme, section))
  expect(section).not.toMatch(UNREADABLE)
  for (const word of ['*Barely*', '*n of m faults*', '*Durability*']) expect(section).toContain(word)
  const all = experiments.map((experiment) => ({ experiment, data: madeUp(experiment, STUDY) }))
  expect(studySection(all)).not.toMatch(BROKEN)
})

function picksOf(decision: Decision | undefined): readonly string[] {
  return (decision?.choices ?? []).map(({ strategy }) => strategy)
}
