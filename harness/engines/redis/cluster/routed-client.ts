/** A client of a whole cluster that is used like one of a single server. */
import { Redis } from 'ioredis'
import type { ClusterNodes } from './nodes.ts'
import { movedTo, slotOf } from './slots.ts'

type SendCommand = Redis['sendCommand']

/** How often a command follows a slot that has moved: once for a failover, and once more for luck. */
const REDIRECTIONS_MAX = 3

/**
 * Has no connection of its own: each command goes to the server that keeps its slot, at once, and is sent a
 * second time only if a server said that it did nothing (MOVED). A command whose connection broke is not: it
 * may have had its effect, so its outcome is unknown, as with a single server.
 */
export class RoutedClient extends Redis {
  readonly #nodes: ClusterNodes
  readonly #slot: number | undefined

  /**
   * @param of - the prefix that is put before every key; and a key whose slot all commands go to, for those
   * of one event, also where a command names no key. Without it, a command goes where its first key is.
   */
  constructor(nodes: ClusterNodes, of: { readonly keyPrefix?: string; readonly near?: string }) {
    super({
      lazyConnect: true,
      enableOfflineQueue: false,
      disableClientInfo: true,
      keyPrefix: of.keyPrefix ?? '',
      protocol: 2,
      replyMapping: 'legacy',
    })
    this.#nodes = nodes
    this.#slot = of.near === undefined ? undefined : slotOf(of.near)
  }

  override sendCommand(...[command]: Parameters<SendCommand>): ReturnType<SendCommand> {
    const slot = this.#slot ?? slotOf(String(command.getKeys()[0] ?? ''))
    const reject = command.reject.bind(command)
    let redirections = 0
    command.reject = (error: Error) => {
      const address = movedTo(error)
      if (address === undefined) {
        this.#nodes.learnSoon()
        reject(error)
        return
      }
      redirections += 1
      if (redirections > REDIRECTIONS_MAX) return reject(error)
      this.#nodes.moved(slot, address)
      this.#nodes.at(address).then((client) => client.sendCommand(command), reject)
    }
    const owner = this.#nodes.ownerOf(slot)
    if (owner !== undefined) return owner.sendCommand(command)
    command.reject(new Error(`CLUSTERDOWN no server is known to keep slot ${slot}`))
    return command.promise
  }
}
