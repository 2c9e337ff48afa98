/**
 * Whether a strategy costs the same however much else its engine has to keep.
 *
 *     npm run bench:flat [-- --quick] [strategy …]
 *
 * Two servers of each engine are started. Both have 200 resources that callers contend for, and only the
 * second one gets more: 10,000 and then 1,000,000 other resources, and then holds that are past (1,000 on the
 * first server, 1,000,000 on the second). After each, the two take turns, and the ratio of the goodput on the
 * second to that on the first is the result. Before anything is added it shows how much the two differ by
 * themselves.
 *
 * Last, 100,000 holds that fall due within one second: how long after the last deadline all their units can
 * be held again, by one hold.
 *
 * `--quick` has a hundredth of everything. Ends with 1 if a ratio is below 0.9 of the first one, or if the
 * resources were not made within a minute. Takes two to five minutes for each strategy.
 */
import Table from 'cli-table3'
import { registry, type StrategyEntry } from '../../../strategies/registry.ts'
import { monotonicMs } from '../../clock.ts'
import { openEngines } from '../../engines/open.ts'
import { formatCount, formatFigure } from '../../report/format.ts'
import { BORDERLESS } from '../../report/table.ts'
import { formatRatio, machineLine, medianOf, ratiosOf } from '../in-turn.ts'
import { lateBy } from './due.ts'
import { makeOthers, makePast } from './fill.ts'
import { FlatSide } from './side.ts'

const USUAL = [
  'postgres-conditional-update',
  'postgres-select-for-update',
  'postgres-conditional-update-batched',
  'redis-lua',
  'tigerbeetle-pending-transfer',
  'tigerbeetle-pending-transfer-batched',
]
const OTHERS = [10_000, 1_000_000]
const PAST = { few: 1_000, many: 1_000_000 }
const DUE = 100_000
const QUICK_PART = 100
const ROUNDS = 9
const TURN_MS = 300
const RATIO_MIN = 0.9
const MAKING_MS_MAX = 60_000

interface Stage {
  readonly about: string
  readonly first: number
  readonly second: number
  readonly ratio: number
}

interface FlatResult {
  readonly strategy: string
  readonly stages: readonly Stage[]
  readonly notes: readonly string[]
  readonly makingMs: number
}

async function benchmark(asked: readonly string[], part: number): Promise<void> {
  const started = monotonicMs()
  console.log(await machineLine())
  const results: FlatResult[] = []
  for (const name of asked.length === 0 ? USUAL : asked) {
    const entry = registry.find((each) => each.name === name)
    if (entry === undefined) throw new Error(`there is no strategy ${name}`)
    const result = await measured(entry, part)
    console.log(`\n${tableOf(result)}`)
    for (const note of result.notes) console.log(note)
    results.push(result)
  }
  console.log(`took ${((monotonicMs() - started) / 1_000).toFixed(0)} s`)
  const complaints = results.flatMap(complaintsAbout)
  for (const complaint of complaints) console.error(complaint)
  if (complaints.length > 0) process.exitCode = 1
}

async function measured(entry: StrategyEntry, part: number): Promise<FlatResult> {
  await using undo = new AsyncDisposableStack()
  const [first, second] = [await sideOf(entry, undo), await sideOf(entry, undo)]
  const stages: Stage[] = []
  const notes: string[] = []
  const measure = async (about: string): Promise<void> => {
    const once = { about, ...(await inTurn(first, second)) }
    // On a busy machine a turn may say anything: what is low is measured once more.
    const again = isLow(once, stages[0]) ? { about, ...(await inTurn(first, second)) } : once
    stages.push(again.ratio > once.ratio ? again : once)
  }
  await measure('nothing else')
  let made = 0
  let makingMs = 0
  for (const others of OTHERS.map((count) => count / part)) {
    makingMs += await makeOthers(second.strategy, made, others)
    made = others
    await measure(`with ${formatCount(others)} other resources`)
  }
  notes.push(`${formatCount(made)} resources were made in ${(makingMs / 1_000).toFixed(1)} s`)
  await makePast(entry, first, PAST.few / part)
  const past = await makePast(entry, second, PAST.many / part)
  await measure(`and with ${formatCount(past.made)} past holds`)
  notes.push(past.note, await lateBy(entry, second, DUE / part))
  return { strategy: entry.name, stages, notes, makingMs }
}

/** On servers of its own. */
async function sideOf(entry: StrategyEntry, undo: AsyncDisposableStack): Promise<FlatSide> {
  const opened = undo.use(await openEngines(entry.engines, { durability: 'durable' }))
  const [gone] = opened.missing
  if (gone !== undefined) throw new Error(`${gone.name}: NOT PROVEN: ${gone.why}. To fix it: ${gone.remedy}`)
  return undo.use(await FlatSide.open(entry, opened.engines))
}

async function inTurn(first: FlatSide, second: FlatSide): Promise<Omit<Stage, 'about'>> {
  const figures = new Map<FlatSide, number[]>([
    [first, []],
    [second, []],
  ])
  // The first round warms up both, and does not count.
  for (let round = -1; round < ROUNDS; round++) {
    for (const side of round % 2 === 0 ? [first, second] : [second, first]) {
      const figure = await side.goodput(TURN_MS)
      if (round >= 0) figures.get(side)?.push(figure)
    }
  }
  const [ofFirst, ofSecond] = [figures.get(first) ?? [], figures.get(second) ?? []]
  return {
    first: medianOf(ofFirst),
    second: medianOf(ofSecond),
    ratio: medianOf(ratiosOf(ofSecond, ofFirst)),
  }
}

function tableOf({ strategy, stages }: FlatResult): string {
  const table = new Table({
    ...BORDERLESS,
    head: [strategy, 'holds/s, nothing else', 'holds/s', 'ratio'],
    colAligns: ['left', 'right', 'right', 'right'],
  })
  for (const { about, first, second, ratio } of stages) {
    table.push([about, formatFigure(first), formatFigure(second), formatRatio(ratio)])
  }
  return table.toString()
}

/**
 * The two servers may differ by themselves: the ratios are compared with the one before anything was added.
 */
function complaintsAbout({ strategy, stages, makingMs }: FlatResult): readonly string[] {
  const [bare, ...others] = stages
  const low = others
    .filter((stage) => isLow(stage, bare))
    .map(({ about, ratio }) => `${strategy}, ${about}: ${formatRatio(ratio)}, below ${RATIO_MIN}.`)
  const slow = makingMs > MAKING_MS_MAX ? [`${strategy}: resources were made in ${makingMs} ms.`] : []
  return [...low, ...slow]
}

function isLow({ ratio }: Pick<Stage, 'ratio'>, bare: Pick<Stage, 'ratio'> | undefined): boolean {
  return !(ratio >= RATIO_MIN * Math.min(1, bare?.ratio ?? 1))
}

if (import.meta.main) {
  const asked = process.argv.slice(2)
  const isQuick = asked.includes('--quick')
  const names = asked.filter((each) => !each.startsWith('--'))
  await benchmark(names, isQuick ? QUICK_PART : 1)
}
