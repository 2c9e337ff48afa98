/**
 * Connections to the masters of a cluster, and which of them keeps which slot: learnt when they are opened,
 * and again whenever a connection is lost or a server says that a slot has moved.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { monotonicMs } from '../../../clock.ts'
import { reasonOf } from '../../engine-error.ts'
import {
  closeClient,
  openClient,
  type RedisProxy,
  type RedisSession,
  type RedisTarget,
} from '../connection.ts'
import { observedRedis } from '../observed-client.ts'
import { type NodeAddress, named, parseReplicas, parseSlots, SLOTS, type SlotRange } from './slots.ts'

/** How soon the servers are asked again while a slot has no server that answers; and after a minute of it. */
const ASK_AGAIN_MS = 100
const ASK_AGAIN_MS_LATER = 2_000
const ASKED_SOON_MS = 60_000

export interface NodesOptions {
  /** Servers that may know the others, with the account that all have. */
  readonly seeds: readonly RedisTarget[]
  readonly session: Omit<RedisSession, 'keyPrefix'>
  /** Another way to a server. */
  readonly by?: (address: NodeAddress) => RedisProxy | undefined
}

export class ClusterNodes implements AsyncDisposable {
  readonly #options: NodesOptions
  /** By `host:port`. */
  readonly #clients = new Map<string, Redis>()
  readonly #owners: (string | undefined)[] = Array.from({ length: SLOTS })
  #ranges: readonly SlotRange[] = []
  #replicas: readonly NodeAddress[] = []
  #learning: Promise<void> | undefined
  readonly #closed = new AbortController()

  /** Rejects with what the last of the servers said if none of them tells the slots. */
  static async open(options: NodesOptions): Promise<ClusterNodes> {
    const nodes = new ClusterNodes(options)
    try {
      let reason: unknown
      for (const { host, port } of options.seeds) {
        try {
          await nodes.#learnFrom(await nodes.at({ host, port }), { host, port })
          if (nodes.#ranges.length > 0) return nodes
        } catch (error) {
          reason = error
        }
      }
      throw reason ?? new Error('CLUSTERDOWN no server of the cluster has a slot')
    } catch (error) {
      await nodes[Symbol.asyncDispose]()
      throw error
    }
  }

  private constructor(options: NodesOptions) {
    this.#options = options
  }

  /** As the servers last told. */
  get ranges(): readonly SlotRange[] {
    return this.#ranges
  }

  get replicas(): readonly NodeAddress[] {
    return this.#replicas
  }

  /** Of each master, in the order of their slots. */
  masters(): readonly Redis[] {
    const names = new Set(this.#ranges.map(({ master }) => named(master)))
    return [...names].flatMap((name) => this.#clients.get(name) ?? [])
  }

  ownerOf(slot: number): Redis | undefined {
    const name = this.#owners[slot]
    return name === undefined ? undefined : this.#clients.get(name)
  }

  /** The connection to this server, opened if there is none. */
  async at(address: NodeAddress): Promise<Redis> {
    const known = this.#clients.get(named(address))
    if (known !== undefined) return known
    this.#closed.signal.throwIfAborted()
    const [account] = this.#options.seeds
    if (account === undefined) throw new RangeError('there is no server to ask')
    const target = { ...account, ...address, db: 0 }
    const client = observedRedis(await openClient(target, this.#options.session, this.#options.by?.(address)))
    const raced = this.#clients.get(named(address))
    if (raced !== undefined || this.#closed.signal.aborted) {
      await closeClient(client)
      this.#closed.signal.throwIfAborted()
      if (raced !== undefined) return raced
    }
    this.#clients.set(named(address), client)
    client.on('close', () => this.learnSoon())
    return client
  }

  /** The slot is there now, as a server said. */
  moved(slot: number, to: NodeAddress): void {
    this.#owners[slot] = named(to)
    this.learnSoon()
  }

  /** Asks until every slot has a server that answers. Called whenever one may have none. */
  learnSoon(): void {
    if (this.#learning !== undefined || this.#closed.signal.aborted) return
    this.#learning = this.#learn().finally(() => {
      this.#learning = undefined
    })
  }

  async #learn(): Promise<void> {
    const fromMs = monotonicMs()
    while (!this.#closed.signal.aborted) {
      for (const [name, client] of this.#clients) {
        if (client.status !== 'ready') continue
        const told = await this.#learnFrom(client, addressNamed(name)).then(
          () => true,
          () => false,
        )
        if (told && this.isWhole) return
      }
      const isSoon = monotonicMs() - fromMs < ASKED_SOON_MS
      await delay(isSoon ? ASK_AGAIN_MS : ASK_AGAIN_MS_LATER, undefined, {
        signal: this.#closed.signal,
        ref: false,
      }).catch(() => undefined)
    }
  }

  /** Whether every slot has a server that can be asked. */
  get isWhole(): boolean {
    const slots = this.#ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0)
    return slots === SLOTS && this.#ranges.every(({ from }) => this.ownerOf(from)?.status === 'ready')
  }

  async #learnFrom(client: Redis, asked: NodeAddress): Promise<void> {
    const ranges = parseSlots(await client.cluster('SLOTS'), asked)
    for (const { master } of ranges) {
      // One that cannot be reached keeps its slots: its clients learn of it by their commands.
      await this.at(master).catch((error: unknown) => reasonOf(error))
    }
    this.#replicas = parseReplicas(String(await client.cluster('NODES')))
    this.#ranges = ranges
    this.#owners.fill(undefined)
    for (const { from, to, master } of ranges) this.#owners.fill(named(master), from, to + 1)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    await this.#learning?.catch(() => undefined)
    await Promise.all([...this.#clients.values()].map(closeClient))
  }
}

function addressNamed(name: string): NodeAddress {
  const at = name.lastIndexOf(':')
  return { host: name.slice(0, at), port: Number(name.slice(at + 1)) }
}
