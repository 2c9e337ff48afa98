/**
 * TigerBench: levels and strategies of the shop side by side, from checkout to PAID, all durable.
 *
 *     npm run bench:shop                                 # the sides of the talk, and ours
 *     npm run bench:shop -- --page 8100                  # the same, live on a page
 *     npm run bench:shop -- --repeats 3 --publish        # several times in turn, into docs/tigerbench.md
 *     npm run bench:shop -- --sides 3:redis-lua --workers 1,2 --seconds 5 --generator k6 --pay routes
 *
 * Tickets per processor second count the shop's processes and the engines, read from /proc; the load
 * generator and MockPay are left out. Each side says what could not do more: the generator, the shop, or
 * neither.
 */
import { once } from 'node:events'
import { loadavg } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { commitOfCheckout, machineFacts } from '../../harness/compare/machine.ts'
import { rotated } from '../../harness/compare/plan.ts'
import { describeEngines, openEngines } from '../../harness/engines/open.ts'
import { saveWhole } from '../../harness/save.ts'
import { registry } from '../../strategies/registry.ts'
import { enginesOfLevel, SHOP_LEVELS, type ShopLevel } from '../stores/levels.ts'
import { serveBench } from './page-server.ts'
import { tigerbenchPage } from './published.ts'
import { measureSide, type SideOrder } from './side.ts'
import { addRun, type BenchSide, type BenchState } from './state.ts'
import { printBench } from './table.ts'

const SIDES = [
  '1:postgres-conditional-update',
  '2:postgres-conditional-update',
  '3:postgres-conditional-update-batched',
  '3:redis-lua',
  '3:tigerbeetle-pending-transfer-batched',
]
/** As in a comparison. */
const POOL_SIZE = 16
const LIMITS = { seconds: 300, buyers: 1_000, workers: 8, repeats: 20 } as const
const DOCS = path.resolve(import.meta.dirname, '../../docs')

const { values } = parseArgs({
  options: {
    sides: { type: 'string', default: SIDES.join(',') },
    seconds: { type: 'string', default: '5' },
    buyers: { type: 'string', default: '64' },
    workers: { type: 'string', default: '1' },
    generator: { type: 'string', default: 'autocannon' },
    pay: { type: 'string', default: 'at-once' },
    repeats: { type: 'string', default: '1' },
    publish: { type: 'boolean', default: false },
    page: { type: 'string' },
  },
})

await bench()

async function bench(): Promise<void> {
  const settings = {
    seconds: whole('seconds', values.seconds, LIMITS.seconds),
    buyers: whole('buyers', values.buyers, LIMITS.buyers),
    generator: chosen('generator', values.generator, ['autocannon', 'k6'] as const),
    pay: values.generator === 'k6' ? 'routes' : chosen('pay', values.pay, ['at-once', 'routes'] as const),
  }
  const repeats = whole('repeats', values.repeats, LIMITS.repeats)
  const loadBefore = loadavg()[0] ?? 0
  const workers = values.workers.split(',').map((each) => whole('workers', each, LIMITS.workers))
  const wanted = values.sides.split(',').flatMap((text) => workers.map((count) => sideOf(text, count)))
  const state: BenchState = { ...settings, sides: wanted.map(({ side }) => side), isOver: false }
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const page = values.page === undefined ? undefined : whole('page', values.page, 65_535)
  await using server = page === undefined ? undefined : await serveBench(state, page)
  if (server !== undefined) process.stderr.write(`live at ${server.address}\n`)
  for (const { side, entry } of inTurn(wanted, repeats)) {
    if (stop.signal.aborted) break
    await measured(side, { ...settings, entry }, stop.signal, () => server?.changed())
  }
  state.isOver = true
  server?.changed()
  process.stdout.write(printBench(state))
  if (values.publish) await publish(state, loadBefore)
  if (server !== undefined && !stop.signal.aborted) {
    process.stderr.write('the page stays until it is interrupted\n')
    await once(stop.signal, 'abort')
  }
}

/** Each round begins with another side, so that none is always the first. */
function inTurn<Side>(sides: readonly Side[], repeats: number): readonly Side[] {
  return Array.from({ length: repeats }, (_, at) => rotated(sides, at)).flat()
}

/** Only of sides that were all measured. */
async function publish(state: BenchState, loadBefore: number): Promise<void> {
  const failed = state.sides.find(({ measured, why }) => measured === undefined || why !== undefined)
  if (failed !== undefined) {
    process.stderr.write(
      `not published: ${failed.strategy} at level ${failed.level}: ${failed.why ?? 'not measured'}\n`,
    )
    process.exitCode = 1
    return
  }
  const published = {
    commit: (await commitOfCheckout()) ?? 'unknown',
    at: new Date().toISOString(),
    machine: machineFacts(),
    loadBefore,
    state,
  }
  await saveWhole(path.join(DOCS, 'results/tigerbench.json'), `${JSON.stringify(published, undefined, 1)}\n`)
  await saveWhole(path.join(DOCS, 'tigerbench.md'), tigerbenchPage(published))
}

type Settings = Pick<SideOrder, 'entry' | 'seconds' | 'buyers' | 'generator' | 'pay'>

/** With engines of its own, so that no side finds what another one has written. */
async function measured(
  side: BenchSide,
  settings: Settings,
  signal: AbortSignal,
  changed: () => void,
): Promise<void> {
  const { entry } = settings
  const names = [...new Set([...entry.engines, ...enginesOfLevel(side.level)])]
  const servers = Object.fromEntries(names.map((name) => [name, entry.serversMin?.[name] ?? 1]))
  side.state = 'running'
  changed()
  try {
    await using opened = await openEngines(names, {
      durability: 'durable',
      servers,
      env: process.env,
      signal,
    })
    const [missing] = opened.missing
    if (missing !== undefined) throw new Error(missing.why)
    side.engines = describeEngines(opened.engines)
    const run = await measureSide({
      ...{
        ...settings,
        level: side.level,
        workers: side.workers,
        engines: opened.engines,
        poolSize: POOL_SIZE,
      },
      onPaid(paid) {
        side.paid = paid
        changed()
      },
    })
    addRun(side, run)
    side.state = 'measured'
  } catch (error) {
    side.state = 'failed'
    side.why = error instanceof Error ? error.message : String(error)
    process.exitCode = 1
  }
  changed()
}

function sideOf(text: string, workers: number) {
  const [level, name] = text.split(':')
  const entry = registry.find((each) => each.name === name)
  const known = SHOP_LEVELS.find((each): each is ShopLevel => String(each) === level)
  if (entry === undefined || known === undefined) {
    throw new RangeError(`a side is a level and a strategy, such as 3:redis-lua, not ${text}`)
  }
  const side: BenchSide = {
    strategy: entry.name,
    level: known,
    workers,
    state: 'waiting',
    paid: 0,
    engines: [],
    runs: [],
  }
  return { entry, side }
}

function whole(name: string, text: string, max: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= max) return value
  throw new RangeError(`--${name} is a whole number from 1 to ${max}, not ${text}`)
}

function chosen<Choice extends string>(name: string, text: string, all: readonly Choice[]): Choice {
  const found = all.find((each) => each === text)
  if (found === undefined) throw new RangeError(`--${name} is ${all.join(' or ')}, not ${text}`)
  return found
}
