/**
 * The clock of the process that a strategy runs in, `Date`, moved along with those of the engines: when an
 * hour passes, it passes for everybody. It is moved in one exploration and for what it calls; others in the
 * same process go on by real time. Clocks that only measure how long something took are left as they are.
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

/** Does work that reads this clock, and so does all that it calls. */
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

/** Real time, whatever clock is moved. */
export function realTimeMs(): number {
  return RealDate.now()
}
