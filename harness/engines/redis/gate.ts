/** An ioredis client whose every command passes a gate. */
import type { Redis } from 'ioredis'
import type { Gate, ScriptNames } from '../engine.ts'
import { plain } from '../wording.ts'
import { questionOf, saidByScript, scriptOf, shapeOf, textOf } from './told.ts'
import { keysOf, touchedBy } from './touch.ts'

/** The one method through which every command of an ioredis client is sent. */
type SendCommand = Redis['sendCommand']
type Command = Parameters<SendCommand>[0]

/** What is known about a node besides its client. */
export interface Node {
  /** Distinguishes nodes for a reader; empty if there is only one. */
  readonly name: string
  /** Called with everything that is sent: a client that sent a token holds the lease with it. */
  onSent(argument: string): void
  readonly scripts?: ScriptNames
}

/** The client itself is not changed, so that its own events still work. */
export function gatedRedis(client: Redis, gate: Gate, node: Node): Redis {
  const doors: Readonly<Record<string, unknown>> = {
    sendCommand: (command: Command, ...more: unknown[]) =>
      passed(command, gate, node, {
        prefix: client.options.keyPrefix ?? '',
        send: () => Reflect.apply(client.sendCommand, client, [command, ...more]),
      }),
    // A further connection of the strategy leads to the same server.
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
  { name, onSent, scripts }: Node,
  { prefix, send }: { readonly prefix: string; readonly send: () => unknown },
): unknown {
  const own = (argument: unknown) => withoutPrefix(String(argument), prefix)
  const args = command.args.map(own)
  const told = { name: command.name, args, keys: keysOf(command.name, command.getKeys().map(own), args) }
  const script = scriptOf(told, scripts)
  const caller = { resolve: command.resolve, reject: command.reject }
  gate
    .pass({
      store: 'redis',
      text: name + textOf(told, script),
      shape: name + shapeOf(told),
      question: name + questionOf(told),
      send() {
        for (const argument of command.args) onSent(String(argument))
        return answerTo(command, send)
      },
      tell: (answer) => saidByScript(answer, script),
      // Independent of the run: what is known about a step from one run is used in another.
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
 * Sends a command and settles with the server's own answer. The library would notify the caller at once; here
 * the caller is notified when the gate allows it, and not before the scheduler knows the answer.
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
