/** The virtual users of every script: rivals for one seat, buyers as in the profile, viewers. */
import { sleep } from 'k6'
import exec from 'k6/execution'
import http from 'k6/http'
import { judgeStore, printOf } from './audit.ts'
import { confirm, holdTogether, isMissing, release, type Told, type Wanted } from './calls.ts'
import * as counts from './metrics.ts'
import { behaviour, profile } from './profiles.ts'
import { BASE_URL, TIMEOUT } from './service.ts'
import { handOver } from './tally.ts'
import { freeSeatAt, seatAt, type Venue } from './venue.ts'

/** The share of buyers that pay. */
const KEPT_SHARE = 0.8
const RIVALS = 4
const PAUSE_S = 0.1
/** One in this many seats that rivals got is released, and requested again. */
const RELEASED_EVERY = 4

/** A buyer, or a few with concurrent requests for the same seat: their holds, and how they end. */
export function buy(venue: Venue): void {
  throughTo(() => {
    const wanted = wantedIn(venue)
    const ids = holdIds(venue, behaviour.together ?? 1)
    const told = holdTogether(wanted, ids)
    if (behaviour.wants !== 'class') judgeTogether(told)
    for (const [at, holdId] of ids.entries()) {
      if (told[at] === 'held' && isKept()) pay(wanted, at, holdId)
      else if (told[at] === 'held') release(at, holdId, true)
      else giveUp(told[at], at, holdId)
    }
    if (profile === 'spike') {
      counts.knowsMs.add(Date.now() - exec.scenario.startTime)
      counts.spikeStartedMs.add(exec.scenario.startTime)
    }
  })
}

/**
 * Several request the next seat at the same moment, and no others do, so that each answer can be judged here:
 * one of them gets it alone. It pays, or releases the seat, which is then available again. This runs if no
 * scenario is named, as with `--vus 5 --duration 5s`.
 */
export default function rivals(venue: Venue): void {
  throughTo(() => {
    const number = exec.scenario.iterationInTest
    if (number >= venue.free) {
      // Every seat has been requested; with a second request, wrong answers could not be attributed.
      sleep(PAUSE_S)
      return
    }
    // From the last seat down, because the contended seat is the first.
    const seat = seatAt(venue, freeSeatAt(venue, venue.free - 1 - number))
    const wanted = { event: venue.event, name: seat }
    const [again = '', ...ids] = holdIds(venue, RIVALS + 1).reverse()
    const told = holdTogether(wanted, ids)
    judgeTogether(told)
    if (told.every((each) => each === 'sold-out')) counts.falseSoldOut.add(1)
    for (const [at, holdId] of ids.entries()) {
      if (told[at] === 'held' && number % RELEASED_EVERY === 0) {
        if (release(at, holdId, true) === 'done' && isAlone(told)) askAgain(wanted, again)
      } else if (told[at] === 'held') {
        if (pay(wanted, at, holdId)) comeLate(wanted, holdId, again)
      } else giveUp(told[at], at, holdId)
    }
  })
}

/** A released seat is available: another buyer requests it and pays. */
function askAgain(wanted: Wanted, holdId: string): void {
  const [told] = holdTogether(wanted, [holdId])
  if (told === 'sold-out') counts.falseSoldOut.add(1)
  if (told === 'held') pay(wanted, 0, holdId)
  else giveUp(told, 0, holdId)
}

/** A sold seat is booked, and no longer available. */
function comeLate(wanted: Wanted, sold: string, holdId: string): void {
  if (isMissing(sold)) counts.missingBookings.add(1)
  const [told] = holdTogether(wanted, [holdId])
  if (told === 'held') {
    counts.heldTwice.add(1)
    release(0, holdId, true)
  } else giveUp(told, 0, holdId)
}

/** For one seat. The buyer that got it has it until the hold ends, which it has not yet. */
function judgeTogether(told: readonly Told[]): void {
  const winners = told.filter((each) => each === 'held').length
  if (winners > 1) counts.heldTwice.add(winners - 1)
  if (winners === 1 && told.length > 1 && isAlone(told)) counts.decided.add(1)
}

