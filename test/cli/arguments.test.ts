/**
 * Goal: what is typed is either read as meant or refused with the bounds, never half understood.
 * Method: examples for each form, and generated ones for what must hold of all.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CONCURRENCY,
  DURATION_MS,
  formatDuration,
  parseDurationMs,
  parseList,
  parseWhole,
  parseWholeList,
  SEED,
} from '../../cli/arguments.ts'
import { programName, quoted } from '../../cli/context.ts'
import { requireReadable } from '../../cli/history-file.ts'
import { COMMANDS } from '../../cli/main.ts'
import { networkLatencyMsOf } from '../../cli/options.ts'
import { editDistance, nearest, unknownName } from '../../harness/entries/did-you-mean.ts'
import { loadOwnStrategy } from '../../harness/entries/own-strategy.ts'
import { UsageError } from '../../harness/entries/usage-error.ts'
import { contextWith } from './context.ts'

const ANY = { min: 0, max: Number.MAX_SAFE_INTEGER }

describe('durations', () => {
  it.for([
    ['500ms', 500],
    ['5s', 5000],
    ['2m', 120_000],
    ['1.5s', 1500],
    [' 1s ', 1000],
    ['0', 0],
  ] as const)('reads %s', ([text, ms]) => {
    expect(parseDurationMs(text, '--duration', ANY)).toBe(ms)
  })

  it.for(['', '5', '-1s', '1h', '1e3ms', 's', '1.s', 'NaN', '1 s', '1s2m', '0x10ms'])(
    'refuses "%s"',
    (text) => {
      expect(() => parseDurationMs(text, '--duration', ANY)).toThrow(UsageError)
    },
  )

  it('reads back whatever it formats', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: DURATION_MS.max }), (ms) => {
        expect(parseDurationMs(formatDuration(ms), 'it', ANY)).toBe(ms)
      }),
    )
  })

  it('names its bounds when they are crossed', () => {
    expect(() => parseDurationMs('99ms', '--duration', DURATION_MS)).toThrow('from 100ms to 60m')
    expect(() => parseDurationMs('61m', '--duration', DURATION_MS)).toThrow(UsageError)
  })
})

describe('network latency', () => {
  it.for([
    [undefined, undefined],
    ['0', undefined],
    ['0ms', undefined],
    ['1ms', 1],
    ['0.25s', 250],
  ] as const)('reads %s', ([text, ms]) => {
    expect(networkLatencyMsOf(text)).toBe(ms)
  })

  it.for([
    ['1', '--network-latency must be a duration such as 500ms, 5s or 2m, not "1"'],
    ['-1ms', '--network-latency must be a duration such as 500ms, 5s or 2m, not "-1ms"'],
    ['2s', '--network-latency must be from 0ms to 1s, not 2s'],
    ['0.4ms', '--network-latency must be in whole milliseconds, not 0.4ms'],
  ] as const)('refuses %s in one sentence', ([text, sentence]) => {
    expect(() => networkLatencyMsOf(text)).toThrow(new UsageError(sentence))
  })
})

describe('whole numbers', () => {
  it('reads every number within the bounds and none beyond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: SEED.max }), (number) => {
        expect(parseWhole(String(number), '--seed', SEED)).toBe(number)
        expect(() => parseWhole(String(number + SEED.max + 1), '--seed', SEED)).toThrow(UsageError)
      }),
    )
  })

  it('never gives a number outside the bounds, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          const number = parseWhole(text, 'it', CONCURRENCY)
          expect(Number.isInteger(number) && number >= CONCURRENCY.min && number <= CONCURRENCY.max).toBe(
            true,
          )
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError)
        }
      }),
    )
  })

  it.for(['', ' ', '-1', '+1', '1.0', '1e3', '0x10', '١', '1_000', 'Infinity'])('refuses "%s"', (text) => {
    expect(() => parseWhole(text, 'it', ANY)).toThrow(UsageError)
  })

  it('sorts a list and drops repeats', () => {
    expect(parseWholeList('32,1, 8,32', '--concurrency', CONCURRENCY)).toEqual([1, 8, 32])
  })
})

describe('lists', () => {
  it('keeps the order and drops repeats', () => {
    expect(parseList('b, a,b', 'it')).toEqual(['b', 'a'])
  })

  it.for(['', ',', 'a,', 'a,,b'])('refuses the empty item in "%s"', (text) => {
    expect(() => parseList(text, 'it')).toThrow(UsageError)
  })
})

describe('did you mean', () => {
  const KNOWN = ['postgres-naive', 'postgres-nowait', 'postgres-skip-locked', 'hot-seat']

  it('finds what was nearly typed', () => {
    expect(nearest('postgres-naiv', KNOWN)).toBe('postgres-naive')
    expect(nearest('hotseat', KNOWN)).toBe('hot-seat')
    expect(nearest('nowait', KNOWN)).toBe('postgres-nowait')
    expect(nearest('Skip', KNOWN)).toBe('postgres-skip-locked')
  })

  it('does not guess', () => {
    expect(nearest('redis', KNOWN)).toBeUndefined()
    expect(unknownName('strategy', 'redis', KNOWN)).toContain('there are postgres-naive')
  })

  it('measures a distance: symmetric, zero only between equals, at most the longer length', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        const distance = editDistance(a, b)
        expect(distance).toBe(editDistance(b, a))
        expect(distance === 0).toBe(a === b)
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length))
      }),
    )
  })
})

describe('what cannot be used is told in one sentence', () => {
  it('of a file that is no module', async () => {
    for (const file of ['README.md', 'package.json'])
      await expect(loadOwnStrategy(file)).rejects.toThrow(
        new UsageError(
          `${file} is no strategy: that is a module in TypeScript or JavaScript (.ts, .mts, .js, .mjs)`,
        ),
      )
  })

  it('of a history without a byte', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-empty-'))
    const file = path.join(folder, 'history.jsonl')
    await writeFile(file, '')
    const refusal = new UsageError(`${file} is empty: there is no history in it`)
    await expect(requireReadable(file)).rejects.toThrow(refusal)
    await rm(folder, { recursive: true })
  })

  it('of a comparison that is to be quick', async () => {
    const command = await COMMANDS.compare(contextWith())
    const refusal = expect(command.parseAsync(['--quick'], { from: 'user' })).rejects
    await refusal.toThrow(/^compare has no --quick: --duration 500ms makes each trial short, and [^\n]*$/)
    expect(command.helpInformation()).not.toContain('--quick')
  })
})

describe('a command to type again', () => {
  it('quotes only what a shell would take apart', () => {
    expect(['--seed', 'a b', "it's", './mine.ts', '$x'].map(quoted)).toEqual([
      '--seed',
      "'a b'",
      "'it'\\''s'",
      './mine.ts',
      "'$x'",
    ])
  })

  it.for([
    ['/home/me/holdfast/bin/holdfast.js', '/home/me/holdfast', {}, 'node bin/holdfast.js'],
    ['/home/me/holdfast/bin/holdfast.js', '/home/me/app', {}, 'node /home/me/holdfast/bin/holdfast.js'],
    ['/home/me/a b/bin/holdfast.js', '/home/me', {}, "node 'a b/bin/holdfast.js'"],
    ['/home/me/app/node_modules/.bin/holdfast', '/home/me/app', {}, 'npx holdfast'],
    ['/home/me/holdfast/bin/holdfast.js', '/home/me/holdfast', { script: 'npx' }, 'npx holdfast'],
    ['/home/me/holdfast/bin/holdfast.js', '/home/me/holdfast', { script: 'holdfast' }, 'npm run holdfast --'],
    ['/home/me/holdfast/bin/holdfast.js', '/home/me/holdfast', { script: 'load' }, 'node bin/holdfast.js'],
    ['/usr/bin/holdfast', '/home/me', {}, 'holdfast'],
  ] as const)('names %s as it was called in %s with %j', ([starter, cwd, how, name]) => {
    const { script } = { script: undefined, ...how }
    const env = script === undefined ? {} : { npm_lifecycle_event: script, npm_package_name: 'holdfast' }
    expect(programName(starter, cwd, env)).toBe(name)
  })
})
