/**
 * Goal: an exercise can be failed and passed: what a reader is given is convicted, and a solution is not.
 * Method: the judges of `holdfast grade`, on both.
 */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { engineKinds } from '../../harness/engines/registry.ts'
import { loadOwnStrategy, METHODS } from '../../harness/entries/own-strategy.ts'
import { faultNamed } from '../../harness/faults/fault-named.ts'
import { askedAlone } from '../../learn/exercises/alone.ts'
import type { Exercise } from '../../learn/exercises/exercise.ts'
import { asked, type Finding, gradeOf, judged, survived } from '../../learn/exercises/judges.ts'
import { exercises } from '../../learn/exercises/registry.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import { FULL, isFull, sampled } from '../size.ts'
import { withEngines } from '../with-engines.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const STARTS = path.join(ROOT, 'examples/exercises')
const SOLUTIONS = path.join(import.meta.dirname, 'solutions')
const FROM_NOTHING = path.join(SOLUTIONS, 'from-nothing')
const LIMIT_MS = 300_000
/** The share that the gate runs. */
const ONE_OF = 3
const { engines, lacks } = await withEngines(isFull ? ['postgres', 'redis'] : ['postgres'], process.env, {
  redis: 3,
})
const signal = new AbortController().signal

async function entryOf(folder: string, { start }: Exercise) {
  const file = path.join(folder, `${start}.ts`)
  const on = { engines, kinds: engineKinds, signal, file, program: 'holdfast' }
  return { entry: asked(await loadOwnStrategy(file)), on }
}

/** Until the first conviction, or all. */
async function graded(folder: string, exercise: Exercise): Promise<readonly Finding[]> {
  const { entry, on } = await entryOf(folder, exercise)
  const findings: Finding[] = []
  for await (const finding of judged(exercise, entry, on)) findings.push(finding)
  if (findings.some(({ kind }) => kind !== 'passed')) return findings
  const log = () => undefined
  for await (const finding of survived(exercise, entry, { ...on, env: process.env, log }))
    findings.push(finding)
  return findings
}

/** What is convicted by the first schedule needs nothing else. */
async function firstOf(folder: string, exercise: Exercise): Promise<Finding | undefined> {
  const { entry, on } = await entryOf(folder, exercise)
  for await (const finding of judged(exercise, entry, on)) return finding
  return undefined
}

it('in a moment: a check without a lock is convicted with its race, and a lock is not', async () => {
  const [first] = exercises
  if (first === undefined) throw new Error('there are exercises')
  const start = await firstOf(STARTS, first)
  expect(start?.kind).toBe('failed')
  expect(start?.says).toContain('oversell')
  expect(start?.look).toMatch(/^holdfast replay v2\/01-row-lock\/hold\/2\/\S+ --strategy /)
  expect((await firstOf(SOLUTIONS, first))?.kind).toBe('passed')
})

describe.each(exercises.map((exercise) => ({ name: `exercise ${exercise.number}`, exercise })))(
  '$name',
  ({ exercise }) => {
    it('begins with a file, has a solution under the same name, faults that there are, and hints', () => {
      for (const folder of [STARTS, SOLUTIONS])
        expect(existsSync(path.join(folder, `${exercise.start}.ts`))).toBe(true)
      for (const name of exercise.faults ?? []) expect(faultNamed(name).name).toBe(name)
      expect(exercise.hints.length).toBeGreaterThanOrEqual(3)
    })

    it('is failed by what it begins with', {
      ...sampled(exercise.number, 0, ONE_OF),
      timeout: LIMIT_MS,
    }, async (context) => {
      if (lacks((await entryOf(STARTS, exercise)).entry.engines)) context.skip('an engine is missing')
      const findings = await graded(STARTS, exercise)
      expect(findings.filter(({ kind }) => kind === 'failed').map(({ name }) => name)).not.toEqual([])
      expect(findings.filter(({ kind }) => kind === 'unknown')).toEqual([])
    })

    it('is passed by its solution', {
      ...sampled(exercise.number, 1, ONE_OF),
      timeout: LIMIT_MS,
    }, async (context) => {
      if (lacks((await entryOf(SOLUTIONS, exercise)).entry.engines)) context.skip('an engine is missing')
      const findings = await graded(SOLUTIONS, exercise)
      expect(findings.filter(({ kind }) => kind !== 'passed')).toEqual([])
      expect(findings.length).toBeGreaterThan(2)
    })
  },
)

