/** Goal: whatever is thrown can be told in a line. Method: the shapes that engines and drivers throw. */
import { describe, expect, it } from 'vitest'
import { oneLine, reasonOf } from '../harness/errors.ts'

describe('the reason of an error', () => {
  it('is its first line, without the full stop that would end the sentence around it', () => {
    expect(reasonOf(new Error('a\nb'))).toBe('a')
    expect(reasonOf(new Error('\n  no such host. \n at …'))).toBe('no such host')
    expect(reasonOf('thrown as text')).toBe('thrown as text')
  })

  it('is its name where it has no message', () => {
    expect(reasonOf(new TypeError(''))).toBe('TypeError')
  })

  it('is that of each where several failed together', () => {
    expect(reasonOf(new AggregateError([new Error('one.'), new Error('two\n…')]))).toBe('one; two')
  })
})

describe('a text in one line', () => {
  it('has no line breaks left, and no end where it is too long', () => {
    expect(oneLine('a\n  b')).toBe('a b')
    expect(oneLine('x'.repeat(1000))).toBe(`${'x'.repeat(300)}…`)
    expect(oneLine('abcdef', 3)).toBe('abc…')
  })
})
