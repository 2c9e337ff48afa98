/** Tells OpenTelemetry of each statement of a connection, in whichever way it is sent. */
import type pg from 'pg'
import type { OperationFailure, Telemetry } from '../../telemetry.ts'
import { codeOf } from '../engine-error.ts'

type Told = (error: unknown, result: unknown) => void

export function observe(client: pg.PoolClient, telemetry: Telemetry): void {
  const query: unknown = client.query
  if (typeof query !== 'function') return
  const observed = function (this: unknown, ...asked: unknown[]): unknown {
    const text = textOf(asked[0])
    const name = /^\s*(\w+)/.exec(text)?.[1]?.toUpperCase() ?? 'QUERY'
    const ended = telemetry.operation({ system: 'postgresql', name, text })
    const failed = (error: unknown) => ended(failureOf(error))
    const told = asked.at(-1)
    if (typeof told === 'function') {
      const callback: Told = (error, result) => {
        if (error === null || error === undefined) ended()
        else failed(error)
        ;(told as Told)(error, result)
      }
      return Reflect.apply(query, this, [...asked.slice(0, -1), callback])
    }
    const answer: unknown = Reflect.apply(query, this, asked)
    if (answer instanceof Promise) answer.then(() => ended(), failed)
    return answer
  }
  Object.assign(client, { query: observed })
}

function textOf(asked: unknown): string {
  if (typeof asked === 'string') return asked
  return typeof asked === 'object' && asked !== null && 'text' in asked ? String(asked.text) : ''
}

/** A code of five characters is an SQLSTATE; any other is the system's, of a connection that broke. */
function failureOf(error: unknown): OperationFailure {
  const type = codeOf(error) ?? (error instanceof Error ? error.name : 'unknown')
  return { type, ...(/^[0-9A-Z]{5}$/.test(type) && { code: type }) }
}
