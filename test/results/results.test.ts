/**
 * Goal: what a run writes is read back whole, and what is no results file is refused in one sentence.
 * Method: values made from the schema itself, there and back; every field left out or given something else;
 * files of older versions.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { Check } from 'typebox/schema'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseResults } from '../../harness/results/parse.ts'
import { readResults } from '../../harness/results/read.ts'
import { type Results, ResultsSchema } from '../../harness/results/results.ts'
import { ResultsFileError } from '../../harness/results/results-file-error.ts'
import { choice, describes, object, optional, text } from '../../harness/results/schema.ts'
import { resultsText } from '../../harness/results/write.ts'
import { resultsOf } from '../report/fixture.ts'
import { hostileResults } from '../report/hostile.ts'
import { FULL } from '../size.ts'
import { type Field, fieldsOf, strict, valuesOf } from './shape.ts'

const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000)
const REFERENCE = path.resolve(import.meta.dirname, '../../docs/results/reference.json')
const VERSION_1 = path.join(import.meta.dirname, 'fixtures/version-1.json')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'holdfast-results-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** Written to a file, and read from it. */
async function thereAndBack(results: Results): Promise<Results> {
  const file = path.join(folder, 'there.json')
  await writeFile(file, resultsText(results))
  return await readResults(file)
}

const fields = fieldsOf(ResultsSchema)
/** A value in which every field is there, and the first item of every list. */
const whole = fc.sample(valuesOf(ResultsSchema, 'whole'), { numRuns: 1, seed })[0]

function sentenceFor(data: unknown): string {
  try {
    parseResults(data, 'it')
  } catch (error) {
    if (error instanceof ResultsFileError) return error.message
    throw error
  }
  return 'it was read'
}

/** A copy in which a field is something else, or gone. */
function changed({ path: steps }: Field, change: 'remove' | { readonly to: unknown }): unknown {
  const copy: unknown = structuredClone(whole)
  let place = copy
  for (const step of steps.slice(0, -1)) place = Reflect.get(Object(place), step)
  const last = steps.at(-1) ?? ''
  if (change === 'remove') Reflect.deleteProperty(Object(place), last)
  else Reflect.set(Object(place), last, change.to)
  return copy
}

describe(`results, seed ${seed}`, () => {
  it('come back as they were written, whatever the schema allows', async () => {
    const all = valuesOf(ResultsSchema).map((value) => parseResults(value, 'a value of the schema'))
    await fc.assert(
      fc.asyncProperty(all, async (results) => {
        expect(isDeepStrictEqual(await thereAndBack(results), results)).toBe(true)
      }),
      { seed, numRuns: 200 },
    )
  })

  it('come back with every field', async () => {
    expect(fields.length).toBeGreaterThan(150)
    const back = await thereAndBack(parseResults(whole, 'the whole'))
    expect(isDeepStrictEqual(back, whole)).toBe(true)
    for (const { path: steps } of fields) {
      let place: unknown = back
      for (const step of steps) place = Reflect.get(Object(place), step)
      expect(place, steps.join('.')).toBeDefined()
    }
  })

  it('come back as a run left them, its processes and its markup included', async () => {
    const reference = await readResults(REFERENCE)
    const [first] = reference.trials
    const played = { ...reference, trials: first === undefined ? [] : [{ ...first, processes: 3 }] }
    for (const results of [reference, played, resultsOf(), hostileResults()]) {
      expect(await thereAndBack(results)).toStrictEqual(results)
      expect(Check(strict(ResultsSchema), results)).toBe(true)
    }
  })

  it('keep what a newer writer has added', async () => {
    const [first] = resultsOf().trials
    const added = { ...resultsOf(), added: { later: true }, trials: [{ ...first, also: [1] }] }
    expect(parseResults(added, 'it')).toStrictEqual(added)
  })
})

describe('a file that is none', () => {
  const text = resultsText(resultsOf())
  it.for([
    ['empty', '', 'it is empty'],
    ['cut', text.slice(0, 5_000), 'it is incomplete'],
    ['no JSON', 'hello', 'it is not JSON'],
    ['of something else', '{}', 'is not a results file: format is missing: it must be "holdfast-results"'],
    ['a list', '[]', 'is not a results file: it must be an object, not an empty list'],
    ['null', 'null', 'is not a results file: it must be an object, not null'],
    [
      'less than nothing',
      text.replace('"repeat": 1', '"repeat": -1'),
      'trials.0.repeat must be a whole number from 0 to 9007199254740991, not -1',
    ],
    [
      'infinite',
      text.replace('"goodputPerSecond":', '"goodputPerSecond": 1e999, "x":'),
      'trials.0.goodputPerSecond must be a number of at least 0, not Infinity',
    ],
    [
      'without a moment',
      text.replace(/"startedAt": "[^"]+"/, '"startedAt": "yesterday"'),
      'startedAt must be a timestamp such as 2026-01-31T12:00:00.000Z, not "yesterday"',
    ],
    [
      'an engine without a name',
      text.replace('"name": "postgres"', '"name": 7'),
      'engines.0.name must be a string, not 7',
    ],
    [
      'a setting that is a number',
      text.replace('"synchronous_commit": "on"', '"synchronous\\ncommit": 1'),
      'engines.0.settings.synchronous commit must be a string, not 1',
    ],
  ] as const)('%s is refused in one sentence', async ([, content, why], { task }) => {
    const file = path.join(folder, `${task.id}.json`)
    await writeFile(file, content)
    const reading = readResults(file)
    await expect(reading).rejects.toThrow(ResultsFileError)
    await expect(reading).rejects.toThrow(why)
    await expect(reading).rejects.not.toThrow(/\n/)
  })

  it(
    'is refused for any field that is something else, and for any that is missing, by its path',
    FULL,
    () => {
      for (const field of fields) {
        const name = field.path.join('.')
        const sentence = sentenceFor(changed(field, { to: null }))
        expect(sentence.startsWith(`it is not a results file: ${name} must be `), sentence).toBe(true)
        expect(sentence).toMatch(/, not null$/)
        expect(sentence).not.toContain('something else')
        if (!field.isRequired) continue
        expect(sentenceFor(changed(field, 'remove'))).toContain(`: ${name} is missing: it must be `)
      }
    },
  )
})

