/** The options of an exploration, checked before anything is opened. */
import { checkEngines, checkFunctions, checkNames, checkNumbers } from '../given.ts'
import type { BodyOptions } from './body.ts'
import { checkEvents } from './body-events.ts'

const OPTIONS: Readonly<Record<keyof BodyOptions, true>> = {
  engines: true,
  setup: true,
  before: true,
  after: true,
  name: true,
  command: true,
  clientsShareNothing: true,
  events: true,
  random: true,
  schedulesMax: true,
  timeMaxMs: true,
  patienceMs: true,
  replay: true,
  signal: true,
}

/** Throws `TypeError`: in a JavaScript file nobody else looks. */
export function checkBody(body: unknown, options: BodyOptions): void {
  checkFunctions({ body }, { needed: ['body'] })
  checkNames(options, Object.keys(OPTIONS))
  checkEngines(options.engines)
  if (options.engines.length === 0) throw new TypeError('engines names what the body uses: postgres, redis')
  checkFunctions(options, { optional: ['setup', 'before', 'after'] })
  checkNumbers(options, { schedulesMax: { min: 1 }, timeMaxMs: { min: 1 }, patienceMs: { min: 1 } })
  if (options.random !== undefined) {
    checkNames(options.random, ['schedules', 'seed', 'depth'])
    checkNumbers(options.random, { schedules: { min: 1 }, depth: { min: 1 } })
  }
  checkEvents(options.events ?? {})
}
