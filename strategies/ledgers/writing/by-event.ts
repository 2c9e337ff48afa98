/**
 * A strategy on an engine of several servers, each of which keeps whole events: one instance for each place,
 * and each call to the place of its event. Nothing is agreed between places, so a hold over two events is
 * refused: no transaction, script or chain reaches both.
 */
import type {
  Availability,
  HoldRequest,
  PerEvent,
  ReservationStrategy,
  Resource,
  ResourceId,
} from '../../strategy.ts'
import { eventOf, InvalidRequestError, inEventOf } from '../../strategy.ts'

/** Instances that a process keeps: an instance is small, and the oldest can be made again at any time. */
const INSTANCES_MAX = 10_000

/** The engines of several servers, by name. */
type Split = readonly (readonly [engine: string, PerEvent])[]

type Create<Connections> = (connections: Connections) => ReservationStrategy | Promise<ReservationStrategy>

/** The strategy itself where every engine is one place; else one that leads each call to its place. */
export async function byEvent<Connections extends object>(
  connections: Connections,
  create: Create<Connections>,
): Promise<ReservationStrategy> {
  const split = Object.entries(connections).filter((each): each is [string, PerEvent] => isPerEvent(each[1]))
  return split.length === 0 ? create(connections) : new ByEvent(connections, split, create)
}

function isPerEvent(connections: unknown): connections is PerEvent {
  return typeof connections === 'object' && connections !== null && 'connectionsOf' in connections
}

class ByEvent<Connections extends object> implements ReservationStrategy {
  readonly #connections: Connections
  readonly #split: Split
  readonly #create: Create<Connections>
  /** By the names of their places, in the order of the engines. */
  readonly #instances = new Map<string, Promise<ReservationStrategy>>()

  constructor(connections: Connections, split: Split, create: Create<Connections>) {
    this.#connections = connections
    this.#split = split
    this.#create = create
  }

  async createResources(resources: readonly Resource[]): Promise<void> {
    const perPlace = Map.groupBy(resources, ({ id }) => this.#placesOf(eventOf(id)).join('\n'))
    // Those without a resource, too: its tables must exist before anybody asks there.
    for (const places of this.#known()) {
      const at = places.join('\n')
      if (!perPlace.has(at)) await (await this.#at(places)).createResources([])
    }
    for (const of of perPlace.values()) {
      const [first] = of
      if (first !== undefined) await (await this.#of(first.id)).createResources(of)
    }
  }

  async hold(request: HoldRequest) {
    return (await this.#of(resourceInOneEvent(request))).hold(request)
  }

  async confirm(id: Parameters<ReservationStrategy['confirm']>[0]) {
    return (await this.#of(id)).confirm(id)
  }

  async release(id: Parameters<ReservationStrategy['release']>[0]) {
    return (await this.#of(id)).release(id)
  }

  async availability(ids: readonly ResourceId[]): Promise<readonly Availability[]> {
    const found = new Map<ResourceId, Availability>()
    const perPlace = Map.groupBy(ids, (id) => this.#placesOf(eventOf(id)).join('\n'))
    const answers = [...perPlace.values()].map(async (of) => {
      const [first] = of
      return first === undefined ? [] : (await this.#of(first)).availability(of)
    })
    for (const each of (await Promise.all(answers)).flat()) found.set(each.resourceId, each)
    return ids.flatMap((id) => found.get(id) ?? [])
  }

  /** At the places that exist, or that this process has met. */
  async expireDue(limit: number): Promise<number> {
    const instances = [...(await Promise.all(this.#known().map((places) => this.#at(places))))]
    for (const met of this.#instances.values()) {
      const instance = await met
      if (!instances.includes(instance)) instances.push(instance)
    }
    let ended = 0
    for (const instance of instances) {
      if (ended >= limit) break
      ended += await instance.expireDue(limit - ended)
    }
    return ended
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#instances.values())
    this.#instances.clear()
    await Promise.all(opened.map((each) => (each.status === 'fulfilled' ? each.value.close() : undefined)))
  }

  #placesOf(event: string): readonly string[] {
    return this.#split.map(([, perEvent]) => perEvent.placeOf(event))
  }

  /** Where there are places before there are events. Only one engine can have some. */
  #known(): readonly (readonly string[])[] {
    const [[, only] = [], another] = this.#split
    return another === undefined && only?.places !== undefined ? only.places.map((place) => [place]) : []
  }

  #of(id: Parameters<typeof eventOf>[0]): Promise<ReservationStrategy> {
    return this.#at(this.#placesOf(eventOf(id)))
  }

  #at(places: readonly string[]): Promise<ReservationStrategy> {
    const key = places.join('\n')
    const known = this.#instances.get(key)
    if (known !== undefined) return known
    const own = this.#split.map(([engine, perEvent], at) => [
      engine,
      perEvent.connectionsOf(places[at] ?? ''),
    ])
    const instance = Promise.resolve(this.#create({ ...this.#connections, ...Object.fromEntries(own) }))
    this.#instances.set(key, instance)
    instance.catch(() => this.#instances.delete(key))
    for (const [oldest, ended] of this.#instances) {
      if (this.#instances.size <= INSTANCES_MAX) break
      this.#instances.delete(oldest)
      ended.then((each) => each.close()).catch(() => undefined)
    }
    return instance
  }
}

/** One of the hold's resources. Throws `InvalidRequestError` if the hold is not of one event. */
function resourceInOneEvent({ holdId, lines }: HoldRequest): ResourceId {
  const [first] = lines
  if (first === undefined) throw new InvalidRequestError(`hold "${holdId}" has no lines`)
  const { resourceId } = first
  const event = eventOf(resourceId)
  const other = lines.find((line) => eventOf(line.resourceId) !== event)
  if (other !== undefined) {
    throw new InvalidRequestError(
      `hold "${holdId}" is over two events, with "${resourceId}" and "${other.resourceId}": here an event lives on one server, and nothing holds on two servers all or nothing`,
    )
  }
  if (eventOf(holdId) !== event) {
    throw new InvalidRequestError(
      `hold "${holdId}" is not of the event of "${resourceId}": here an event lives on one server, so a hold's id begins as its resources do ("${inEventOf(resourceId, '…')}")`,
    )
  }
  return resourceId
}
