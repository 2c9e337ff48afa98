/** What the engines store at a position: units and holds, rows or keys, locks, who waits for what. */
import type { RecordedRow, RecordedState, TreeFacts } from '../../data/recording.ts'
import { nameOf, namesOf } from '../wording.ts'
import { type Child, make } from './elements.ts'

/** `before`: at the position before, so that what has changed can be marked. */
export function enginePanel(
  state: RecordedState,
  before: RecordedState | undefined,
  facts: TreeFacts,
): readonly Child[] {
  const nodes = state.tables.filter(({ name }) => OF_NODE.test(name)).length
  return [
    unitsPart(state, facts),
    locksPart(state),
    ...inOrder(state.tables).map((table) =>
      tablePart(
        table,
        before?.tables.find(({ name }) => name === table.name),
        OF_NODE.test(table.name) && nodes === 1,
      ),
    ),
  ]
}

/** A strategy that uses one node of several is shown as if there were no others. */
const OF_NODE = /^node \d+$/

/** What says who has what comes first; lines of holds repeat much of it. */
const ORDER = ['accounts', 'resource', 'unit', 'sale', 'hold']
const LAST = 'hold_line'

function inOrder(tables: RecordedState['tables']): RecordedState['tables'] {
  const placeOf = (name: string): number => {
    const place = ORDER.indexOf(name)
    return name === LAST ? ORDER.length + 1 : place === -1 ? ORDER.length : place
  }
  return tables.toSorted((one, other) => placeOf(one.name) - placeOf(other.name))
}

/** As the witness of the ledger reads it. */
function unitsPart({ taken, holds, unread }: RecordedState, { seats }: TreeFacts): HTMLElement {
  if (unread !== undefined) return make('p', { class: 'quiet' }, `The witness reads nothing: ${unread}.`)
  return make(
    'ul',
    { class: 'units' },
    taken.map(([resource, units]) => {
      const capacity = seats[resource] ?? 0
      const owners = holds.filter(
        ([, status, of]) => (status === 'held' || status === 'confirmed') && of.includes(resource),
      )
      const isOver = owners.length > capacity
      return make(
        'li',
        { class: isOver ? 'bad' : '' },
        make('b', {}, resource),
        ` ${units} of ${capacity} taken`,
        owners.length === 0 ? '' : `: ${owners.map(([hold, status]) => `${hold} (${status})`).join(' and ')}`,
        isOver ? make('strong', {}, ' oversold') : undefined,
      )
    }),
  )
}

function locksPart({ locks, open }: RecordedState): HTMLElement | undefined {
  const lines = [
    ...open.map((client) => ({
      client,
      text: 'has an open transaction: nobody else sees what it has written',
    })),
    ...unique(locks).map(([what, client, isGranted]) => ({
      client,
      text: isGranted ? `has the ${what}` : `waits for the ${what}`,
    })),
  ]
  if (lines.length === 0) return undefined
  return make(
    'ul',
    { class: 'locks' },
    lines.map(({ client, text }) => make('li', {}, who([client]), ` ${text}`)),
  )
}

function unique(locks: RecordedState['locks']): RecordedState['locks'] {
  return [...new Map(locks.map((lock) => [lock.join(), lock])).values()]
}

function who(clients: readonly number[]): HTMLElement {
  return make('span', { class: `who who-${clients[0] ?? 0}` }, namesOf(clients))
}

function tablePart(
  { name, columns, rows }: RecordedState['tables'][number],
  before: RecordedState['tables'][number] | undefined,
  isOnlyNode: boolean,
): HTMLElement {
  const shown = columns.filter((_, at) => rows.some(([cells]) => cells[at] !== ''))
  return make(
    'div',
    { class: 'scroll', role: 'region', 'aria-label': `${name}, as stored`, tabindex: 0 },
    make(
      'table',
      { class: 'stored' },
      make('caption', {}, isOnlyNode ? 'keys' : name),
      make(
        'thead',
        {},
        make(
          'tr',
          {},
          shown.map((column) => make('th', { scope: 'col' }, column)),
        ),
      ),
      make(
        'tbody',
        {},
        rows.map((row) => rowPart(row, columns, shown, before)),
      ),
    ),
  )
}

function rowPart(
  row: RecordedRow,
  columns: readonly string[],
  shown: readonly string[],
  before: RecordedState['tables'][number] | undefined,
): readonly Child[] {
  const [cells, lockedBy, wantedBy] = row
  const old = before?.rows.find(([theirs]) => theirs[0] === cells[0] && theirs[1] === cells[1])
  const older = old ?? before?.rows.find(([theirs]) => theirs[0] === cells[0])
  const isNew = (column: string): boolean =>
    older?.[0][before?.columns.indexOf(column) ?? -1] !== cells[columns.indexOf(column)]
  const isBoth = lockedBy.length > 0 && wantedBy.length > 0
  const badges = [
    ...(lockedBy.length > 0 ? [make('span', { class: 'badge' }, 'locked by ', who(lockedBy))] : []),
    // A gap between the two is seen, and not heard.
    ...(isBoth ? [make('span', { class: 'unseen' }, ', ')] : []),
    ...(wantedBy.length > 0 ? [make('span', { class: 'badge wanted' }, who(wantedBy), ' waits for it')] : []),
  ]
  const line = make(
    'tr',
    { class: lockedBy.length > 0 ? `held held-${lockedBy[0] ?? 0}` : '' },
    shown.map((column) => {
      const value = cells[columns.indexOf(column)] ?? ''
      if (!isNew(column)) return make('td', {}, value)
      return make('td', { class: 'new' }, value, make('span', { class: 'unseen' }, ' (changed)'))
    }),
  )
  if (badges.length === 0) return [line]
  return [line, make('tr', { class: 'badges' }, make('td', { colspan: shown.length }, badges))]
}

/** For who does not see the board. */
export function engineSummary({ taken, open }: RecordedState): string {
  const units = taken.map(([resource, count]) => `${resource}: ${count} taken`).join(', ')
  return `${units}${open.length === 0 ? '' : `; open transaction: ${open.map(nameOf).join(' and ')}`}`
}
