/**
 * A part of a history as a search problem: resources that holds connect with each other, and which of their
 * holds were granted, confirmed and released, numbered from 0; and what was refused and read of them. Built
 * from the envelopes, whose bounds it uses.
 */
import { AnswerCode, answersHold, mayGrant } from '../history/answer-code.ts'
import { byteAt, doubleAt, intAt } from './at.ts'
import type { HistoryColumns } from './columns.ts'
import { decidedFromUs, GRAIN_MS_MAX, grainMs, TOLERANCE_MS } from './deadline-grain.ts'
import { deadlineOf, type Envelopes } from './envelopes.ts'
import { type Observation, observationsOf } from './observations.ts'
import { READ_US_MAX } from './store.ts'

/** One call. Holds, payloads and resources are numbers of the problem. */
export interface SearchStep {
  /** One of `AnswerCode`. */
  readonly answer: number
  readonly hold: number
  /** For a request for a hold; otherwise -1. */
  readonly payload: number
  readonly fromUs: number
  /** Infinity if the outcome is unknown: it may also never have happened. */
  readonly untilUs: number
  /** No deadline of its hold can have been decided by this call before; minus infinity if that is unknown. */
  readonly decidedFromUs: number
}

/** The payload of a request. */
interface SearchPayload {
  readonly lines: readonly (readonly [resource: number, units: number])[]
}

export interface SearchHold {
  /** Its number in the history. */
  readonly hold: number
  /** The payload that was granted; -1 if unknown. */
  readonly granted: number
  /** The version of each line of the granted payload; empty without. */
  readonly versions: ReadonlyMap<number, number>
  readonly dueFromUs: number
  readonly liveUntilUs: number
  readonly freedByUs: number
  /** As it is stored; `undefined` if that is unknown. */
  readonly stored: 'confirmed' | 'released' | 'unsold' | 'absent' | undefined
}

export interface SearchProblem {
  /** Numbers in the history. */
  readonly resources: readonly number[]
  readonly capacities: readonly number[]
  readonly steps: readonly SearchStep[]
  readonly payloads: readonly SearchPayload[]
  readonly holds: readonly SearchHold[]
  /** When the store was read, at the earliest and at the latest; absent if it was not. */
  readonly stored?: { readonly fromUs: number; readonly byUs: number }
  /** Their holds and resources are numbers of the problem. */
  readonly observations: readonly Observation[]
  /** Whether each hold is taken as granted when its deadline is decided. */
  readonly isDated: boolean
}

/** Grants, confirms and releases alone, in the order that versions give. */
export function byVersion(problem: SearchProblem): SearchProblem {
  return { ...problem, observations: [], isDated: false }
}

/**
 * Grants, confirms and releases alone, each hold granted when its deadline is decided. A technique may take
 * the units earlier; that it took them later leaves more room for others, and nobody confirms, releases or
 * repeats a hold that has no deadline yet. A refusal, a read or a version in between could tell.
 */
export function byDeadline(problem: SearchProblem): SearchProblem {
  const holds = problem.holds.map((hold) => ({ ...hold, versions: new Map<number, number>() }))
  return { ...problem, holds, observations: [], isDated: true }
}

/** The limits of the search: larger parts would take too long. */
const RESOURCES_MAX = 4
const CLIENTS_MAX = 16
const OPERATIONS_MAX = 300
const UNKNOWN_MAX = 8
/** Of a part with more, none is searched: they are judged one by one. */
const OBSERVATIONS_MAX = 100

/** Whether a part with so many resources, and calls that are searched, may be small enough. */
export function mayBeSearched(resources: number, calls: number): boolean {
  return calls > 0 && calls <= OPERATIONS_MAX && resources <= RESOURCES_MAX
}

