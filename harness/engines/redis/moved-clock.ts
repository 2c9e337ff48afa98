/**
 * The clock of a Redis server, moved forward for all readers through these clients. The server's own clock is
 * not changed, so requests and answers are changed on the way: the answers to TIME and EXPIRETIME, and the
 * time in EXPIREAT and related commands. Scripts are changed in the same way for the commands that they call.
 * Keys and fields that should expire by the new time do; the others have that much less time left.
 */
import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import { LUA_CLOCK } from './moved-clock-in-lua.ts'

type SendCommand = Redis['sendCommand']
type Command = Parameters<SendCommand>[0]

/** The offset in whole seconds, and the known scripts by their hash. */
export class MovedClock {
  movedBySeconds = 0
  readonly #scripts = new Map<string, string>()

  /** The client itself is not changed. */
  before(client: Redis): Redis {
    const sendCommand = (command: Command, ...more: unknown[]) => {
      this.#see(command)
      if (this.movedBySeconds > 0) this.#change(command)
      return Reflect.apply(client.sendCommand, client, [command, ...more])
    }
    return new Proxy(client, {
      get: (target, name, receiver) =>
        name === 'sendCommand' ? sendCommand : Reflect.get(target, name, receiver),
    })
  }

  #see({ name, args }: Command): void {
    const text = nameIs(name, 'eval') ? args[0] : nameIs(name, 'script') ? args[1] : undefined
    if (text !== undefined) this.#scripts.set(sha1(String(text)), String(text))
  }

  #change(command: Command): void {
    const name = command.name.toLowerCase()
    const args = command.args as unknown[]
    if (name === 'eval' || name === 'evalsha') {
      const text = name === 'eval' ? String(args[0]) : this.#scripts.get(String(args[0]).toLowerCase())
      // An unknown script must be sent to the server, whose own error says so.
      if (text === undefined) args[0] = sha1('unknown')
      else {
        command.name = 'eval'
        args[0] = withMovedClock(text)
        args.push(String(this.movedBySeconds))
      }
      return
    }
    const at = momentIn(name, args)
    if (at !== undefined) args[at.index] = String(Number(args[at.index]) - this.movedBySeconds * at.perSecond)
    const perSecond = TOLD.get(name)
    if (perSecond !== undefined) this.#changeAnswer(command, name, perSecond)
  }

  #changeAnswer(command: Command, name: string, perSecond: number): void {
    const { resolve } = command
    const by = this.movedBySeconds * perSecond
    command.resolve = (answer) => {
      if (name === 'time' && Array.isArray(answer)) {
        return resolve([String(Number(answer[0]) + by), answer[1]])
      }
      const moved = (told: unknown) => (typeof told === 'number' && told > 0 ? told + by : told)
      return resolve(Array.isArray(answer) ? answer.map(moved) : moved(answer))
    }
  }

  /** Moves it to at least this time, and lets everything expire that should by then. */
  async moveTo(
    ms: number,
    of: {
      /** Commands that are sent without a moved clock. */
      readonly nodes: readonly Redis[]
      readonly keysOf: (node: Redis) => Promise<readonly string[]>
      readonly leastMs: number
    },
  ): Promise<void> {
    const { nodes, keysOf, leastMs } = of
    const [first] = nodes
    if (first === undefined) return
    const [seconds] = await first.time()
    const by = Math.max(0, Math.ceil(ms / 1_000) + 1 - Number(seconds) - this.movedBySeconds)
    this.movedBySeconds += by
    for (const node of nodes) {
      for (const key of await keysOf(node)) await age(node, key, { byMs: by * 1_000, leastMs })
    }
  }
}

/** Answers that are times, and how many of their units make a second. */
const TOLD: ReadonlyMap<string, number> = new Map([
  ['time', 1],
  ['expiretime', 1],
  ['pexpiretime', 1_000],
  ['hexpiretime', 1],
  ['hpexpiretime', 1_000],
])
const WITH_MOMENT: ReadonlyMap<string, number> = new Map([
  ['expireat', 1],
  ['pexpireat', 1_000],
  ['hexpireat', 1],
  ['hpexpireat', 1_000],
])
const WITH_OPTION: ReadonlySet<string> = new Set(['set', 'getex', 'hsetex', 'hgetex'])

/** Where a command has a time. */
function momentIn(
  name: string,
  args: readonly unknown[],
): { readonly index: number; readonly perSecond: number } | undefined {
  const perSecond = WITH_MOMENT.get(name)
  if (perSecond !== undefined) return { index: 1, perSecond }
  if (!WITH_OPTION.has(name)) return undefined
  const index = args.findIndex((each, at) => at > 0 && /^(ex|px)at$/i.test(String(each)))
  return index === -1
    ? undefined
    : { index: index + 1, perSecond: /^ex/i.test(String(args[index])) ? 1 : 1_000 }
}

/** The same script with a moved clock. A first line with flags for running it stays first. */
function withMovedClock(text: string): string {
  const [, shebang = '', rest = text] = /^(#![^\n]*\n)([\s\S]*)$/.exec(text) ?? []
  return `${shebang}${LUA_CLOCK} ${rest}`
}

/**
 * Reduces the remaining time of a key and of its fields, in one step of the server: between two of ours its
 * clock would go on, and the key would live that much longer. What expires within ARGV[2] ms is a lock, which
 * a different event lets expire. A server without times of fields has no such fields.
 */
const AGE = `
  local key, by, least = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
  local left = redis.call('PTTL', key)
  if left >= least then
    if left > by then redis.call('PEXPIRE', key, left - by) else redis.call('UNLINK', key) end
  end
  if redis.call('TYPE', key).ok ~= 'hash' then return end
  for _, field in ipairs(redis.call('HKEYS', key)) do
    local told = redis.pcall('HPTTL', key, 'FIELDS', 1, field)
    if told.err then return end
    if told[1] >= least then
      if told[1] > by then redis.call('HPEXPIRE', key, told[1] - by, 'FIELDS', 1, field)
      else redis.call('HDEL', key, field) end
    end
  end`

async function age(
  node: Redis,
  key: string,
  { byMs, leastMs }: { readonly byMs: number; readonly leastMs: number },
): Promise<void> {
  await node.eval(AGE, 1, key, byMs, leastMs)
}

function nameIs(name: string, wanted: string): boolean {
  return name.toLowerCase() === wanted
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex')
}
