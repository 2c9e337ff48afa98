/** Goal: an interrupted study goes on where it was, and never mixes two states of the program. Method: files cut short. */
import { appendFile, mkdtemp, readFile, rm, truncate } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { KeptTrials } from '../../experiments/kept-trials.ts'
import { trialOf } from '../report/fixture.ts'

const UNDER = {
  seed: 1,
  commit: 'abc',
  machine: { cores: 2 },
  engines: [{ name: 'postgres', version: '18' }],
}
const order = (repeat: number) => ({
  workload: 'hot-seat',
  concurrency: 8,
  durationMs: 1_000,
  poolSize: 16,
  criticalSectionMs: 0,
  repeat,
})
const trial = (repeat: number) =>
  trialOf({ strategy: 'a', workload: 'hot-seat', concurrency: 8, repeat, goodputPerSecond: 50 + repeat })

let folder = ''
let file = ''
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'holdfast-kept-'))
  file = path.join(folder, 'kept.jsonl')
})
afterEach(() => rm(folder, { recursive: true }))

it('returns what was kept, under the same conditions alone', async () => {
  const kept = await KeptTrials.open(file, UNDER)
  await kept.keep('a', order(1), trial(1))
  const again = await KeptTrials.open(file, UNDER)
  expect(again.get('a', order(1))).toEqual(trial(1))
  expect(again.get('a', order(2))).toBeUndefined()
  expect(again.get('b', order(1))).toBeUndefined()
  expect(again.get('a', { ...order(1), poolSize: 200 })).toBeUndefined()
  expect(again.get('a', { ...order(1), networkLatencyMs: 1 })).toBeUndefined()
})

it('loses only the trial whose line was cut short, wherever it was cut', async () => {
  const kept = await KeptTrials.open(file, UNDER)
  await kept.keep('a', order(1), trial(1))
  const whole = (await readFile(file)).length
  await kept.keep('a', order(2), trial(2))
  const all = (await readFile(file)).length
  for (const length of [whole + 1, whole + 20, all - 1]) {
    await truncate(file, length)
    const after = await KeptTrials.open(file, UNDER)
    expect(after.get('a', order(1))).toEqual(trial(1))
    expect(after.get('a', order(2))).toBeUndefined()
    // What is kept next does not join the torn line.
    await after.keep('a', order(2), trial(2))
    expect((await KeptTrials.open(file, UNDER)).get('a', order(2))).toEqual(trial(2))
  }
})

it.each([
  { what: 'another commit', under: { ...UNDER, commit: 'def' } },
  { what: 'another seed', under: { ...UNDER, seed: 2 } },
  { what: 'another engine', under: { ...UNDER, engines: [{ name: 'postgres', version: '17' }] } },
])('begins again with $what', async ({ under }) => {
  const kept = await KeptTrials.open(file, UNDER)
  await kept.keep('a', order(1), trial(1))
  expect((await KeptTrials.open(file, under)).get('a', order(1))).toBeUndefined()
})

it('takes a file of something else for no trials', async () => {
  await appendFile(file, 'not of this program')
  expect((await KeptTrials.open(file, UNDER)).count).toBe(0)
})
