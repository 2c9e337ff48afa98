/**
 * A network between strategies and their engines, with conditions and faults of its own: TCP proxies in a
 * thread of their own, so that they neither wait for the program that is measured nor make it wait.
 *
 *     await using network = await openNetwork({ latencyMs: 1 })
 *     const proxy = await network.proxy({ host: '127.0.0.1', port: 5432 })
 *     ... connect to proxy.address ...
 *     const fault = await proxy.inflict({ kind: 'black-hole', toward: 'client' })
 *     ...
 *     if (!hasStruck(await fault.heal())) ... it proves nothing ...
 */
import { Worker } from 'node:worker_threads'
import { within } from '../within.ts'
import type {
  Address,
  Conditions,
  NetworkFault,
  Passed,
  ProxyAddress,
  RoundTrips,
  Struck,
} from './conditions.ts'
import type { AnswerMessage, OrderKind, OrderMessage, Orders } from './orders.ts'

export interface Network extends AsyncDisposable {
  /** A proxy before this server; its own for each call. Closed with the network. */
  proxy(to: Address): Promise<NetworkProxy>
  /** Of all proxies; those opened later have them too. Measured round trips start over. */
  set(conditions: Conditions): Promise<void>
  /** Measured all the time, on a connection of its own. */
  roundTrips(): Promise<RoundTrips>
  /** Milliseconds of processor time that the proxies' thread has used since it began. */
  cpuMs(): Promise<number>
}

export interface NetworkProxy {
  /** Where to connect instead. */
  readonly address: ProxyAddress
  /** The server that it was opened for. */
  readonly to: Address
  /** Of this proxy alone. */
  set(conditions: Conditions): Promise<void>
  /** Connections that are opened from now on lead to this server; those that are open stay. */
  retarget(to: Address): Promise<void>
  /** In force when this returns. Several may be at once. */
  inflict(fault: NetworkFault): Promise<Inflicted>
  passed(): Promise<Passed>
}

/** A fault in force. */
interface Inflicted {
  struck(): Promise<Struck>
  /** What it struck until then. Afterwards the fault is over, and neither can be called again. */
  heal(): Promise<Struck>
}

/** A start takes a tenth of a second; a machine with much else to do gets its time. */
const START_DEADLINE_MS = 30_000
const ORDER_DEADLINE_MS = 10_000
/** To end by itself; then it is ended. */
const CLOSE_DEADLINE_MS = 2_000

/** Rejects, with nothing left behind, if the thread does not start. */
export async function openNetwork(conditions: Conditions): Promise<Network> {
  const thread = new ProxyThread(conditions)
  try {
    await thread.ask('trips', {}, START_DEADLINE_MS)
  } catch (error) {
    await thread.end()
    throw error
  }
  let count = 0
  return {
    async proxy(to) {
      count += 1
      const proxy = count
      const address = await thread.ask('open', { proxy, to })
      return proxyAt({ proxy, address, to }, thread)
    },
    async set(changed) {
      await thread.ask('conditions', { conditions: changed })
    },
    roundTrips: () => thread.ask('trips', {}),
    cpuMs: () => thread.ask('cpu', {}),
    [Symbol.asyncDispose]: () => thread.end(),
  }
}

function proxyAt(
  { proxy, address, to }: { readonly proxy: number; readonly address: ProxyAddress; readonly to: Address },
  thread: ProxyThread,
): NetworkProxy {
  return {
    address,
    to,
    async set(conditions) {
      await thread.ask('conditions', { proxy, conditions })
    },
    async retarget(other) {
      await thread.ask('retarget', { proxy, to: other })
    },
    async inflict(fault) {
      const id = thread.nextNumber()
      await thread.ask('inflict', { proxy, id, fault })
      return {
        struck: () => thread.ask('struck', { proxy, id }),
        heal: () => thread.ask('heal', { proxy, id }),
      }
    },
    passed: () => thread.ask('passed', { proxy }),
  }
}

type Waiting = PromiseWithResolvers<Orders[OrderKind]['answer']>

class ProxyThread {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  readonly #exited: Promise<void>
  #numbers = 0
  #whyOver: Error | undefined

  constructor(conditions: Conditions) {
    this.#worker = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData: conditions,
      execArgv: [],
      name: 'holdfast-network',
    })
    this.#worker.on('message', (message: AnswerMessage) => {
      const waiting = this.#waiting.get(message.number)
      this.#waiting.delete(message.number)
      if ('failed' in message) waiting?.reject(new Error(`the network: ${message.failed}`))
      else waiting?.resolve(message.answer)
    })
    this.#worker.on('error', (error) => this.#over(new Error('the network broke down', { cause: error })))
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#over(new Error('the network is closed'))
        resolve()
      })
    })
  }

  /** A number that no other order or fault of this thread has. */
  nextNumber(): number {
    this.#numbers += 1
    return this.#numbers
  }

  async ask<Kind extends OrderKind>(
    kind: Kind,
    order: Orders[Kind]['order'],
    deadlineMs = ORDER_DEADLINE_MS,
  ): Promise<Orders[Kind]['answer']> {
    if (this.#whyOver !== undefined) throw this.#whyOver
    const number = this.nextNumber()
    const waiting: Waiting = Promise.withResolvers()
    this.#waiting.set(number, waiting)
    this.#worker.postMessage({ number, kind, order } as OrderMessage)
    try {
      return (await within(deadlineMs, waiting.promise)) as Orders[Kind]['answer']
    } finally {
      this.#waiting.delete(number)
    }
  }

  /** Every connection is reset, and the thread is over when this returns. */
  async end(): Promise<void> {
    await this.ask('close', {}, CLOSE_DEADLINE_MS).catch(() => undefined)
    await within(CLOSE_DEADLINE_MS, this.#exited).catch(() => this.#worker.terminate())
  }

  #over(why: Error): void {
    this.#whyOver ??= why
    for (const { reject } of this.#waiting.values()) reject(this.#whyOver)
    this.#waiting.clear()
  }
}
