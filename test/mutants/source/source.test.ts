/**
 * Goal: the judges convict every mutant, and it is known which judge convicts which. Method: the registry's own sources with one small change
 * each, put before the one judge that the table names; and before the same judges a copy without a change, which must pass.
 */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { expectedOf } from '../../../harness/explore/promise.ts'
import { inapplicable } from '../../../harness/explore/scenario.ts'
import { workloadNamed } from '../../../harness/workloads/registry.ts'
import { registry, type StrategyEntry } from '../../../strategies/registry.ts'
import { FULL } from '../../size.ts'
import { withEngines } from '../../with-engines.ts'
import { mutants } from './all.ts'
import { mutantsTold, mutantsToTell } from './document.ts'
import { mutated, sourceOf, withMutatedCopy } from './mutated-copy.ts'
import type { Judge, SourceMutant } from './source-mutant.ts'
import { type AskedJudge, caseThat, scenarioNamed, TRIES_MAX, tried } from './trying.ts'

const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000)

/** Each takes a few seconds; a busy machine is no defect of the judges. */
const PATIENCE_MS = 300_000
const CONVICTED_MIN = 60
const EQUIVALENT_MAX = 10
/** Where there are more, the slice is none any more. */
const SLICE_MAX = 14

const opened = await withEngines(['postgres', 'redis', 'tigerbeetle'], process.env, { redis: 3 })

function entryOf({ of }: Pick<SourceMutant, 'of'>): StrategyEntry {
  return registry.find(({ name }) => name === of) ?? expect.fail(`there is no ${of}`)
}

function isAsked(mutant: SourceMutant): mutant is SourceMutant & { readonly judge: AskedJudge } {
  return mutant.judge.by !== 'equivalent'
}

const asked = mutants.filter(isAsked)

describe('the table of mutants', () => {
  test('has enough of them, few of which are equivalent, and no name twice', () => {
    const names = mutants.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(asked.length).toBeGreaterThanOrEqual(CONVICTED_MIN)
    expect(mutants.length - asked.length).toBeLessThanOrEqual(EQUIVALENT_MAX)
    const slice = mutants.filter(({ isInSlice }) => isInSlice === true)
    expect(slice.length).toBeLessThanOrEqual(SLICE_MAX)
    const all = new Set<Judge['by']>(['conformance', 'explorer', 'workload'])
    expect(new Set(slice.map(({ judge }) => judge.by))).toEqual(all)
  })

  test('follows the source: every text that is changed stands there exactly once', async () => {
    for (const mutant of mutants) {
      const text = await sourceOf(mutant.file)
      expect(mutated(text, mutant)).not.toBe(text)
    }
  })

  test('a text that is not there, or twice, would be found', () => {
    const planted = {
      name: 'planted',
      of: 'none',
      file: 'none.ts',
      from: 'a',
      to: 'b',
      judge: asked[0]?.judge,
    }
    const { judge } = asked[0] ?? expect.fail('there is no mutant')
    for (const text of ['', 'c', 'a a'])
      expect(() => mutated(text, { ...planted, judge })).toThrow(/exactly once/)
    expect(mutated('c a d', { ...planted, judge })).toBe('c b d')
  })

  test('names judges that there are, and that let the original go', () => {
    for (const mutant of asked) {
      const { judge, name } = mutant
      const entry = entryOf(mutant)
      switch (judge.by) {
        case 'conformance':
          expect(caseThat(judge.begins).appliesTo?.when(entry), name).not.toBe(false)
          break
        case 'explorer':
          expect(inapplicable(scenarioNamed(judge.scenario), entry), name).toBeUndefined()
          expect(expectedOf(entry, scenarioNamed(judge.scenario)), name).toBe('proved')
          break
        case 'workload':
          expect(workloadNamed(judge.workload).name).toBe(judge.workload)
      }
    }
  })

  test('is told in docs/mutants.md; `npm run mutants` writes it', () => {
    expect(mutantsTold()).toBe(mutantsToTell())
  })

  test('leaves no copy behind, whatever comes of it', async () => {
    const results = join(import.meta.dirname, '../../../results')
    const of = registry[0]?.name ?? ''
    let folder = ''
    const failing = withMutatedCopy(of, undefined, async () => {
      const before = readdirSync(results).filter((name) => name.startsWith('mutant-'))
      expect(before.length).toBeGreaterThan(0)
      folder = before.at(-1) ?? ''
      throw new Error('on purpose')
    })
    await expect(failing).rejects.toThrow('on purpose')
    expect(existsSync(join(results, folder))).toBe(false)
  })
})

function toldOf(judge: AskedJudge): string {
  switch (judge.by) {
    case 'conformance':
      return judge.begins
    case 'explorer':
      return `explore ${judge.scenario}`
    case 'workload':
      return `compare ${judge.workload}`
  }
}

describe(`mutants of the registry’s own sources, seed ${seed}`, {
  concurrent: true,
  timeout: PATIENCE_MS,
}, () => {
  for (const mutant of asked) {
    const { name, of, judge, isInSlice } = mutant
    const skip = opened.lacks(entryOf(mutant).engines)
    const options = { ...(isInSlice !== true && FULL), skip }
    test(`${name}, of ${of}: convicted by ${toldOf(judge)}`, options, async () => {
      const triesMax = judge.by === 'explorer' ? 1 : TRIES_MAX
      let why = ''
      for (let tries = 0; tries < triesMax; tries++) {
        const said = await tried(mutant, judge, {
          engines: opened.engines,
          seed: seed + tries,
          change: mutant,
        })
        if (said.isConvicted) return
        why = said.why
      }
      expect.fail(`${name} got away: ${why}`)
    })
  }
})

/** One of each kind; that the registry passes all of them is what other tests show. */
const unchanged = ['conformance', 'explorer', 'workload'].flatMap((kind) =>
  asked
    .filter(({ judge, isInSlice, of }) => judge.by === kind && isInSlice && of.startsWith('postgres'))
    .slice(0, 1),
)

describe('a copy without a change', { concurrent: true, timeout: PATIENCE_MS }, () => {
  test.for(unchanged)('of $of is not convicted: $judge.by', async ({ of, judge }) => {
    expect(await tried({ of }, judge, { engines: opened.engines, seed })).toMatchObject({
      isConvicted: false,
    })
  })
})