/** What version 1 called otherwise. */
const FIGURES = { workInsideMs: 'criticalSectionMs', overheldUnits: 'overReservedUnits' }

function renameFigures(fields: Record<string, unknown>): void {
  for (const [older, now] of Object.entries(FIGURES)) {
    if (!(older in fields)) continue
    fields[now] = fields[older]
    delete fields[older]
  }
}

describe('a version', () => {
  it('before this one is read, and nothing of it is lost', async () => {
    const { format, ...older } = JSON.parse(await readFile(VERSION_1, 'utf8'))
    expect(format).toBe(1)
    renameFigures(older.settings)
    renameFigures(older.control)
    // What promises are called now, and the one that its strategies did not state.
    for (const trial of older.trials) {
      renameFigures(trial)
      const { refusedIds, unsafeUnder } = trial.promises
      trial.promises = {
        ...trial.promises,
        needsSession: false,
        batches: false,
        refusedIds: refusedIds === 'afresh' ? 'retryable' : refusedIds,
        unsafeUnder: unsafeUnder.map((fault: string) => (fault === 'engine-forgets' ? 'lost-writes' : fault)),
      }
    }
    expect(await readResults(VERSION_1)).toStrictEqual({ format: 'holdfast-results', version: 2, ...older })
  })

  it('of which a trial leaves out its critical section has that of the settings', async () => {
    const older = JSON.parse(await readFile(VERSION_1, 'utf8'))
    older.settings.workInsideMs = 7
    const [first, second] = older.trials
    delete first.workInsideMs
    second.workInsideMs = 0
    const { trials } = parseResults(older, 'it')
    expect(trials.slice(0, 2).map(({ criticalSectionMs }) => criticalSectionMs)).toEqual([7, 0])
  })

  it('before this one that is not whole is refused as any other is', async () => {
    const { settings: _, ...older } = JSON.parse(await readFile(VERSION_1, 'utf8'))
    expect(sentenceFor(older)).toBe('it is not a results file: settings is missing: it must be an object')
  })

  it.for([
    [{ version: 3 }, 'it is a results file of version 3, and this Holdfast reads versions 1 to 2: '],
    [{ version: 0 }, 'it is a results file of version 0, and this Holdfast reads versions 1 to 2: '],
    [{ version: '2' }, 'it is not a results file: version must be 2, not "2"'],
    [{ version: 1.5 }, 'it is not a results file: version must be 2, not 1.5'],
    [{ format: 'holdfast' }, 'it is not a results file: format must be "holdfast-results", not "holdfast"'],
    [{ format: 2 }, 'it is not a results file: format must be "holdfast-results", not 2'],
  ] as const)('that is not read is named, and what to do is said: %j', ([change, sentence]) => {
    expect(sentenceFor({ ...resultsOf(), ...change })).toContain(sentence)
  })

  it('that is newer says where to read it', () => {
    expect(sentenceFor({ format: 'holdfast-results', version: 9 })).toMatch(
      /: read it with the Holdfast that wrote it, or make the run again with this one$/,
    )
  })
})

describe('a schema of a type that another room owns', () => {
  interface Owned {
    readonly name: string
    readonly note?: string
    readonly kind: 'a' | 'b'
  }

  it('compiles only where it is that very type', () => {
    const name = text
    const kind = choice('a', 'b')
    const note = optional(text)
    describes<Owned>()(object({ name, note, kind }))
    // @ts-expect-error: an optional field is missing
    describes<Owned>()(object({ name, kind }))
    // @ts-expect-error: a field is not of the type
    describes<Owned>()(object({ name, note, kind, more: note }))
    // @ts-expect-error: a value is missing
    describes<Owned>()(object({ name, note, kind: choice('a') }))
    // @ts-expect-error: what may be absent is not
    describes<Owned>()(object({ name, note: text, kind }))
  })
})
