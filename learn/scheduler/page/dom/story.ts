/** The moves so far, a column for each buyer: what was asked, what was answered, and what each was told. */
import type { RecordedEvent, RecordedStep } from '../../data/recording.ts'
import type { Move } from '../game.ts'
import { isClient, nameOf } from '../wording.ts'
import { type Child, make } from './elements.ts'

export interface StoryOrder {
  readonly clients: number
  readonly moves: readonly Move[]
  readonly steps: readonly RecordedStep[]
  /** How many of them are made; the rest can be made again. */
  readonly at: number
  /** The move at which more units were promised than there are; absent if not. */
  readonly wrongAt?: number
  /** The checker's sentence. */
  readonly wrong?: string
  /** In how many ways each step went in some schedule. */
  readonly ways: readonly number[]
  brief(text: string): string
  jump(to: number): void
  /** Another of PostgreSQL's picks at this move, from 0. */
  pick(move: number): void
}

export function storyRows(order: StoryOrder): readonly HTMLElement[] {
  const { clients, moves, steps, at, wrongAt, wrong } = order
  if (steps.length === 0) {
    const empty = 'Nothing has happened yet. Choose who goes first.'
    return [make('tr', { class: 'empty' }, make('td', { colspan: clients + 1 }, empty))]
  }
  return steps.flatMap((step, place) => {
    const rows = [rowOf(order, step, moves[place], place), ...pickRow(order, place)]
    if (wrongAt === place + 1 && place < at) {
      const said = make('td', { colspan: clients + 1 }, `Oversold. ${wrong ?? ''}`)
      rows.push(make('tr', { class: 'wrong' }, said))
    }
    return rows
  })
}

function rowOf(
  order: StoryOrder,
  { events }: RecordedStep,
  move: Move | undefined,
  place: number,
): HTMLElement {
  const { clients, at, jump } = order
  const number = place + 1
  const go = make(
    'button',
    { type: 'button', class: 'jump', 'data-move': number, 'aria-label': `Go to after move ${number}` },
    String(number),
  )
  go.addEventListener('click', () => jump(number))
  const state = number === at ? ' now' : number > at ? ' later' : ''
  const attributes = { class: `step${state}`, ...(number === at && { 'aria-current': 'step' }) }
  const head = make('th', { scope: 'row' }, go)
  const common = events.filter(({ client }) => client === 0)
  const own = (client: number): Child =>
    eventsPart(
      events.filter((each) => each.client === client),
      order,
    )
  const columns = Array.from({ length: clients }, (_, client) =>
    make('td', { class: `of-${client + 1}` }, own(client + 1)),
  )
  if (common.length === 0 || isClient(move?.token ?? '')) return make('tr', attributes, head, columns)
  // What happens to all is told across, and below it what it means for each.
  const happened = make('div', { class: 'happens' }, common.map(({ text }) => text).join(', '))
  const others = events.filter(({ client }) => client > 0)
  const told = others.map((event) =>
    make('p', { class: `of-${event.client}` }, `${nameOf(event.client)}: `, line(event, order)),
  )
  return make(
    'tr',
    { ...attributes, class: `${attributes.class} environment` },
    head,
    make('td', { colspan: clients }, happened, told),
  )
}

function eventsPart(events: readonly RecordedEvent[], order: StoryOrder): readonly Child[] {
  return events.map((event) => make('p', { class: event.kind }, line(event, order)))
}

function line({ kind, text }: RecordedEvent, { brief }: StoryOrder): Child {
  switch (kind) {
    case 'asks':
      return make('code', {}, brief(text))
    case 'answers':
      return ['→ ', brief(text)]
    case 'waits':
      return `… ${text}`
    case 'begins':
      return text
    case 'ends':
      return make('strong', {}, text)
    case 'happens':
      return text
  }
}

/** Below a step that PostgreSQL itself decided, if some schedule has its other decision. */
function pickRow({ ways, pick, clients }: StoryOrder, place: number): readonly HTMLElement[] {
  if ((ways[place] ?? 1) <= 1) return []
  const button = make('button', { type: 'button', class: 'pick' }, 'PostgreSQL picked: see its other pick')
  button.addEventListener('click', () => pick(place))
  return [make('tr', { class: 'picks' }, make('td', {}), make('td', { colspan: clients }, button))]
}
