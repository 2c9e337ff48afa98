/**
 * History of a waiting room -> verdict. It convicts only of what is certain: what happened did so between
 * call and answer, and a place is inside from the answer that let it in until the first call that may have
 * ended it.
 *
 * Rules: nobody is admitted twice; nobody who waits is forgotten; the limits are never exceeded; the order is
 * kept; the draw is the one that was committed to; the length counts the living.
 */
import { drawFault } from '../queue/draw.ts'
import { GAP_MS, MINUTE_MS, type PlaceId } from '../queue/room.ts'
import type { RoomHistory, RoomRecord, Span } from './records.ts'

export const ROOM_RULES = ['twice', 'forgotten', 'limits', 'order', 'draw', 'length'] as const
export type RoomRule = (typeof ROOM_RULES)[number]

interface RoomFault {
  readonly rule: RoomRule
  readonly sentence: string
}

export interface RoomVerdict {
  readonly kind: 'valid' | 'invalid' | 'unknown'
  readonly faults: readonly RoomFault[]
  /** Calls that came before one of somebody who was certainly ahead. */
  readonly inversions: number
  /** What the verdict rests on. */
  readonly seen: Readonly<Record<'joins' | 'calls' | 'entries' | 'passedOver' | 'ended' | 'unknown', number>>
}

type Of<Kind extends RoomRecord['kind']> = Extract<RoomRecord, { kind: Kind }>

/** All that was seen of one place. */
interface Story {
  readonly place: PlaceId
  joined?: Of<'join'>
  readonly calls: Of<'call'>[]
  readonly entries: Of<'enter'>[]
  readonly ends: Of<'end'>[]
}

const US = 1_000
/** A clock may be set by so much before the room notices. */
const MARGIN_US = GAP_MS * US

export function judgeRoom(history: RoomHistory): RoomVerdict {
  const stories = storiesOf(history.records)
  const order = orderFaults(stories, history)
  const faults = [
    ...twiceFaults(stories, history),
    ...forgottenFaults(stories, history),
    ...limitFaults(stories, history),
    ...order.faults,
    ...drawFaults(history),
    ...lengthFaults(history),
  ]
  const count = (kind: RoomRecord['kind']): number =>
    history.records.filter((each) => each.kind === kind).length
  const passedOver = history.records.filter(
    (each) => each.kind === 'end' && each.why === 'passed-over',
  ).length
  const seen = {
    joins: count('join'),
    calls: count('call'),
    entries: count('enter'),
    ended: count('end'),
    unknown: count('unknown'),
    passedOver,
  }
  const isObserved = seen.joins > 0 && seen.calls > 0 && seen.entries > 0
  const kind = faults.length > 0 ? 'invalid' : isObserved ? 'valid' : 'unknown'
  return { kind, faults, inversions: order.inversions, seen }
}

function storiesOf(records: readonly RoomRecord[]): ReadonlyMap<PlaceId, Story> {
  const stories = new Map<PlaceId, Story>()
  for (const record of records) {
    if (!('place' in record)) continue
    const { place } = record
    const story = stories.get(place) ?? { place, calls: [], entries: [], ends: [] }
    stories.set(place, story)
    if (record.kind === 'join') {
      // The first answer; a repeated join may know the number that it lacked.
      if (story.joined === undefined || record.returnedUs < story.joined.returnedUs) story.joined = record
    } else if (record.kind === 'call') story.calls.push(record)
    else if (record.kind === 'enter') story.entries.push(record)
    else if (record.kind === 'end') story.ends.push(record)
  }
  return stories
}

function twiceFaults(stories: ReadonlyMap<PlaceId, Story>, { records }: RoomHistory): RoomFault[] {
  const faults: RoomFault[] = []
  const fault = (sentence: string): void => void faults.push({ rule: 'twice', sentence })
  for (const { place, calls, entries, ends } of stories.values()) {
    if (calls.length > 1) fault(`${place} was called ${calls.length} times`)
    const end = ends.find((each) => entries.some((entry) => each.returnedUs < entry.invokedUs))
    if (end !== undefined) fault(`${place} was let in after it had ended (${end.why})`)
    if (ends.length > 1) fault(`${place} has ended ${ends.length} times`)
  }
  const ofIdentity = new Map<string, Of<'join'>[]>()
  for (const each of records) {
    if (each.kind !== 'join') continue
    const same = ofIdentity.get(each.identity) ?? []
    same.push(each)
    ofIdentity.set(each.identity, same)
  }
  for (const [identity, joins] of ofIdentity) {
    const inTime = joins.toSorted((a, b) => a.invokedUs - b.invokedUs)
    for (const [at, join] of inTime.entries()) {
      const before = inTime[at - 1]
      if (before === undefined || before.place === join.place || before.returnedUs > join.invokedUs) continue
      const ended = stories.get(before.place)?.ends.some((end) => end.invokedUs <= join.returnedUs)
      if (ended !== true && !mayHaveEnded(records, before, join))
        fault(`${identity} has ${before.place} and ${join.place}`)
    }
  }
  return faults
}

