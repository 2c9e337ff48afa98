/**
 * Goal: what is published of a volume was run, and bounds what it says. Method: the page against its data; seeds, bounds and
 * merging by themselves.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { type PublishedVolume, volumePage } from '../../harness/benchmarks/volume/document.ts'
import {
  boundOf,
  mergedVolume,
  seedsOf,
  VolumeError,
  type VolumeRun,
  type VolumeTrial,
  volumesOf,
} from '../../harness/benchmarks/volume/records.ts'

const DOCS = path.resolve(import.meta.dirname, '../../docs')
const DATA = path.join(DOCS, 'results/volume.json')

const trial = (seed: number, more: Partial<VolumeTrial> = {}): VolumeTrial => ({
  strategy: 'a',
  workload: 'drain',
  seed,
  operations: 100,
  verdict: 'valid',
  sha256: `hash ${seed}`,
  ...more,
})

const run = (trials: readonly VolumeTrial[], more: Partial<VolumeRun> = {}): VolumeRun => ({
  commit: 'abc',
  machine: 'one',
  engines: ['PostgreSQL 18.4'],
  at: '2026-01-01T00:00:00.000Z',
  control: { strategy: 'postgres-naive', caught: true },
  trials,
  ...more,
})

test.skipIf(!existsSync(DATA))('the page is current: npm run volume -- --publish fixes it', () => {
  const volume = JSON.parse(readFileSync(DATA, 'utf8')) as PublishedVolume
  expect(readFileSync(path.join(DOCS, 'volume.md'), 'utf8')).toBe(volumePage(volume))
  expect(
    volume.trials.every(({ sha256, verdict }) => verdict !== 'valid' || /^[0-9a-f]{64}$/.test(sha256)),
  ).toBe(true)
})

test('ten million operations without a violation bound the rate by 3e-7', () => {
  expect(boundOf(10_000_000)).toBeCloseTo(3e-7, 8)
  expect(boundOf(0)).toBe(1)
  // One in twenty would see none at this rate.
  expect((1 - boundOf(1_000)) ** 1_000).toBeCloseTo(0.05, 6)
})

test('the shards of a run have all seeds, each once', () => {
  const first = (index: number) => {
    const seeds = seedsOf({ index, of: 3 })
    return Array.from({ length: 4 }, () => Number(seeds.next().value))
  }
  expect([1, 2, 3].flatMap(first).toSorted((one, other) => one - other)).toEqual(
    Array.from({ length: 12 }, (_, at) => at + 1),
  )
})

test('what was unknown or convicted counts for nothing, and is told', () => {
  const [volume] = volumesOf([
    trial(1),
    trial(2, { verdict: 'unknown' }),
    trial(3, { verdict: 'invalid' }),
    trial(4),
  ])
  expect(volume).toMatchObject({ operations: 200, invalid: 1, unknown: 1, trials: 4 })
})

describe('runs', () => {
  test('of several machines are one', () => {
    const volume = mergedVolume([
      ['one', run([trial(1)])],
      ['other', run([trial(2)], { machine: 'two' })],
    ])
    expect(volume).toMatchObject({ machines: ['one', 'two'], trials: [{ seed: 1 }, { seed: 2 }] })
    expect(volumePage(volume)).toContain('| a | 2 | 200 | 0 | 0 | 1.5e-2 |')
  })

  test.for<readonly [string, VolumeRun, RegExp]>([
    ['of another commit', run([trial(2)], { commit: 'def' }), /^one is of commit abc and other of def/],
    [
      'on another engine',
      run([trial(2)], { engines: ['PostgreSQL 17'] }),
      /^one ran PostgreSQL 18.4 and other/,
    ],
    ['with a trial that is there', run([trial(1)]), /both have a drain 1/],
    ['without a control', run([trial(2)], { control: { strategy: 'n', caught: false } }), /control of other/],
  ])('%s are refused', ([, other, says]) => {
    const both = [
      ['one', run([trial(1)])],
      ['other', other],
    ] as const
    expect(() => mergedVolume(both)).toThrow(VolumeError)
    expect(() => mergedVolume(both)).toThrow(says)
  })
})
