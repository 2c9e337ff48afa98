/** An ioredis client whose every command passes a gate. */
import type { Redis } from 'ioredis'
import type { Gate } from '../engine.ts'
import { errorOf, plain } from '../wording.ts'
import { touching } from './touch.ts'

/** The one door through which every command of an ioredis client leaves it. */
type SendCommand = Redis['sendCommand']
type Command = Parameters<SendCommand>[0]

/** What there is to know of a node besides its client. */
export interface Node {
  /** Tells one node from another for a reader; empty where there is one. */
  readonly name: string
  /** Told of everything that is sent: whoever said a token has the lease that holds it. */
  onSent(argument: string): void
}

export function gatedRedis(client: Redis, gate: Gate, { name, onSent }: Node): Redis {
  const prefix = client.options.keyPrefix ?? ''
  const gated: Redis = Object.create(client)
  const sendCommand = (command: Command, ...more: unknown[]): unknown => {
    // As every run has them: what was seen of a step in one run is used in another.
    const keys = command.getKeys().map((key) => plain(withoutPrefix(String(key), prefix)))
    const caller = { resolve: command.resolve, reject: command.reject }
    gate
      .pass({
        store: 'redis',
        text: `${name}${textOf(command, prefix)}`,
        send() {
          for (const argument of command.args) onSent(String(argument))
          return sent(command, () => Reflect.apply(client.sendCommand, client, [command, ...more]))
        },
        tell: saidBy,
        touched: () => [touching(keys)],
        isRefusal: (answer) => answer === null || answer === 0,
      })
      .then(
        (answer) => caller.resolve(answer),
        (error: unknown) => caller.reject(error instanceof Error ? error : new Error(String(error))),
      )
    return command.promise
  }
  Object.defineProperty(gated, 'sendCommand', { value: sendCommand })
  return gated
}

/**
 * Sends a command and settles with the server's own answer. The library would tell whoever called at once;
 * here they are told when the gate says so, and not before the scheduler knows of the answer.
 */
function sent(command: Command, send: () => unknown): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  command.resolve = (answer) => {
    resolve(answer)
    return command.promise
  }
  command.reject = reject
  send()
  return promise
}

function withoutPrefix(key: string, prefix: string): string {
  return key.startsWith(prefix) ? key.slice(prefix.length) : key
}

/** A script's text says nothing on one line: it is told by its keys and arguments. */
function textOf(command: Command, prefix: string): string {
  const [first, ...rest] = command.args.map((argument) => withoutPrefix(String(argument), prefix))
  const isScript = /^eval(sha)?$/i.test(command.name)
  const words = isScript ? ['script', ...rest.slice(1)] : [command.name.toUpperCase(), first ?? '', ...rest]
  return plain(words.join(' ').replaceAll(/\s+/g, ' ').trim())
}

function saidBy(answer: unknown): string {
  if (answer instanceof Error) return errorOf(answer)
  if (answer === null) return 'nil'
  if (Array.isArray(answer)) return plain(answer.map((each) => told(each)).join(' '))
  return told(answer)
}

/** Times differ in every run and are left out. */
function told(value: unknown): string {
  const text = plain(String(value))
  return /^\d{13,}$/.test(text) ? 'a deadline' : text
}
