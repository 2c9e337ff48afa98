/** Tells OpenTelemetry of each command of a client, in whichever way it is sent: those of a pipeline, too. */
import type { Redis } from 'ioredis'
import { type OperationFailure, openTelemetry, type Telemetry } from '../../telemetry.ts'
import { codeOf } from '../engine-error.ts'

type SendCommand = Redis['sendCommand']
type Command = Parameters<SendCommand>[0]

/** Changes the client where the process has registered an SDK, and returns it. */
export function observedRedis(client: Redis, telemetry: Telemetry | undefined = openTelemetry()): Redis {
  if (telemetry === undefined) return client
  const send = client.sendCommand
  const observed = function (this: Redis, ...sent: Parameters<SendCommand>): ReturnType<SendCommand> {
    const [command] = sent
    const name = command.name.toUpperCase()
    const ended = telemetry.operation({ system: 'redis', name, text: textOf(name, command) })
    const answer = Reflect.apply(send, this, sent)
    Promise.resolve(answer as unknown).then(
      () => ended(),
      (error: unknown) => ended(failureOf(error)),
    )
    return answer
  }
  return Object.assign(client, { sendCommand: observed })
}

/** As its command line would be, without keys and values. */
function textOf(name: string, { args }: Command): string {
  return [name, ...args.map(() => '?')].join(' ')
}

/** The server's answer begins with its code: WRONGTYPE, NOSCRIPT, READONLY. */
function failureOf(error: unknown): OperationFailure {
  if (!(error instanceof Error)) return { type: 'unknown' }
  const code = error.name === 'ReplyError' ? /^[A-Z]+(?= )/.exec(error.message)?.[0] : undefined
  return { type: code ?? codeOf(error) ?? error.name, ...(code !== undefined && { code }) }
}
