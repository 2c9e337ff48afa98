/** A packed tree as it was recorded; equal subtrees are one. */
import type { PackedNode, PackedSteps, PackedTree } from '../data/packed-tree.ts'
import type {
  ClientStatus,
  RecordedChoice,
  RecordedEvent,
  RecordedNode,
  RecordedState,
  RecordedStep,
  RecordedTree,
} from '../data/recording.ts'

export interface UnpackedTree extends RecordedTree {
  /** Texts that are long, shortened. */
  readonly briefs: ReadonlyMap<string, string>
}

const STATUSES: Readonly<Record<string, ClientStatus>> = {
  re: 'ready',
  wa: 'waits',
  rf: 'refused',
  do: 'done',
  de: 'dead',
}

export function unpacked(tree: PackedTree): UnpackedTree {
  const { texts, briefs, tables, states: packedStates, events: packedEvents, ends, nodes: packedNodes } = tree
  const { strategy, technique, scenario, about, clients, pruning, outcome, schedules, violating } = tree
  const { positions, calls, before, seats } = tree
  const states = packedStates.map(
    (state): RecordedState => ({
      ...state,
      tables: state.tables.flatMap((at) => tables[at] ?? []),
    }),
  )
  const textOf = (at: number): string => texts[at] ?? ''
  const events = packedEvents.map((step) =>
    step.map(
      ([client, kind, text, store, blockers]): RecordedEvent => ({
        client,
        kind: kind as RecordedEvent['kind'],
        text: textOf(text),
        ...(store !== '' && { store }),
        ...(blockers.length > 0 && { blockers }),
      }),
    ),
  )
  const nodes: RecordedNode[] = []
  const stepsOf = (steps: Exclude<PackedSteps, number>): readonly RecordedStep[] =>
    steps.flatMap(([step, to]) => {
      const node = nodes[to]
      return node === undefined ? [] : [{ events: events[step] ?? [], to: node }]
    })
  const choiceOf = ([token, text, steps]: PackedNode[2][number]): RecordedChoice => {
    const choice = { token, text: textOf(text) }
    if (typeof steps !== 'number') return { ...choice, steps: stepsOf(steps) }
    const cut =
      steps > 0 ? ({ kind: 'order', earlier: steps } as const) : ({ kind: 'names', twin: -steps } as const)
    return { ...choice, steps: [], cut }
  }
  for (const [state, letters, choices, end] of packedNodes) {
    const known = states[state]
    if (known === undefined) throw new Error('a node has no state')
    const ending = ends[end]
    nodes.push({
      state: known,
      clients: (letters.match(/../g) ?? []).map((two) => STATUSES[two] ?? 'done'),
      choices: choices.map(choiceOf),
      ...(ending !== undefined && { end: ending }),
    })
  }
  const root = nodes.at(-1)
  if (root === undefined) throw new Error('a tree has no nodes')
  const facts = { strategy, technique, scenario, about, clients, pruning, outcome, schedules, violating }
  return {
    ...facts,
    positions,
    calls,
    seats,
    ...(before !== undefined && { before }),
    root,
    briefs: new Map(briefs.map(([at, short]) => [textOf(at), short])),
  }
}
