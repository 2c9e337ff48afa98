/** Tells OpenTelemetry of each statement of a connection, in whichever way it is sent. */
import type pg from 'pg'
import type { Telemetry } from '../../telemetry.ts'
import { codeOf } from '../engine-error.ts'

type Told = (error: unknown, result: unknown) => void

export function observe(client: pg.PoolClient, telemetry: Telemetry): void {
  const query: unknown = client.query
  if (typeof query !== 'function') return
  const observed = function (this: unknown, ...asked: unknown[]): unknown {
    const ended = telemetry.statement('postgresql', textOf(asked[0]))
    const failed = (error: unknown) => ended(codeOf(error) ?? 'unknown')
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