/** Each part that is small enough. */
export function searchProblems(envelopes: Envelopes): readonly SearchProblem[] {
  const { history, capacities } = envelopes
  const { audit } = history
  const parts = partsOf(envelopes)
  const clockGrainMs = parts.size === 0 ? 0 : clockGrain(history)
  const problems: SearchProblem[] = []
  for (const { resources, operations, observations } of parts.values()) {
    const clients = new Set(operations.map((operation) => history.process.at(operation)))
    const unknown = operations.filter((operation) => isUnknown(byteAt(history.answer, operation)))
    if (resources.length > RESOURCES_MAX || clients.size > CLIENTS_MAX) continue
    if (unknown.length > UNKNOWN_MAX) continue
    const ofPart = resources.map((resource) => doubleAt(capacities, resource))
    // Resources that the header does not name are not judged.
    if (ofPart.includes(Number.POSITIVE_INFINITY)) continue
    const reading = new Reading(envelopes, resources, clockGrainMs)
    const found = observations.length > OBSERVATIONS_MAX ? [] : observations
    problems.push({
      resources,
      capacities: ofPart,
      ...(audit === undefined
        ? {}
        : { stored: { fromUs: audit.takenUs, byUs: audit.takenUs + READ_US_MAX } }),
      ...reading.read(operations),
      observations: reading.observations(found),
      isDated: false,
    })
  }
  return problems
}

/** Whether a call concerns one hold and nothing else. */
export function isSearched(answer: number): boolean {
  switch (answer) {
    case AnswerCode.soldOut:
    case AnswerCode.contended:
    case AnswerCode.idReused:
    case AnswerCode.read:
    case AnswerCode.readUnknown:
      return false
    default:
      return true
  }
}

/** Whether it is unknown what became of a hold. */
export function isUnknown(answer: number): boolean {
  return (
    answer === AnswerCode.holdUnknown ||
    answer === AnswerCode.confirmUnknown ||
    answer === AnswerCode.releaseUnknown
  )
}

interface Part {
  readonly resources: number[]
  readonly operations: number[]
  readonly observations: Observation[]
}

/** Grouped by one resource of each. Parts with too many operations are left out. */
function partsOf(envelopes: Envelopes): ReadonlyMap<number, Part> {
  const { history, capacities } = envelopes
  const root = Int32Array.from(capacities, (_, resource) => resource)
  const rootOf = (resource: number): number => {
    let at = resource
    while (intAt(root, at) !== at) at = intAt(root, at)
    root[resource] = at
    return at
  }
  const firstOf = resourceOfHolds(envelopes, (one, other) => {
    root[rootOf(other)] = rootOf(one)
  })
  const rootOfOperation = (operation: number): number => {
    if (!isSearched(byteAt(history.answer, operation))) return -1
    const first = intAt(firstOf, intAt(history.hold, operation))
    return first === -1 ? -1 : rootOf(first)
  }
  // Counted first, since most histories are too long to be collected.
  const counts = new Int32Array(capacities.length)
  for (let operation = 0; operation < history.count; operation++) {
    const at = rootOfOperation(operation)
    if (at !== -1) counts[at] = intAt(counts, at) + 1
  }
  const parts = new Map<number, Part>()
  for (let resource = 0; resource < capacities.length; resource++) {
    const at = rootOf(resource)
    const count = intAt(counts, at)
    if (count === 0 || count > OPERATIONS_MAX) continue
    const part = parts.get(at) ?? { resources: [], operations: [], observations: [] }
    parts.set(at, part)
    part.resources.push(resource)
  }
  if (parts.size === 0) return parts
  for (let operation = 0; operation < history.count; operation++) {
    parts.get(rootOfOperation(operation))?.operations.push(operation)
    for (const observation of observationsOf(envelopes, operation)) {
      const [figure] = observation.anyOf
      const part = figure && parts.get(rootOf(figure.resource))
      if (part !== undefined && part.observations.length <= OBSERVATIONS_MAX)
        part.observations.push(observation)
    }
  }
  return parts
}

