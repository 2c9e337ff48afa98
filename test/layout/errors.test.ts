/** Goal: a reader of a code finds out what to do. Method: the table, the classes that carry its codes and the document are compared. */
import { describe, expect, it, test } from 'vitest'
import { EngineError } from '../../harness/engines/engine-error.ts'
import { UsageError } from '../../harness/entries/usage-error.ts'
import { errorCodeOf, errorCodes } from '../../harness/error-codes.ts'
import { SaveError } from '../../harness/save.ts'
import { errorClasses, errorClassesIn, errorsTold, errorsToTell } from './errors.ts'

/** Caught, and told in other words, before anybody sees them. */
const WITHIN = [
  'BodyOverError',
  'CannotTryError',
  'ClientDiedError',
  'ConformanceError',
  'FieldError',
  'ForeignReportError',
  'GroupFullError',
  'LackingError',
  'NoAnswerError',
  'NotApplicableError',
  'NotRepeatableError',
  'NotYetError',
  'Problem',
  'RecordingError',
  'ServiceAnswerError',
  'SharedMemoryError',
  'ShopkeeperError',
  'StandstillError',
  'StarvedError',
  'TooLargeError',
  'TooManyNamesError',
  'WireRefusal',
  'WorkerError',
]

test('docs/ERRORS.md tells every code (npm run errors)', () => {
  expect(errorsTold()).toBe(errorsToTell())
})

describe('a class of errors', () => {
  it('that users meet has a code, and no other', () => {
    const without = errorClasses.flatMap(({ name, code }) => (code === undefined ? [name] : []))
    expect(without.toSorted()).toEqual(WITHIN)
  })

  it('has a code of its own, and every code but that of the unexpected has a class', () => {
    const codes = errorClasses.flatMap(({ code }) => code ?? [])
    const all = Object.keys(errorCodes)
    const told = codes.flatMap((code) =>
      code.startsWith('engine-$') ? all.filter((each) => each.startsWith('engine-')) : [code],
    )
    expect(new Set([...told, 'unexpected'])).toEqual(new Set(all))
    expect(told).toHaveLength(all.length - 1)
  })

  it('without a code would be found', () => {
    const planted = [
      "export class LateError extends Error {\n  override readonly name = 'LateError'\n}\n",
      'export class BareError extends Error {}\n',
      "class TornError extends Error {\n  readonly code = 'torn'\n}\n",
    ]
    expect(errorClassesIn(planted)).toEqual([
      { name: 'LateError', code: undefined },
      { name: 'BareError', code: undefined },
      { name: 'TornError', code: 'torn' },
    ])
  })
})

describe('the code of what was thrown', () => {
  const missing = new EngineError({ engine: 'redis', problem: 'missing', message: 'none', remedy: 'one' })
  it.for([
    [new UsageError('no'), 'usage'],
    [new UsageError('--out: no', { cause: new SaveError('no') }), 'not-saved'],
    [new SaveError('no', { cause: Object.assign(new Error('full'), { code: 'ENOSPC' }) }), 'not-saved'],
    [missing, 'engine-missing'],
    [new Error('torn', { cause: 'a text' }), 'unexpected'],
    ['a text', 'unexpected'],
    [Object.assign(new Error('no'), { code: 'toString' }), 'unexpected'],
  ] as const)('%s is %s', ([thrown, code]) => {
    expect(errorCodeOf(thrown)).toBe(code)
  })
})
