/**
 * Shortens the events of a schedule for readers: requests that a client sends to several nodes at once, and
 * their answers, become one.
 */
import type { Event } from './schedule-run.ts'

const NODE = /^node (\d+): /

export function condense(events: readonly Event[]): readonly Event[] {
  const nodes = new Set(events.flatMap(({ text }) => NODE.exec(text)?.[1] ?? []))
  const told: Event[] = []
  let askedOf: string[] = []
  for (const event of events) {
    const node = event.kind === 'asks' ? NODE.exec(event.text)?.[1] : undefined
    const text = node === undefined ? event.text : event.text.replace(NODE, '')
    const last = told.at(-1)
    const goesOn = last?.kind === event.kind && last.step === event.step && last.client === event.client
    if (event.kind === 'asks' && goesOn && node !== undefined && last.text.startsWith(text)) {
      askedOf.push(node)
      told[told.length - 1] = { ...last, text: `${text} (nodes ${askedOf.join(', ')})` }
    } else if (event.kind === 'answers' && goesOn) {
      told[told.length - 1] = { ...last, text: `${last.text}, ${text}` }
    } else {
      if (event.kind === 'asks') askedOf = node === undefined ? [] : [node]
      const isOneOfSeveral = node !== undefined && nodes.size > 1
      told.push({ ...event, text: isOneOfSeveral ? `${text} (node ${node})` : text })
    }
  }
  return told
}