/** One resource of each hold, -1 for none. `connects` is called with resources that one hold requests. */
function resourceOfHolds(
  { history, operationsOf }: Envelopes,
  connects: (one: number, other: number) => void,
): Int32Array {
  const firstOf = new Int32Array(history.holdCount).fill(-1)
  const add = (hold: number, resource: number): void => {
    const first = intAt(firstOf, hold)
    if (first === -1) firstOf[hold] = resource
    else if (first !== resource) connects(first, resource)
  }
  for (let hold = 0; hold < history.holdCount; hold++) {
    const end = operationsOf.end(hold)
    for (let at = operationsOf.start(hold); at < end; at++) {
      const operation = operationsOf.member(at)
      if (!answersHold(byteAt(history.answer, operation))) continue
      const lineEnd = history.lineEnd(operation)
      for (let line = history.lineStart(operation); line < lineEnd; line++) {
        add(hold, intAt(history.lineResource, line))
      }
    }
  }
  return firstOf
}

/** In milliseconds. One clock decides all deadlines: the finest that was told shows how finely it counts. */
function clockGrain({ answer, count, deadlineMs, clockGrainMs }: HistoryColumns): number {
  let finestMs = clockGrainMs ?? GRAIN_MS_MAX
  for (let operation = 0; operation < count; operation++) {
    if (byteAt(answer, operation) !== AnswerCode.held) continue
    finestMs = Math.min(finestMs, grainMs(doubleAt(deadlineMs, operation)))
  }
  return finestMs
}

/** Numbers the holds and payloads of one part. */
class Reading {
  readonly #envelopes: Envelopes
  readonly #resources: readonly number[]
  /** Of deadlines that nobody was told. */
  readonly #grainMs: number
  readonly #holdNumbers = new Map<number, number>()
  readonly #payloadNumbers = new Map<string, number>()
  readonly #payloads: SearchPayload[] = []
  readonly #holds: SearchHold[] = []

  constructor(envelopes: Envelopes, resources: readonly number[], clockGrainMs: number) {
    this.#envelopes = envelopes
    this.#resources = resources
    this.#grainMs = clockGrainMs
  }

  read(operations: readonly number[]): Pick<SearchProblem, 'steps' | 'payloads' | 'holds'> {
    const steps = operations.map((operation) => this.#stepOf(operation))
    return {
      steps: steps.toSorted((a, b) => a.untilUs - b.untilUs || a.fromUs - b.fromUs),
      payloads: this.#payloads,
      holds: this.#holds,
    }
  }

  /** To be called after `read`. Those that may be true of another part are left out. */
  observations(all: readonly Observation[]): readonly Observation[] {
    return all.flatMap(({ hold, anyOf, ...during }) => {
      const own = anyOf.map(({ resource, ...free }) => ({
        resource: this.#resources.indexOf(resource),
        ...free,
      }))
      if (own.some(({ resource }) => resource === -1)) return []
      return [{ hold: this.#holdNumbers.get(hold) ?? -1, anyOf: own, ...during }]
    })
  }

  #stepOf(operation: number): SearchStep {
    const { history } = this.#envelopes
    const answer = byteAt(history.answer, operation)
    return {
      answer,
      hold: this.#hold(intAt(history.hold, operation)),
      payload: answersHold(answer) ? this.#payload(operation) : -1,
      fromUs: doubleAt(history.invokedUs, operation),
      untilUs: isUnknown(answer) ? Number.POSITIVE_INFINITY : doubleAt(history.returnedUs, operation),
      decidedFromUs: this.#decidedFromUs(operation, answer),
    }
  }

  /** As wide as rule T has it. */
  #decidedFromUs(operation: number, answer: number): number {
    const { history, header } = this.#envelopes
    const deadlineMs = deadlineOf(this.#envelopes, intAt(history.hold, operation))
    if (!mayGrant(answer) || deadlineMs === undefined || header.clock.isStepped === true) {
      return Number.NEGATIVE_INFINITY
    }
    return decidedFromUs(deadlineMs, history.ttlMs.at(operation), header.clock)
  }

  /** Of a hold whose deadline is unknown, from the requests that may have granted it. */
  #dueFromUs(hold: number): number {
    const { history, header, operationsOf, dueFromUs } = this.#envelopes
    const knownUs = doubleAt(dueFromUs, hold)
    if (knownUs !== Number.NEGATIVE_INFINITY || header.clock.isStepped === true) return knownUs
    const earliestMs = operationsOf
      .membersOf(hold)
      .filter((operation) => mayGrant(byteAt(history.answer, operation)))
      .map((operation) => doubleAt(history.invokedUs, operation) / 1_000 + history.ttlMs.at(operation))
    // The clock may be off both when the deadline is decided and when it passes.
    const slackMs = 2 * header.clock.errorMs + this.#grainMs + TOLERANCE_MS
    return (Math.min(...earliestMs) - slackMs) * 1_000
  }

  /** For resources in this part. */
  #linesOf(operation: number): readonly (readonly [resource: number, units: number])[] {
    const { history } = this.#envelopes
    const lines: (readonly [number, number])[] = []
    for (let line = history.lineStart(operation); line < history.lineEnd(operation); line++) {
      const resource = this.#resources.indexOf(intAt(history.lineResource, line))
      if (resource !== -1) lines.push([resource, doubleAt(history.lineUnits, line)])
    }
    return lines
  }

