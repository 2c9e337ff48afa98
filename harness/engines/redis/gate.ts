/** An ioredis client whose every command passes a gate. */
import type { Redis } from 'ioredis'
import type { Gate } from '../engine.ts'
import { plain } from '../wording.ts'
import { questionOf, saidBy, shapeOf, textOf } from './told.ts'
import { touchedBy } from './touch.ts'

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

/** The client itself is left as it is: its own events still find it. */
export function gatedRedis(client: Redis, gate: Gate, node: Node): Redis {
  const doors: Readonly<Record<string, unknown>> = {
    sendCommand: (command: Command, ...more: unknown[]) =>
      passed(command, gate, node, {
        prefix: client.options.keyPrefix ?? '',
        send: () => Reflect.apply(client.sendCommand, client, [command, ...more]),
      }),
    // Another connection of the strategy's own is another way to the same server.
    duplicate: (options?: Parameters<Redis['duplicate']>[0]) =>
      gatedRedis(
        gate.openBehind(() => client.duplicate(options)),
        gate,
        node,
      ),
  }
  return new Proxy(client, {
    get: (target, name, receiver) =>
      typeof name === 'string' && Object.hasOwn(doors, name)
        ? doors[name]
        : Reflect.get(target, name, receiver),
  })
}

function passed(
  command: Command,
  gate: Gate,
  { name, onSent }: Node,
  { prefix, send }: { readonly prefix: string; readonly send: () => unknown },
): unknown {
  const own = (argument: unknown) => withoutPrefix(String(argument), prefix)
  const told = { name: command.name, args: command.args.map(own), keys: command.getKeys().map(own) }
  const caller = { resolve: command.resolve, reject: command.reject }
  gate
    .pass({
      store: 'redis',
      text: name + textOf(told),
      shape: name + shapeOf(told),
      question: name + questionOf(told),
      send() {
        for (const argument of command.args) onSent(String(argument))
        return answerTo(command, send)
      },
      tell: saidBy,
      // As every run has them: what was seen of a step in one run is used in another.
      touched: () => [touchedBy(told.name, told.keys.map(plain))],
      isRefusal: (answer) => answer === null || answer === 0,
    })
    .then(
      (answer) => caller.resolve(answer),
      (error: unknown) => caller.reject(error instanceof Error ? error : new Error(String(error))),
    )
  return command.promise
}

/**
 * Sends a command and settles with the server's own answer. The library would tell whoever called at once;
 * here they are told when the gate says so, and not before the scheduler knows of the answer.
 */
function answerTo(command: Command, send: () => unknown): Promise<unknown> {
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
