/** Expectations whose failures are one sentence. They need no test runner. */
import { inspect } from 'node:util'

const SHOWN_CHARACTERS_MAX = 300

/** The strategy violated the contract. */
export class ConformanceError extends Error {
  override readonly name = 'ConformanceError'
}

/** A case cannot be run with this strategy on these engines, which says nothing about the strategy. */
export class NotApplicableError extends Error {
  override readonly name = 'NotApplicableError'
}

export interface Expectation {
  /** Deep equality; undefined properties count as absent. */
  equals(expected: unknown): void
  /** Deep equality of the properties that `expected` has. */
  matches(expected: unknown): void
  isAtLeast(least: number): void
  isAtMost(most: number): void
}

/** `what` begins the sentence: "one more hold: expected …, found …". */
export function expectThat(what: string, found: unknown): Expectation {
  const unless = (isMet: boolean, expected: string): void => {
    if (!isMet) throw new ConformanceError(`${what}: expected ${expected}, found ${shown(found)}`)
  }
  return {
    equals: (expected) => unless(covers(found, expected) && covers(expected, found), shown(expected)),
    matches: (expected) => unless(covers(found, expected), shown(expected)),
    isAtLeast: (least) => unless(typeof found === 'number' && found >= least, `at least ${least}`),
    isAtMost: (most) => unless(typeof found === 'number' && found <= most, `at most ${most}`),
  }
}

/** Expects a call to throw an error of this class. */
export async function expectThrown(
  what: string,
  call: Promise<unknown>,
  kind: new (...args: never[]) => Error,
): Promise<void> {
  const settled = await call.then(
    (value: unknown) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if ('value' in settled)
    throw new ConformanceError(`${what}: expected ${kind.name} to be thrown, found ${shown(settled.value)}`)
  if (!(settled.error instanceof kind)) {
    throw new ConformanceError(
      `${what}: expected ${kind.name} to be thrown, but ${shown(settled.error)} was`,
      { cause: settled.error },
    )
  }
}

/** A promise that is awaited later, or never if something before that fails. */
export function begun<T>(call: Promise<T>): Promise<T> {
  call.catch(() => undefined)
  return call
}

/** Whether every property of `part` is found, with an equal value. */
function covers(found: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return Object.is(found, part)
  if (typeof found !== 'object' || found === null) return false
  if (Array.isArray(part) !== Array.isArray(found)) return false
  if (Array.isArray(part) && Array.isArray(found) && part.length !== found.length) return false
  return Object.entries(part).every(([key, value]) => covers(Reflect.get(found, key), value))
}

function shown(value: unknown): string {
  const text =
    value instanceof Error
      ? `${value.name}: ${value.message}`
      : inspect(value, { depth: 5, breakLength: Number.POSITIVE_INFINITY })
  return text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}…` : text
}
