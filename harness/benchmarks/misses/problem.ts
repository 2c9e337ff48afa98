/**
 * A history as a search problem: its events, when each can have happened, and what is known about each hold.
 * Written from the prose of the contract and of the record format alone; it shares no code with the checker.
 */
import type {
  AuditRecord,
  HistoryHeader,
  HistoryRecord,
  LineRecord,
  Operation,
} from '../../history/record.ts'

/** One event: the effect of a call, and its interval. Holds, resources and payloads are numbers. */
export type HistoryEvent = {
  readonly fromUs: number
  readonly toUs: number
  /** Whether it certainly happened. An event of unknown outcome may never happen. */
  readonly certain: boolean
  /** The caller, and the index of its call: a caller's next call begins after the previous one has ended. */
  readonly process: number
  readonly call: number
} & (
  | {
      readonly op: 'hold'
      readonly hold: number
      readonly payload: number
      readonly ttlUs: number
      readonly reply: HoldAnswer
    }
  | { readonly op: 'confirm'; readonly hold: number; readonly reply: 'ok' | 'gone' | 'unknown' }
  | {
      readonly op: 'release'
      readonly hold: number
      readonly reply: 'ok' | 'already-confirmed' | 'gone' | 'unknown'
    }
  | { readonly op: 'read'; readonly resource: number; readonly units: number }
)

type HoldAnswer =
  | { readonly kind: 'held' | 'id-reused' | 'unknown' }
  | { readonly kind: 'sold-out'; readonly resource: number }

/** The lines of a request, in a form that does not depend on their order. */
interface Payload {
  readonly hold: number
  readonly lines: readonly (readonly [resource: number, units: number])[]
}

/** What the answers say about a hold, if anything. */
interface Known {
  payload?: number
  deadlineUs?: number
  /** Whether a request for it was not refused, or may not have been. */
  mayBeMade?: boolean
  /** In the order of the payload's lines. */
  versions?: readonly number[]
}

interface Rest {
  readonly takenUs: number
  /** The stored status of each hold; `undefined` if it has no row. */
  readonly status: readonly (AuditRecord['holds'][number]['status'] | undefined)[]
}

export interface LegalityProblem {
  readonly capacities: readonly number[]
  readonly errorUs: number
  readonly lateUs: number
  readonly exactRefusals: boolean
  readonly events: readonly HistoryEvent[]
  readonly payloads: readonly Payload[]
  readonly holds: readonly Known[]
  readonly rest?: Rest
  /** Whether an ended hold may be stored as released or as expired. */
  readonly endsAlike?: boolean
}

/** The problem, or why the history is impossible in any order of its events. */
export function problemOf(records: readonly HistoryRecord[]): LegalityProblem | string {
  const header = records.find((record) => record.type === 'history')
  if (header === undefined) return 'there is no header'
  const reading = new Reading(header)
  let audit: AuditRecord | undefined
  for (const record of records) {
    if (record.type === 'operation') reading.add(record)
    else if (record.type === 'audit') audit = record
  }
  const rest = audit === undefined ? undefined : reading.atRest(audit)
  if (reading.contradiction !== undefined) return reading.contradiction
  return reading.problem(rest)
}

class Reading {
  readonly #header: HistoryHeader
  readonly #resources: readonly string[]
  readonly #ids = new Map<string, number>()
  readonly #payloadKeys = new Map<string, number>()
  readonly #payloads: Payload[] = []
  readonly #holds: Known[] = []
  readonly #events: HistoryEvent[] = []
  #calls = 0
  /** The first contradiction that no order of events can explain. */
  contradiction: string | undefined

  constructor(header: HistoryHeader) {
    this.#header = header
    this.#resources = header.resources.map(({ id }) => id)
  }

