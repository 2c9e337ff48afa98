/** Describes the first invalid field of data: its path, what was expected, and what was found. */
import { Errors } from 'typebox/schema'
import { oneLine } from '../errors.ts'

const SHOWN_MAX = 60

/** The parts of JSON Schema that are described here. */
interface Described {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly format?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly maxItems?: number
}

/** A clause. The data must be invalid. */
export function firstProblem(schema: object, data: unknown): string {
  const [, [error]] = Errors(schema, data)
  if (error === undefined) return 'it does not fit its schema'
  const place = stepsOf(error.instancePath)
  const schemaPlace = stepsOf(error.schemaPath.replace(/^#/, ''))
  if (error.keyword === 'required') {
    const [missing = ''] = error.params.requiredProperties
    const field = at(schema, [...schemaPlace, 'properties', missing])
    return `${pathOf([...place, missing])} is missing: it must be ${expected(field)}`
  }
  const subject = place.length === 0 ? 'it' : pathOf(place)
  return `${subject} must be ${expected(at(schema, schemaPlace))}, not ${shown(at(data, place))}`
}

/** The expected value, with an article. */
function expected(schema: unknown): string {
  if (typeof schema !== 'object' || schema === null) return 'something else'
  const described: Described = schema
  if (described.const !== undefined) return JSON.stringify(described.const)
  if (described.enum !== undefined) {
    return `one of ${described.enum.map((value) => JSON.stringify(value)).join(', ')}`
  }
  switch (described.type) {
    case 'string':
      return described.format === 'date-time' ? 'a timestamp such as 2026-01-31T12:00:00.000Z' : 'a string'
    case 'integer':
      return `a whole number${bound(described)}`
    case 'number':
      return `a number${bound(described)}`
    case 'boolean':
      return 'true or false'
    case 'array':
      return described.maxItems === undefined ? 'a list' : `a list of at most ${described.maxItems}`
    case 'object':
      return 'an object'
    default:
      return 'something else'
  }
}

function bound({ minimum, maximum, exclusiveMinimum }: Described): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  if (minimum !== undefined) return ` of at least ${minimum}`
  return exclusiveMinimum === undefined ? '' : ` above ${exclusiveMinimum}`
}

/** The found value, on one line. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  // JSON has no infinite number, but reads one that is too large as such.
  return oneLine(typeof value === 'number' ? String(value) : JSON.stringify(value), SHOWN_MAX)
}

function pathOf(steps: readonly string[]): string {
  return oneLine(steps.join('.'), SHOWN_MAX)
}

/** The steps of a JSON Pointer. */
function stepsOf(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function at(value: unknown, steps: readonly string[]): unknown {
  let found: unknown = value
  for (const step of steps) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined
    found = Reflect.get(found, step)
  }
  return found
}