describe('begun with nothing', () => {
  const EMPTY = path.join(STARTS, 'empty')
  const grounds = [...new Set(exercises.map(({ empty }) => empty.ground))]

  it.for(grounds)('every method on %s says that it is not written', async (ground, context) => {
    const entry = await loadOwnStrategy(path.join(EMPTY, `${ground}.ts`))
    if (entry.engines.some((name) => engines[name] === undefined)) context.skip('an engine is not opened')
    expect(await askedAlone(entry, engines)).toEqual({ unwritten: METHODS })
  })

  it('what is left is named, and then what fails: a method that throws, a create that does', async () => {
    const [first] = exercises
    if (first === undefined) throw new Error('there are exercises')
    const { entry } = await entryOf(SOLUTIONS, first)
    const empty = await loadOwnStrategy(path.join(EMPTY, 'counter-rows.ts'))
    const half: StrategyEntry = {
      ...entry,
      async open(...given) {
        const [whole, none] = [await entry.open(...given), await empty.open(...given)]
        return { ...whole, confirm: none.confirm, expireDue: none.expireDue }
      },
    }
    expect(await askedAlone(half, engines)).toEqual({ unwritten: ['confirm', 'expireDue'] })
    expect(await askedAlone(entry, engines)).toEqual({ unwritten: [] })
    const wrong = () => Promise.reject(new Error('wrong\nfrom here on'))
    const open: StrategyEntry['open'] = async (...given) => ({ ...(await entry.open(...given)), hold: wrong })
    expect(await askedAlone({ ...entry, open }, engines)).toEqual({
      unwritten: [],
      failure: 'hold threw: wrong',
    })
    await expect(askedAlone({ ...entry, open: wrong }, engines)).rejects.toThrow('wrong')
  })

  it.for(exercises.filter(({ start }) => existsSync(path.join(FROM_NOTHING, `${start}.ts`))))(
    'exercise $number is passed by what was written whole',
    { ...FULL, timeout: LIMIT_MS },
    async (exercise, context) => {
      const { entry } = await entryOf(FROM_NOTHING, exercise)
      if (lacks(entry.engines)) context.skip('an engine is missing')
      expect(await askedAlone(entry, engines)).toEqual({ unwritten: [] })
      const findings = await graded(FROM_NOTHING, exercise)
      expect(findings.filter(({ kind }) => kind !== 'passed')).toEqual([])
    },
  )
})

it('a service has not passed what shows only inside, and is convicted of what it shows', () => {
  const service = { engines: [] }
  const file = { engines: ['postgres'] } as const
  const passed: Finding = { name: 'the suite', kind: 'passed', says: '' }
  const unchecked: Finding = { name: 'the explorer', kind: 'not-checked', says: '' }
  const failed: Finding = { name: 'a workload', kind: 'failed', says: '' }
  const unknown: Finding = { name: 'a workload', kind: 'unknown', says: '' }
  const inside = { isSeenInside: true } as const
  expect(gradeOf(inside, service, [unchecked, passed])).toBe('unseen')
  expect(gradeOf(inside, file, [unchecked, passed])).toBe('passed')
  expect(gradeOf({}, service, [unchecked, passed])).toBe('passed')
  for (const exercise of [inside, {}]) {
    expect(gradeOf(exercise, service, [passed, failed])).toBe('failed')
    expect(gradeOf(exercise, service, [passed, unknown])).toBe('unknown')
    expect(gradeOf(exercise, service, [unchecked])).toBe('unknown')
  }
})

it('no promise that a reader declares makes an exercise easier', async () => {
  const [first] = exercises
  if (first === undefined) throw new Error('there are exercises')
  const { entry } = await entryOf(STARTS, first)
  const lax = asked({
    ...entry,
    promises: { ...entry.promises, safe: 'never', refusals: 'spurious', freesLateMs: 1e9 },
  })
  expect(lax.promises).toMatchObject({ safe: 'always', refusals: 'exact', freesLateMs: 1_000 })
})
