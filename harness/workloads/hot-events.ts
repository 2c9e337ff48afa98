/**
 * Events that many want at the same time: every caller buys at one of them, holds one of its few seats and
 * releases it, as long as the workload lasts.
 *
 * It answers: what do several servers give, if one event lives on one of them? One hot event is one server's
 * work, however many there are; many hot events are everybody's. The ids name the events (`event-3:seat-1`).
 */
import { Random } from './random.ts'
import { callers, holdSession, RELEASE, resource, units, type Workload } from './workload.ts'

const PREFIX = 'hot-events-'
/** Few, so that callers of one event meet; enough that most holds are granted. */
const SEATS_PER_EVENT = 200

/** Callers are divided evenly among so many events. */
export function hotEvents(events: number): Workload {
  return {
    name: `${PREFIX}${events}`,
    summary: `${events} hot ${events === 1 ? 'event' : 'events'}, seats held and released`,
    plan(settings) {
      const perEvent = Array.from({ length: events }, (_, event) =>
        Array.from({ length: SEATS_PER_EVENT }, (_, seat) =>
          resource(settings, `event-${event + 1}:seat-${seat + 1}`, 1),
        ),
      )
      return {
        resources: perEvent.flat(),
        callers: callers(settings, (caller) => {
          const random = new Random(settings.seed, 'hot-events', caller)
          const seats = perEvent[caller % events] ?? []
          return {
            role: 'buyer',
            next: () => holdSession(random, [units(random.pick(seats))], [RELEASE]),
          }
        }),
        durationMs: settings.durationMs,
      }
    },
  }
}

/** How many events a workload of {@link hotEvents} has, by its name. */
export function eventsIn(name: string): number {
  return Number(name.slice(PREFIX.length))
}
