/** Goal: what is missing is neither overlooked nor blamed on the wrong one. Method: the few shapes that it can have. */
import { describe, expect, it } from 'vitest'
import { dispensable, printNotProven } from '../../cli/not-proven.ts'

function told(all: Parameters<typeof printNotProven>[1]): string {
  let text = ''
  const sink = {
    write: (more: string) => {
      text += more
    },
    paint: (_tone: string, words: string) => words,
    isTerminal: false,
    columns: 80,
  }
  printNotProven(sink, all)
  return text
}

describe('what was not proven', () => {
  it('is told once for all that lack the same, with what fixes it', () => {
    const gone = { why: 'redis is gone', remedy: 'find it', code: 'engine-missing' }
    expect(
      told([
        { strategy: 'a', ...gone },
        { strategy: 'b', why: 'it threw', remedy: '' },
        { strategy: 'c', ...gone },
      ]),
    ).toBe(
      '\nNOT PROVEN: a, c\n  redis is gone [engine-missing]\n  To fix it: find it\n\nNOT PROVEN: b\n  it threw\n',
    )
  })

  it('is nothing to tell where everything was', () => {
    expect(told([])).toBe('')
  })
})

describe('an engine that is not there', () => {
  const missing = [{ name: 'postgres' }, { name: 'redis' }, { name: 'tigerbeetle' }] as const

  it('can be done without, unless it is PostgreSQL or somebody insists on it', () => {
    expect(dispensable(missing, {})).toEqual(['redis', 'tigerbeetle'])
    expect(dispensable(missing, { REQUIRE_ENGINES: 'redis' })).toEqual(['tigerbeetle'])
    expect(dispensable(missing, { REQUIRE_ENGINES: 'redis, tigerbeetle' })).toEqual([])
  })
})
