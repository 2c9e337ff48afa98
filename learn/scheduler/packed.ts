/**
 * Trees as compact JSON: texts, states, the events of a step, and whole subtrees are written once and named
 * by their index. Positions that were reached in different orders often have the same future, so that a tree
 * of thousands of positions has a few hundred nodes.
 */
import { brief } from '../../harness/engines/wording.ts'
import type { PackedEvent, PackedNode, PackedState, PackedTable, PackedTree } from './data/packed-tree.ts'
import type {
  ClientStatus,
  RecordedCut,
  RecordedEnd,
  RecordedEvent,
  RecordedNode,
  RecordedTree,
} from './data/recording.ts'

const LETTERS: Readonly<Record<ClientStatus, string>> = {
  ready: 're',
  waits: 'wa',
  refused: 'rf',
  done: 'do',
  dead: 'de',
}

const BRIEF_CHARACTERS = 92

export function packed({ root, ...facts }: RecordedTree): PackedTree {
  const packer = new Packer()
  packer.node(root)
  return { ...facts, ...packer.tables() }
}

/** Every value once, in the order of the first use. */
class Once<Value> {
  readonly values: Value[] = []
  readonly #index = new Map<string, number>()

  at(value: Value): number {
    const key = JSON.stringify(value)
    const known = this.#index.get(key)
    if (known !== undefined) return known
    this.#index.set(key, this.values.length)
    return this.values.push(value) - 1
  }
}

class Packer {
  readonly #texts = new Once<string>()
  readonly #tables = new Once<PackedTable>()
  readonly #states = new Once<PackedState>()
  readonly #events = new Once<readonly PackedEvent[]>()
  readonly #ends = new Once<RecordedEnd>()
  readonly #nodes = new Once<PackedNode>()

  node({ state, clients, choices, end }: RecordedNode): number {
    const told = choices.map(({ token, text, steps, cut }) => {
      const ways = steps.map(
        ({ events, to }) =>
          [this.#events.at(events.map((each) => this.#event(each))), this.node(to)] as const,
      )
      return [token, this.#texts.at(text), cut === undefined ? ways : cutNumber(cut)] as const
    })
    const letters = clients.map((status) => LETTERS[status]).join('')
    return this.#nodes.at([
      this.#states.at({ ...state, tables: state.tables.map((table) => this.#tables.at(table)) }),
      letters,
      told,
      end === undefined ? -1 : this.#ends.at(end),
    ])
  }

  #event({ client, kind, text, store = '', blockers = [] }: RecordedEvent): PackedEvent {
    return [client, kind, this.#texts.at(text), store, blockers]
  }

  tables(): Pick<PackedTree, 'texts' | 'briefs' | 'tables' | 'states' | 'events' | 'ends' | 'nodes'> {
    const texts = this.#texts.values
    return {
      texts,
      briefs: texts.flatMap((text, at) => {
        const short = brief(text, BRIEF_CHARACTERS)
        return short === text ? [] : [[at, short] as const]
      }),
      tables: this.#tables.values,
      states: this.#states.values,
      events: this.#events.values,
      ends: this.#ends.values,
      nodes: this.#nodes.values,
    }
  }
}

function cutNumber(cut: RecordedCut): number {
  return cut.kind === 'order' ? cut.earlier : -cut.twin
}