/** An end may be in an answer that never came. */
function mayHaveEnded(records: readonly RoomRecord[], from: Span, to: Span): boolean {
  return records.some(
    (each) => each.kind === 'unknown' && each.invokedUs <= to.returnedUs && each.returnedUs >= from.invokedUs,
  )
}

function forgottenFaults(stories: ReadonlyMap<PlaceId, Story>, { atRest }: RoomHistory): RoomFault[] {
  const faults: RoomFault[] = []
  const { views, figures } = atRest
  let waits: PlaceId | undefined
  for (const { place, joined, ends } of stories.values()) {
    const view = views.get(place)?.kind ?? 'unknown'
    if (view === 'waiting') waits ??= place
    if (joined !== undefined && view === 'unknown' && ends.length === 0)
      faults.push({ rule: 'forgotten', sentence: `${place} joined, and is not known any more` })
  }
  const { isOpen, door, stock, perMinute, activeMax, called, inside } = figures
  const wouldCall = isOpen && door === 'queue' && stock === 'some' && perMinute === 0
  if (waits !== undefined && wouldCall && called + inside < activeMax)
    faults.push({
      rule: 'forgotten',
      sentence: `${waits} waits, though ${called + inside} of ${activeMax} are inside`,
    })
  return faults
}

/** From when until when a place counts for certain. */
interface Active {
  readonly place: PlaceId
  readonly fromUs: number
  readonly untilUs: number
}

function limitFaults(stories: ReadonlyMap<PlaceId, Story>, history: RoomHistory): RoomFault[] {
  const limits = history.records.filter((each) => each.kind === 'limits')
  return [...activeFaults(stories, history, limits), ...minuteFaults(history, limits)]
}

function activeFaults(
  stories: ReadonlyMap<PlaceId, Story>,
  { rules }: RoomHistory,
  limits: readonly Of<'limits'>[],
): RoomFault[] {
  const active: Active[] = []
  for (const { place, calls, entries, ends } of stories.values()) {
    const [call] = calls
    const [entry] = entries
    const fromUs = Math.min(
      call?.returnedUs ?? Number.POSITIVE_INFINITY,
      entry?.returnedUs ?? Number.POSITIVE_INFINITY,
    )
    const lastsUs =
      entry === undefined ? (call?.invokedUs ?? 0) + rules.comeMs * US : entry.invokedUs + rules.insideMs * US
    const untilUs = Math.min(lastsUs - MARGIN_US, ...ends.map((end) => end.invokedUs))
    if (fromUs < untilUs) active.push({ place, fromUs, untilUs })
  }
  active.sort((a, b) => a.fromUs - b.fromUs)
  const faults: RoomFault[] = []
  for (const { place, calls } of stories.values()) {
    for (const call of calls) {
      // Those before it in the same move are called already.
      const others = active.filter(
        (each) => each.place !== place && each.fromUs <= call.invokedUs && each.untilUs >= call.returnedUs,
      ).length
      const inSame = call.nth + 1
      const most = mostOf(limits, call, ({ activeMax }) => activeMax)
      if (others + inSame > most)
        faults.push({
          rule: 'limits',
          sentence: `${others + inSame} are called or inside with ${place}; the limit is ${most}`,
        })
    }
  }
  return faults
}

function minuteFaults({ records }: RoomHistory, limits: readonly Of<'limits'>[]): RoomFault[] {
  const first = new Map<PlaceId, Of<'enter'>>()
  for (const each of records) {
    if (each.kind !== 'enter') continue
    const known = first.get(each.place)
    if (known === undefined || each.returnedUs < known.returnedUs) first.set(each.place, each)
  }
  const entries = [...first.values()].sort((a, b) => a.invokedUs - b.invokedUs)
  const windowUs = MINUTE_MS * US - MARGIN_US
  const faults: RoomFault[] = []
  entries.forEach((entry, at) => {
    const window = { invokedUs: entry.invokedUs, returnedUs: entry.invokedUs + windowUs }
    let within = 0
    for (let next = at; next < entries.length; next++) {
      const other = entries[next]
      if (other === undefined || other.invokedUs > window.returnedUs) break
      if (other.returnedUs <= window.returnedUs) within += 1
    }
    const most = mostOf(limits, window, ({ perMinute }) => perMinute || Number.POSITIVE_INFINITY)
    if (within > most)
      faults.push({
        rule: 'limits',
        sentence: `${within} entered within a minute after ${entry.place}; the limit is ${most}`,
      })
  })
  return faults
}