  problem(rest: Rest | undefined): LegalityProblem {
    const { clock, freesLateMs, refusals, resources } = this.#header
    return {
      capacities: resources.map(({ capacity }) => capacity),
      errorUs: Math.round(clock.errorMs * 1_000),
      lateUs: Math.round(freesLateMs * 1_000),
      exactRefusals: refusals === 'exact',
      // The store is read when no request is in flight any more.
      events: this.#events.map((event) => ({
        ...event,
        toUs: Math.min(event.toUs, rest?.takenUs ?? event.toUs),
      })),
      payloads: this.#payloads,
      holds: this.#holds,
      ...(rest === undefined ? {} : { rest }),
    }
  }

  add(operation: Operation): void {
    const certain = operation.result !== 'info'
    const fromUs = operation.invokedUs
    const toUs = certain ? operation.returnedUs : Number.POSITIVE_INFINITY
    const when = { fromUs, toUs, certain, process: operation.process, call: this.#calls++ }
    switch (operation.op) {
      case 'hold':
        this.#addHold(operation, when)
        break
      case 'confirm': {
        const reply =
          operation.result === 'info' ? 'unknown' : operation.result === 'ok' ? 'ok' : operation.why
        this.#events.push({ ...when, op: 'confirm', hold: this.#hold(operation.holdId), reply })
        break
      }
      case 'release': {
        const reply =
          operation.result === 'info' ? 'unknown' : operation.result === 'ok' ? 'ok' : operation.why
        this.#events.push({ ...when, op: 'release', hold: this.#hold(operation.holdId), reply })
        break
      }
      case 'availability':
        if (operation.result !== 'ok') break
        for (const [id, units] of operation.available) {
          this.#events.push({ ...when, op: 'read', resource: this.#resources.indexOf(id), units })
        }
    }
  }

  #addHold(
    operation: Operation & { readonly op: 'hold' },
    when: Pick<HistoryEvent, 'fromUs' | 'toUs' | 'certain' | 'process' | 'call'>,
  ): void {
    const hold = this.#hold(operation.holdId)
    const payload = this.#payload(hold, operation.lines)
    if (operation.result !== 'fail') this.#holds[hold] = { ...this.#holds[hold], mayBeMade: true }
    const asked = { ...when, op: 'hold', hold, payload, ttlUs: operation.ttlMs * 1_000 } as const
    if (operation.result === 'info') this.#events.push({ ...asked, reply: { kind: 'unknown' } })
    else if (operation.result === 'ok') {
      const order = operation.lines.map(([id], at) => [
        this.#resources.indexOf(id),
        operation.versions?.[at] ?? 0,
      ])
      const versions = order.toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0)).map(([, version]) => version ?? 0)
      this.#learn(hold, {
        payload,
        deadlineUs: this.#deadlineUs(operation.deadlineMs),
        ...(operation.versions === undefined ? {} : { versions }),
      })
      this.#events.push({ ...asked, reply: { kind: 'held' } })
    } else if (operation.why === 'sold-out') {
      const resource = this.#resources.indexOf(operation.resourceId)
      if (!operation.lines.some(([id]) => id === operation.resourceId)) {
        this.contradiction ??= 'sold out is said of a resource that was not asked for'
      }
      this.#events.push({ ...asked, reply: { kind: 'sold-out', resource } })
    } else if (operation.why === 'id-reused') this.#events.push({ ...asked, reply: { kind: 'id-reused' } })
    // Contended has no effect and claims nothing: it is not an event.
  }

  /** The store at rest as statuses, after all checks that need no order of events. */
  atRest(audit: AuditRecord): Rest {
    const status: Rest['status'][number][] = this.#holds.map(() => undefined)
    if (audit.complaints.length > 0) this.contradiction ??= 'the auditor complains'
    const alive = this.#resources.map(() => 0)
    for (const row of audit.holds) {
      const hold = this.#ids.get(row.id)
      if (hold === undefined) {
        this.contradiction ??= 'the store has a hold that nobody asked for'
        continue
      }
      if (status[hold] !== undefined) this.contradiction ??= 'the store has a hold twice'
      status[hold] = row.status
      this.#learn(hold, {
        payload: this.#payload(hold, row.lines),
        deadlineUs: this.#deadlineUs(row.deadlineMs),
      })
      if (row.status !== 'held' && row.status !== 'confirmed') continue
      for (const [id, units] of row.lines) {
        const resource = this.#resources.indexOf(id)
        alive[resource] = (alive[resource] ?? 0) + units
      }
    }
    this.#checkCounters(audit, alive)
    return { takenUs: audit.takenUs, status }
  }

  #checkCounters(audit: AuditRecord, alive: readonly number[]): void {
    for (const { id, taken } of audit.resources) {
      if (taken !== alive[this.#resources.indexOf(id)])
        this.contradiction ??= 'a counter is not the sum of its rows'
    }
    for (const probe of audit.probes) {
      const resource = this.#resources.indexOf(probe.resourceId)
      const free = (this.#header.resources[resource]?.capacity ?? 0) - (alive[resource] ?? 0)
      const right = probe.unitsExpected === free && probe.unitsHeld === free && probe.oneMoreRefused
      if (!right) this.contradiction ??= 'the probe does not find what is free'
    }
  }

  /** One id has one payload, one deadline and one list of versions, however often it is answered. */
  #learn(hold: number, said: Known): void {
    const known = this.#holds[hold] ?? {}
    if (known.payload !== undefined && known.payload !== said.payload) {
      this.contradiction ??= 'one id was granted with two payloads'
    }
    if (known.deadlineUs !== undefined && known.deadlineUs !== said.deadlineUs) {
      this.contradiction ??= 'one id has two deadlines'
    }
    if (known.versions !== undefined && said.versions !== undefined) {
      if (String(known.versions) !== String(said.versions))
        this.contradiction ??= 'one id has two lists of versions'
    }
    this.#holds[hold] = { ...known, ...said }
  }

  #hold(id: string): number {
    const known = this.#ids.get(id)
    if (known !== undefined) return known
    this.#ids.set(id, this.#holds.length)
    return this.#holds.push({}) - 1
  }

  #payload(hold: number, lines: readonly LineRecord[]): number {
    const numbered = lines
      .map(([id, units]) => [this.#resources.indexOf(id), units] as const)
      .toSorted((a, b) => a[0] - b[0])
    const key = `${hold}:${numbered.join(';')}`
    const known = this.#payloadKeys.get(key)
    if (known !== undefined) return known
    this.#payloadKeys.set(key, this.#payloads.length)
    return this.#payloads.push({ hold, lines: numbered }) - 1
  }

  /** On the history's clock, give or take ε. */
  #deadlineUs(deadlineMs: number): number {
    return Math.round((deadlineMs - this.#header.clock.offsetMs) * 1_000)
  }
}
