/** What buyers are answered, and when: the strategy of a cell, watched from outside. */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { ReservationStrategy, Resource, ResourceId } from '../../strategies/strategy.ts'
import { monotonicMs } from '../clock.ts'
import type { ClientProcess } from '../processes/client-process.ts'

type Answered = 'granted' | 'sold-out' | 'refused' | 'unknown'

export interface FaultWatch {
  readonly entry: StrategyEntry
  /** Holds granted until now. */
  granted(): number
  /** Whether a hold of this resource was ever granted. */
  wasGranted(resource: ResourceId): boolean
  /** Holds of this resource, or of any, that have no answer yet. */
  underWay(resource?: string): number
  confirms(): { readonly confirmed: number; readonly gone: number }
  /** How often holds were answered so in this span of the monotonic clock, milliseconds. */
  count(answer: Answered, fromMs: number, toMs: number): number
  /** Throws while nothing is opened. */
  strategy(): ReservationStrategy
  /** Calls are carried out by these from now on, in turn; by this process while there are none. */
  through(processes: readonly ClientProcess[]): void
  /** What was created. */
  resources(): readonly Resource[]
}

/** The same strategy, with a note of each answer to a hold. */
export function watched(entry: StrategyEntry): FaultWatch {
  const notes: { readonly atMs: number; readonly answer: Answered }[] = []
  let granted = 0
  const everGranted = new Set<ResourceId>()
  const underWay: (readonly string[])[] = []
  let confirms = { confirmed: 0, gone: 0 }
  let opened: ReservationStrategy | undefined
  let created: readonly Resource[] = []
  let processes: readonly ClientProcess[] = []
  let turn = 0
  /** As a balancer does, past those that are not there. */
  const next = (): ClientProcess | undefined => {
    const serving = processes.filter((each) => each.isServing())
    return serving[turn++ % Math.max(1, serving.length)]
  }
  const note = (answer: Answered): void => {
    notes.push({ atMs: monotonicMs(), answer })
    if (answer === 'granted') granted += 1
  }
  return {
    granted: () => granted,
    wasGranted: (resource) => everGranted.has(resource),
    underWay: (resource) => underWay.filter((ids) => resource === undefined || ids.includes(resource)).length,
    confirms: () => confirms,
    count: (answer, fromMs, toMs) =>
      notes.filter((each) => each.answer === answer && each.atMs >= fromMs && each.atMs < toMs).length,
    strategy() {
      if (opened === undefined) throw new Error('the strategy is not open')
      return opened
    },
    through(others) {
      processes = others
    },
    resources: () => created,
    entry: {
      ...entry,
      async open(connections, settings) {
        const strategy = await entry.open(connections, settings)
        opened = strategy
        return {
          ...strategy,
          async createResources(resources) {
            created = resources
            await strategy.createResources(resources)
          },
          async confirm(id) {
            const outcome = await (next()?.call('confirm', id) ?? strategy.confirm(id))
            confirms = { ...confirms, [outcome.kind]: confirms[outcome.kind] + 1 }
            return outcome
          },
          release: (id) => next()?.call('release', id) ?? strategy.release(id),
          async hold(request) {
            const wanted = request.lines.map(({ resourceId }) => String(resourceId))
            underWay.push(wanted)
            try {
              const outcome = await (next()?.call('hold', request) ?? strategy.hold(request))
              if (outcome.kind === 'held')
                for (const { resourceId } of request.lines) everGranted.add(resourceId)
              note(outcome.kind === 'held' ? 'granted' : outcome.kind === 'sold-out' ? 'sold-out' : 'refused')
              return outcome
            } catch (error) {
              note('unknown')
              throw error
            } finally {
              underWay.splice(underWay.indexOf(wanted), 1)
            }
          },
        }
      },
    },
  }
}