/** The highest limit that may have been in force during a span: a call is judged by that. */
function mostOf(limits: readonly Of<'limits'>[], span: Span, of: (limits: Of<'limits'>) => number): number {
  let most = 0
  limits.forEach((each, at) => {
    const next = limits[at + 1]
    const isOver = next !== undefined && next.returnedUs < span.invokedUs
    if (each.invokedUs <= span.returnedUs && !isOver) most = Math.max(most, of(each))
  })
  return limits.length === 0 ? Number.POSITIVE_INFINITY : most
}

function orderFaults(
  stories: ReadonlyMap<PlaceId, Story>,
  { atRest }: RoomHistory,
): { readonly faults: RoomFault[]; readonly inversions: number } {
  const faults: RoomFault[] = []
  const joins = [...stories.values()].flatMap(({ joined }) => (joined?.number === undefined ? [] : [joined]))
  const numbered = (each: Of<'join'>): number => each.number ?? 0
  for (const { late, early } of overtaken(joins, numbered, (each) => each)) {
    faults.push({
      rule: 'order',
      sentence: `${late.place} came after ${early.place} and drew ${numbered(late)}, before ${numbered(early)}`,
    })
  }
  const calls = [...stories.values()].flatMap((story) =>
    story.calls.slice(0, 1).map((call) => ({ story, call })),
  )
  const outOfTurn = overtaken(
    calls,
    ({ call }) => call.number,
    ({ call }) => call,
  ).filter(({ late, early }) => {
    const { joined } = late.story
    return joined !== undefined && joined.returnedUs < early.call.invokedUs
  })
  for (const { late, early } of outOfTurn) {
    const sentence = `${early.call.place} (${early.call.number}) was called before ${late.call.place} (${late.call.number})`
    faults.push({ rule: 'order', sentence })
  }
  const left = skipped(
    stories,
    calls.map(({ call }) => call),
    atRest.views,
  )
  for (const place of left)
    faults.push({ rule: 'order', sentence: `${place} still waits, and somebody behind was called` })
  return { faults, inversions: outOfTurn.length + left.length }
}

/** Pairs of which one came certainly later, and has the smaller number. One pair for each that came later. */
function overtaken<Item>(
  items: readonly Item[],
  numberOf: (item: Item) => number,
  spanOf: (item: Item) => Span,
): readonly { readonly late: Item; readonly early: Item }[] {
  const byEnd = items.toSorted((a, b) => spanOf(a).returnedUs - spanOf(b).returnedUs)
  const byStart = items.toSorted((a, b) => spanOf(a).invokedUs - spanOf(b).invokedUs)
  const pairs: { readonly late: Item; readonly early: Item }[] = []
  let at = 0
  let highest: Item | undefined
  for (const late of byStart) {
    for (
      let before = byEnd[at];
      before !== undefined && spanOf(before).returnedUs < spanOf(late).invokedUs;
      before = byEnd[++at]
    )
      if (highest === undefined || numberOf(before) > numberOf(highest)) highest = before
    if (highest !== undefined && numberOf(highest) > numberOf(late)) pairs.push({ late, early: highest })
  }
  return pairs
}

/** Those who wait at rest, though somebody with a higher number was called after they had joined. */
function skipped(
  stories: ReadonlyMap<PlaceId, Story>,
  calls: readonly Of<'call'>[],
  views: RoomHistory['atRest']['views'],
): readonly PlaceId[] {
  return [...stories.values()].flatMap(({ place, joined }) => {
    const view = views.get(place)
    if (view?.kind !== 'waiting' || joined === undefined) return []
    const behind = calls.some((call) => call.number > view.number && joined.returnedUs < call.invokedUs)
    return behind ? [place] : []
  })
}

function drawFaults({ draw }: RoomHistory): RoomFault[] {
  const sentence = draw && drawFault(draw.commitment, draw.seed, draw.places)
  return sentence === undefined ? [] : [{ rule: 'draw', sentence }]
}

/** Only where every place is known: then the length is the number of those who wait. */
function lengthFaults({ atRest: { views, figures }, records }: RoomHistory): RoomFault[] {
  if (records.some((each) => each.kind === 'unknown' && each.of === 'join')) return []
  const waiting = [...views.values()].filter(({ kind }) => kind === 'waiting' || kind === 'entrant').length
  if (waiting === figures.length) return []
  return [{ rule: 'length', sentence: `the length is ${figures.length}, and ${waiting} wait` }]
}
