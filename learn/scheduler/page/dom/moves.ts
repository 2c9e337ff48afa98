/**
 * What may happen next, as buttons: one for each buyer, always, and one for each event that is possible now.
 */
import type { RecordedChoice, RecordedCut, RecordedNode } from '../../data/recording.ts'
import { eventTitle, isClient, nameOf, whatNext } from '../wording.ts'
import { byId, fill, make, setAttribute } from './elements.ts'

export interface MovesOrder {
  readonly node: RecordedNode
  /** How many moves led there. */
  readonly at: number
  readonly clients: number
  /** Of each buyer the last outcome, if there is one. */
  readonly told: readonly (string | undefined)[]
  /** Of each buyer for whom the last wait was. */
  readonly waiting: readonly (string | undefined)[]
  /** The move that a hint names. */
  readonly hinted: string | undefined
  brief(text: string): string
  play(token: string): void
  /** A move that is impossible was wanted. */
  refuse(sentence: string): void
}

/** The buttons stay the same elements, so that the focus stays where it is. */
const buttons = new Map<string, HTMLElement>()

export function showMoves(order: MovesOrder): void {
  const { node, clients } = order
  const place = byId('moves')
  const hadFocus = place.contains(document.activeElement)
  const events = node.choices.filter(({ token }) => !isClient(token))
  const tokens = [
    ...Array.from({ length: clients }, (_, at) => String(at + 1)),
    ...events.map(({ token }) => token),
  ]
  for (const [token, button] of [...buttons]) {
    if (tokens.includes(token)) continue
    button.remove()
    buttons.delete(token)
  }
  for (const token of tokens) {
    const button = buttons.get(token) ?? newButton(token)
    buttons.set(token, button)
    if (button.parentElement !== place) place.append(button)
    const choice = node.choices.find((each) => each.token === token)
    showButton(button, token, choice, order)
  }
  if (hadFocus && !place.contains(document.activeElement)) buttons.get('1')?.focus()
}

function newButton(token: string): HTMLElement {
  return make('button', { type: 'button', class: 'move', 'data-token': token })
}

function showButton(
  button: HTMLElement,
  token: string,
  choice: RecordedChoice | undefined,
  { node, at, told, waiting, hinted, brief, play, refuse }: MovesOrder,
): void {
  const isPossible = choice !== undefined
  const client = isClient(token) ? Number(token) : 0
  const status = node.clients[client - 1]
  const why =
    client > 0 ? whatNext(node, client, { told: told[client - 1], waiting: waiting[client - 1] }) : ''
  setAttribute(button, 'aria-disabled', isPossible ? undefined : 'true')
  setAttribute(button, 'aria-keyshortcuts', token)
  button.className = `move ${client > 0 ? `of-${client}` : 'event'} ${isPossible ? '' : `cannot is-${status ?? ''}`} ${hinted === token ? 'hinted' : ''}`
  fill(
    button,
    make('kbd', { 'aria-hidden': 'true' }, token),
    make(
      'span',
      {},
      make('b', {}, client > 0 ? nameOf(client) : eventTitle(choice ?? { token, text: '', steps: [] })),
      client === 0 ? undefined : isPossible ? make('code', {}, brief(why)) : make('i', {}, why),
    ),
    choice?.cut === undefined ? undefined : make('small', {}, sameAs(choice.cut, at)),
  )
  button.onclick = () => (isPossible ? play(token) : refuse(`${nameOf(client)} ${why}.`))
}

/** Where it was recorded instead. */
function sameAs(cut: RecordedCut, at: number): string {
  return cut.kind === 'order'
    ? `the same as making it as move ${at - cut.earlier + 1}: goes on there`
    : `the same as ${nameOf(cut.twin)}’s, with the names swapped: goes on there`
}