/** No other buyer can have it, not even with an unknown outcome. */
function isAlone(told: readonly Told[]): boolean {
  return (
    told.filter((each) => each === 'held').length === 1 &&
    !told.some((each) => each === 'unknown' || each === 'unexpected')
  )
}

/** Whether it is sold. A confirmed seat is added to the sums that are compared with the store. */
function pay({ event, name }: Wanted, at: number, holdId: string): boolean {
  const settled = confirm(at, holdId)
  if (settled === 'done') {
    counts.lostSales.add(1)
    counts.misplacedSales.add(printOf(`${event}:${name}`))
  }
  if (settled === 'unsettled') counts.unsettled.add(1)
  if (settled !== 'refused') counts.phantomSales.add(1)
  return settled === 'done'
}

/** It may be held, so it is released. */
function giveUp(told: Told | undefined, at: number, holdId: string): void {
  if (told === 'unknown' || told === 'unexpected') release(at, holdId, false)
}

function isKept(): boolean {
  return behaviour.fate === 'confirm' || (behaviour.fate === 'mostly-confirm' && Math.random() < KEPT_SHARE)
}

/** One viewer, who loads the seat map for the first time. */
export function look(venue: Venue): void {
  const map = http.get(`${BASE_URL}/events/${venue.event}/seats`, { timeout: TIMEOUT, tags: { name: 'map' } })
  if (map.status !== 200) {
    counts.unexpected.add(map.status === 503 ? 0 : 1)
    counts.turnedAway.add(map.status === 503 ? 1 : 0)
    return
  }
  counts.mapsSeen.add(1)
  counts.mapMs.add(map.timings.duration)
  counts.mapAgeMs.add(Number(map.headers['X-Age-Ms']))
}

/** Audits the store from outside, and records whether the run had its planned duration. */
export function teardown({ baseline, startedMs }: Venue): void {
  judgeStore(baseline)
  if (Date.now() - startedMs < plannedMs()) counts.cutShort.add(1)
}

/** The duration of the scenarios; 0 for those without one. */
function plannedMs(): number {
  const scenarios: readonly object[] = Object.values(exec.test.options.scenarios ?? {})
  const ends = scenarios.map((each) => {
    const { executor, startTime, duration, stages = [] } = each as Timed
    if (executor.endsWith('iterations')) return 0
    const level = duration === undefined ? stages.map((stage) => msOf(stage.duration)) : [msOf(duration)]
    return msOf(startTime) + level.reduce((sum, ms) => sum + ms, 0)
  })
  return Math.max(0, ...ends)
}

interface Timed {
  readonly executor: string
  readonly startTime?: string | null
  readonly duration?: string | null
  readonly stages?: readonly { readonly duration: string }[]
}

/** Parses `1m2s`; 0 for anything else. */
function msOf(text: string | null | undefined): number {
  let ms = 0
  for (const [, figure, unit] of (text ?? '').matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)) {
    ms += Number(figure) * (UNIT_MS[unit ?? ''] ?? 0)
  }
  return ms
}

const UNIT_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }

/** A buyer that does not reach the end counts as unfinished; k6 ignores errors that a script throws. */
function throughTo(act: () => void): void {
  counts.unfinished.add(1)
  try {
    act()
  } catch (error) {
    counts.unexpected.add(1)
    console.error(String(error))
  }
  handOver()
  counts.unfinished.add(-1)
}

/** They name their event, by which an engine of several servers finds them. */
function holdIds({ event, run }: Venue, count: number): string[] {
  const buyer = `${event}:${run}-${exec.scenario.name}-${exec.vu.idInTest}-${exec.vu.iterationInInstance}`
  return Array.from({ length: count }, (_, at) => `${buyer}-${at}`)
}

/** The seat or tier that this buyer requests. */
function wantedIn(venue: Venue): Wanted {
  const { event, classes, seats } = venue
  switch (behaviour.wants) {
    case 'class':
      return { event, name: classes[0] ?? seatAt(venue, 0) }
    case 'one-seat':
      return { event, name: seatAt(venue, freeSeatAt(venue, 0)) }
    case 'any-seat':
      return { event, name: seatAt(venue, Math.floor(Math.random() * seats)) }
  }
}
