/** What the page says of a position, in words. */
import type { PageData } from '../data/page-data.ts'
import type { RecordedChoice, RecordedEvent, RecordedNode, TreeFacts } from '../data/recording.ts'
import type { Address } from './address.ts'
import type { Prospect, Rewriting } from './game.ts'

const NAMES = ['Alice', 'Bob', 'Carol', 'Dave']

/** By number, from 1; 0 is nobody of them. */
export function nameOf(client: number): string {
  return client === 0 ? 'a session in the pool' : (NAMES[client - 1] ?? `client ${client}`)
}

export function namesOf(clients: readonly number[]): string {
  return clients.map(nameOf).join(' and ')
}

export function counted(count: number, one: string, several = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : several}`
}

export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

export function isClient(token: string): boolean {
  return /^\d$/.test(token)
}

/** What pressing this would do, or why it does nothing. */
export function whatNext(
  node: RecordedNode,
  client: number,
  { told, waiting }: { readonly told?: string | undefined; readonly waiting?: string | undefined },
): string {
  switch (node.clients[client - 1]) {
    case 'ready':
      return together(node.choices.find(({ token }) => token === String(client))?.text ?? '')
    case 'waits':
      return `${waiting ?? 'waits'}: no answer yet, so there is no next step`
    case 'refused':
      return 'would only be refused again: something has to change first'
    case 'dead':
      return 'is dead'
    default:
      return told === undefined ? 'has finished' : `has finished: ${told}`
  }
}

const OF_NODE = /^node (\d+): /

/** The same request to several nodes is told once. */
function together(text: string): string {
  const parts = text.split(' + ')
  const nodes = parts.flatMap((part) => OF_NODE.exec(part)?.[1] ?? [])
  const requests = new Set(parts.map((part) => part.replace(OF_NODE, '')))
  const [request = ''] = requests
  return nodes.length === parts.length && requests.size === 1
    ? `${request} (${nodes.length === 1 ? 'node' : 'nodes'} ${nodes.join(', ')})`
    : text
}

/** An event as the title of its button. */
export function eventTitle({ text }: RecordedChoice): string {
  return capitalized(text)
}

/** One event in a sentence, for the live region. */
export function sentenceOf({ client, kind, text }: RecordedEvent, brief: (text: string) => string): string {
  switch (kind) {
    case 'asks':
      return `${nameOf(client)} asks: ${brief(text)}${brief(text).endsWith('…') ? '' : '.'}`
    case 'answers':
      return `${nameOf(client)} is answered: ${brief(text)}.`
    case 'waits':
      return `${nameOf(client)} ${text}.`
    case 'ends':
      return `${nameOf(client)} is told: ${text}.`
    case 'happens':
      return `${capitalized(text)}.`
    case 'begins':
      return ''
  }
}

/** What happened to moves that were made elsewhere. */
export function rewritingText({ kind, move, instead, names }: Rewriting): string {
  if (kind === 'order') {
    return `Move ${move} is independent of the ${counted(move - instead, 'move')} before it: the order makes no difference, and it was recorded as move ${instead}. You go on there.`
  }
  return `${nameOf(names[0])} and ${nameOf(names[1])} want the same, and have done the same: what follows was recorded with their names swapped. You go on there, as ${nameOf(names[1])}.`
}

export function prospectText({ ends, oversold, broken, isWhole }: Prospect): string {
  const of = isWhole ? '' : 'recorded '
  if (ends === 0) return 'What follows was recorded in another order: each move leads there.'
  if (oversold + broken === 0) {
    return ends === 1 && isWhole
      ? 'One schedule is left from here: it keeps every rule.'
      : `${counted(ends, `${of}schedule`)} from here, and all keep every rule.`
  }
  const bad = [
    ...(oversold === 0
      ? []
      : [oversold === ends ? 'all oversell' : `${oversold.toLocaleString('en')} oversell`]),
    ...(broken === 0 ? [] : [`${broken.toLocaleString('en')} break another rule`]),
  ]
  return `${counted(ends, `${of}schedule`)} from here: ${bad.join(', ')}.`
}

export function outcomeText({ schedules, violating, pruning, positions, outcome }: TreeFacts): string {
  const what = {
    nothing: 'Every order of every step was run',
    order: 'Of orders that differ only in independent steps, one was run',
    'order and names':
      'Of orders that differ only in independent steps or in the names of buyers, one was run',
  }[pruning]
  const bad =
    violating === 0 ? 'none breaks a rule' : `${violating.toLocaleString('en')} of them break a rule`
  const fewer = pruning === 'nothing' ? FEWER_EXPLORED : ''
  return `${what}: ${counted(schedules, 'schedule')} with ${counted(positions, 'position')}; ${bad}.${fewer}${outcome === 'unknown' ? ' The explorer does not call this a proof.' : ''}`
}

/** Who compares the number with that of the command must know why it is another one. */
const FEWER_EXPLORED =
  ' (The command “holdfast explore” may run fewer of the same: of orders that make no difference it runs one.)'

/** Why the position of an address is not shown, and what is shown in its place. */
export function notShownText(
  text: string,
  address: Address | undefined,
  {
    data,
    shown,
  }: { readonly data: Pick<PageData, 'trees' | 'leftOut' | 'replayable'>; readonly shown: string },
): string {
  const instead = ` Shown instead: ${shown}.`
  if (address === undefined)
    return `The address of this page ends in “${text}”, which names no position.${instead}`
  const { strategy, scenario, clients } = address
  const isThere = [...data.trees, ...data.leftOut].some((each) => each.strategy === strategy)
  if (!isThere && !data.replayable.includes(strategy))
    return `There is no strategy called “${strategy}” on this page.${instead}`
  const out = data.leftOut.find(
    (each) => each.strategy === strategy && each.scenario === scenario && each.clients === clients,
  )
  const why = out === undefined ? '' : `: ${out.why}`
  return `There is no recording of ${strategy} in “${scenario}” with ${counted(clients, 'buyer')}${why}.${instead}`
}
