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

const MovableDate = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as Date,
  apply: () => new RealDate(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
})

function now(): number {
  return RealDate.now() + (clocks.getStore()?.movedByMs ?? 0)
}

/** Runs work that reads this clock, as does all code that it calls. */
export async function onApplicationClock<Result>(
  clock: ApplicationClock,
  work: () => Promise<Result>,
): Promise<Result> {
  if (users++ === 0) globalThis.Date = MovableDate
  try {
    return await clocks.run(clock, work)
  } finally {
    if (--users === 0) globalThis.Date = RealDate
  }
}

/** Real time, even while the clock is moved. */
export function realTimeMs(): number {
  return RealDate.now()
}
