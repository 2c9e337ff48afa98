/**
 * An API that sells in orders, one unit of one thing in each, as many shops do. What it has no word for is
 * not made up: a hold of several units or things throws, and its outcome is unknown.
 */
import type { HoldId, ReservationStrategy, ResourceId } from '../../../strategies/strategy.ts'
import type { Asking } from './asking.ts'
import { ServiceAnswerError } from './service-client.ts'

/** How one thing is ordered, paid for and released there. `Order`: what the service says of a new order. */
export interface OrderAdapter<Order> {
  /** What it sells, by its own names. They stand for the first resources that a workload makes. */
  readonly sells: readonly string[]
  /** The status by which it says that nothing is left. */
  readonly soldOut: number
  order(ask: Asking, thing: string): Promise<Order>
  /** Whether it is paid for now; false if it had ended before. */
  confirm(ask: Asking, order: Order): Promise<boolean>
  /** Whether it is released now; false if it had ended before. */
  release(ask: Asking, order: Order): Promise<boolean>
  /** How many are left. */
  available(ask: Asking, thing: string): Promise<number>
}

type OrderCalls = Pick<
  ReservationStrategy,
  'createResources' | 'hold' | 'confirm' | 'release' | 'availability'
>

export function orderCalls<Order>(adapter: OrderAdapter<Order>, ask: Asking): OrderCalls {
  const things = new Map<ResourceId, string>()
  const orders = new Map<HoldId, Order>()
  const thingOf = (id: ResourceId): string => {
    const thing = things.get(id)
    if (thing === undefined) throw new RangeError('it is asked for something that was never made')
    return thing
  }
  return {
    async createResources(resources) {
      for (const { id } of resources) {
        if (things.has(id)) continue
        const thing = adapter.sells[things.size]
        if (thing === undefined) throw new RangeError(`it sells no more than ${adapter.sells.join(', ')}`)
        things.set(id, thing)
      }
    },
    async hold({ holdId, lines: [line, ...more], ttlMs }) {
      if (line === undefined || line.quantity > 1 || more.length > 0)
        throw new RangeError('an order there is one unit of one thing')
      try {
        orders.set(holdId, await adapter.order(ask, thingOf(line.resourceId)))
        // It names no deadline; a workload's holds are short beside those of a shop.
        return { kind: 'held', deadlineMs: Date.now() + ttlMs, attempts: 1 }
      } catch (error) {
        if (!(error instanceof ServiceAnswerError && error.status === adapter.soldOut)) throw error
        return { kind: 'sold-out', resourceId: line.resourceId, attempts: 1 }
      }
    },
    async confirm(id) {
      const order = orders.get(id)
      return { kind: order !== undefined && (await adapter.confirm(ask, order)) ? 'confirmed' : 'gone' }
    },
    async release(id) {
      const order = orders.get(id)
      return { kind: order !== undefined && (await adapter.release(ask, order)) ? 'released' : 'gone' }
    },
    availability: (ids) =>
      Promise.all(
        ids.map(async (resourceId) => ({
          resourceId,
          available: await adapter.available(ask, thingOf(resourceId)),
        })),
      ),
  }
}
