/** Explores one strategy in one scenario, and records the tree of all its schedules. */
import type { EngineKind } from '../../harness/engines/engine.ts'
import type { Engines } from '../../harness/engines/open.ts'
import { type Explored, exploreOn } from '../../harness/explore/explore.ts'
import { inapplicable, type Scenario } from '../../harness/explore/scenario.ts'
import type { Pruning } from '../../harness/explore/search.ts'
import { Testbed } from '../../harness/explore/testbed.ts'
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { LeftOut, RecordedNode, RecordedTree } from './data/recording.ts'
import { GrownTree, positionsFrom, RecordingError } from './grown-tree.ts'
import { look } from './look.ts'

/** How much of a tree is recorded, from the whole of it on, and up to how many schedules. */
export interface Depth {
  readonly prunes: Pruning
  readonly schedulesMax: number
}

const WHOLE: Depth = { prunes: 'nothing', schedulesMax: 400 }
const PRUNED: Depth = { prunes: 'order', schedulesMax: 1_500 }
const WHOLE_OF_THREE: Depth = { prunes: 'nothing', schedulesMax: 250 }
const PRUNED_OF_THREE: Depth = { prunes: 'order and names', schedulesMax: 200 }

/**
 * The whole tree where it is small: a reader may then make any move. A client that asks for a lock again and
 * again has by far the most orders.
 */
function depthsOf({ promises }: StrategyEntry, clients: number): readonly Depth[] {
  const polls = promises.contention === 'polls'
  if (clients > 2) return polls ? [PRUNED_OF_THREE] : [WHOLE_OF_THREE, PRUNED_OF_THREE]
  return polls ? [PRUNED] : [WHOLE, PRUNED]
}

const TRIES_MAX = 2

export interface RecordOrder {
  readonly entry: StrategyEntry
  readonly scenario: Scenario
  readonly engines: Engines
  readonly clients: number
  readonly depths?: readonly Depth[]
  readonly kinds?: readonly EngineKind[]
  readonly signal?: AbortSignal
}

export type Recorded =
  | { readonly kind: 'tree'; readonly tree: RecordedTree }
  | { readonly kind: 'left-out'; readonly leftOut: LeftOut }

/** Engines must be there. What cannot be recorded is left out with the reason. */
export async function record(order: RecordOrder): Promise<Recorded> {
  const { entry, scenario, engines, clients, kinds } = order
  const leftOut = (why: string): Recorded => ({
    kind: 'left-out',
    leftOut: { strategy: entry.name, scenario: scenario.name, clients, why },
  })
  const gap = inapplicable(scenario, entry, kinds)
  if (gap !== undefined) return leftOut(gap.why)
  let why = 'nothing was tried'
  let tooLarge: Depth | undefined
  const depths = order.depths ?? depthsOf(entry, clients)
  // A machine that is busy may let a lease expire by itself, or PostgreSQL may not repeat a pick: then again.
  for (const depth of depths.flatMap((each) => Array.from({ length: TRIES_MAX }, () => each))) {
    if (depth === tooLarge) continue
    await using testbed = await Testbed.open(entry, engines, clients)
    const { tree, explored } = await grow(testbed, order, depth)
    if (explored.cut > 0) return leftOut('a client retries without end')
    if (explored.givenUp > 0) {
      why = 'PostgreSQL did not repeat which waiting session it went on with'
      continue
    }
    if (explored.schedules >= depth.schedulesMax) {
      why = `more than ${depth.schedulesMax} schedules`
      tooLarge = depth
      continue
    }
    const root = wholeOf(tree)
    if (root !== undefined) return { kind: 'tree', tree: { ...factsOf(order, depth, explored, root), root } }
    why = explored.reasons.join('; ')
  }
  return leftOut(why)
}

async function grow(
  testbed: Testbed,
  { scenario, clients, signal }: RecordOrder,
  { prunes, schedulesMax }: Depth,
): Promise<{ readonly tree: GrownTree; readonly explored: Explored }> {
  const tree = new GrownTree((watched) => look(watched, scenario))
  const explored = await exploreOn(testbed, scenario, {
    clients,
    schedulesMax,
    prunes,
    watch: (watched) => tree.watch(watched),
    onCut: (cut) => tree.cut(cut),
    onJudged: (judged) => tree.judged(judged),
    ...(signal && { signal }),
  })
  return { tree, explored }
}

/** Undefined if the exploration broke off. */
function wholeOf(tree: GrownTree): RecordedNode | undefined {
  try {
    return tree.whole()
  } catch (error) {
    if (error instanceof RecordingError) return undefined
    throw error
  }
}

function factsOf(
  { entry, scenario, clients }: RecordOrder,
  { prunes }: Depth,
  { outcome, schedules, violating }: Explored,
  root: RecordedNode,
): Omit<RecordedTree, 'root'> {
  return {
    strategy: entry.name,
    technique: entry.summary,
    scenario: scenario.name,
    about: scenario.summary,
    clients,
    pruning: prunes,
    outcome,
    schedules,
    violating,
    positions: positionsFrom(root),
    calls: Array.from({ length: clients }, (_, client) => scenario.requests(client).map(callText)),
    ...(scenario.before !== undefined && { before: callText({ op: 'hold', ...scenario.before }) }),
    seats: scenario.seats,
  }
}

function callText(request: ReturnType<Scenario['requests']>[number]): string {
  return request.op === 'hold'
    ? `hold ${request.seats.join(' and ')} as ${request.hold}`
    : `${request.op} ${request.hold}`
}