  /** The same number for the same lines in any order. */
  #payload(operation: number): number {
    const lines = this.#linesOf(operation).toSorted((a, b) => a[0] - b[0])
    const key = lines.join(';')
    const known = this.#payloadNumbers.get(key)
    if (known !== undefined) return known
    this.#payloadNumbers.set(key, this.#payloads.length)
    return this.#payloads.push({ lines }) - 1
  }

  #hold(hold: number): number {
    const known = this.#holdNumbers.get(hold)
    if (known !== undefined) return known
    this.#holdNumbers.set(hold, this.#holds.length)
    const { grantedBy, liveUntilUs, header } = this.#envelopes
    const granted = intAt(grantedBy, hold)
    const untilUs = doubleAt(liveUntilUs, hold)
    return (
      this.#holds.push({
        hold,
        granted: granted === -1 ? -1 : this.#payload(granted),
        versions: granted === -1 ? new Map() : this.#versionsOf(granted),
        dueFromUs: this.#dueFromUs(hold),
        liveUntilUs: untilUs,
        freedByUs: untilUs + header.freesLateMs * 1_000,
        stored: this.#storedAs(hold, granted),
      }) - 1
    )
  }

  #versionsOf(granted: number): ReadonlyMap<number, number> {
    const { history } = this.#envelopes
    const versions = new Map<number, number>()
    if (byteAt(history.answer, granted) !== AnswerCode.held) return versions
    for (let line = history.lineStart(granted); line < history.lineEnd(granted); line++) {
      const version = doubleAt(history.lineVersion, line)
      const resource = this.#resources.indexOf(intAt(history.lineResource, line))
      if (!Number.isNaN(version)) versions.set(resource, version)
    }
    return versions
  }

  /** S judges a stored hold that nothing can have granted. */
  #storedAs(hold: number, granted: number): SearchHold['stored'] {
    const { history, auditOf, operationsOf } = this.#envelopes
    const at = intAt(auditOf, hold)
    if (at === -1 && history.audit !== undefined) return 'absent'
    const mayBeGranted = operationsOf
      .membersOf(hold)
      .some((operation) => mayGrant(byteAt(history.answer, operation)))
    if (at === -1 || granted === -1 || !mayBeGranted) return undefined
    const status = history.stored.status(at)
    return status === 'held' || status === 'expired' ? 'unsold' : status
  }
}
