/**
 * What the service logs for its operator: one JSON object a line. Nothing in it is a credential: of
 * a request it has the route, never the URL, since a hold's id is in that.
 */
import type { FastifyBaseLogger } from 'fastify'
import { type Level, pino } from 'pino'

export type ServiceLog = FastifyBaseLogger

/** From least to most; `info` tells of starts and ends, `debug` of each request. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Where lines go. */
export interface LogSink {
  write(line: string): unknown
}

/** Writes lines of this level and above. */
export function serviceLog(level: LogLevel, sink: LogSink): ServiceLog {
  return pino(
    { level: level as Level, base: { pid: process.pid } },
    { write: (line) => void sink.write(line) },
  )
}

/** A log that discards everything. */
export const silentLog: ServiceLog = pino({ level: 'silent' })
