/**
 * The service's log: one JSON object a line, without credentials. A request is logged by its route, never by
 * its URL, which may contain a hold's id.
 */
import type { FastifyBaseLogger } from 'fastify'
import { type Level, pino } from 'pino'

export type ServiceLog = FastifyBaseLogger

/** From least to most verbose; `info` logs starts and ends, `debug` each request. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** The destination of the lines. */
export interface LogSink {
  write(line: string): unknown
}

/** The least severe level that is written. */
export function serviceLog(level: LogLevel, sink: LogSink): ServiceLog {
  return pino(
    { level: level as Level, base: { pid: process.pid } },
    { write: (line) => void sink.write(line) },
  )
}
