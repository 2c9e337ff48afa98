/**
 * The clock of the strategy's process, `Date`, which is moved together with the engines' clocks: when an hour
 * passes, it passes everywhere. It is moved only for one exploration and the code that it calls; other code
 * in the same process keeps real time. Clocks that only measure durations are not changed.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

export interface ApplicationClock {
  movedByMs: number
}

const clocks = new AsyncLocalStorage<ApplicationClock>()
const RealDate = Date
let users = 0

/** Global objects whose `Date` is moved, with their real ones: test runners give code other contexts. */
const realDates = new Map<{ Date: DateConstructor }, DateConstructor>([[globalThis, RealDate]])

/** As long as a clock is moved, also for code of this global object; until disposed. */
export function moveDateOf(context: { Date: DateConstructor }): Disposable {
  if (realDates.has(context)) return { [Symbol.dispose]() {} }
  const real = context.Date
  realDates.set(context, real)
  if (users > 0) context.Date = movable(real)
  return {
    [Symbol.dispose]() {
      realDates.delete(context)
      context.Date = real
    },
  }
}

function movable(real: DateConstructor): DateConstructor {
  return new Proxy(real, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
    apply: () => new RealDate(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  })
}

function now(): number {
  return RealDate.now() + (clocks.getStore()?.movedByMs ?? 0)
}

/** Runs work that reads this clock, as does all code that it calls. */
export async function onApplicationClock<Result>(
  clock: ApplicationClock,
  work: () => Promise<Result>,
): Promise<Result> {
  if (users++ === 0) for (const [context, real] of realDates) context.Date = movable(real)
  try {
    return await clocks.run(clock, work)
  } finally {
    if (--users === 0) for (const [context, real] of realDates) context.Date = real
  }
}

/** Real time, even while the clock is moved. */
export function realTimeMs(): number {
  return RealDate.now()
}
