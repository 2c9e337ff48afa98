/** Answers one call after another by the sequential specification. Shares no code with the checker. */
import type { AuditRecord, HistoryHeader, LineRecord, Operation } from '../../harness/history/record.ts'
import type { HoldId, ResourceId } from '../../strategies/strategy.ts'
import type { Dice } from './seeded.ts'

export interface Call {
  readonly op: Operation['op']
  readonly id: HoldId
  /** Of a hold. */
  readonly lines: readonly LineRecord[]
  readonly ttlMs: number
  /** Undefined if it never takes effect. */
  readonly effectUs: number | undefined
  /** Whether its answer is lost. */
  readonly isUnknown: boolean
}

interface Life {
  readonly lines: readonly LineRecord[]
  readonly ttlMs: number
  readonly deadlineMs: number
  readonly versions: readonly number[] | undefined
  status: 'held' | 'confirmed' | 'released'
  /** When the engine's clock shows the deadline, and when it frees the units. */
  readonly expiresUs: number
  readonly freedUs: number
}

export interface SimulatedEngineOptions {
  readonly dice: Dice
  readonly header: HistoryHeader
  readonly isVersioned: boolean
  /** Otherwise such requests are left out. */
  readonly answersSoldOut: boolean
}

const UNKNOWN = { result: 'info', error: 'timeout' }
const OK = { result: 'ok' }
const GONE = { result: 'fail', why: 'gone' }
const ID_REUSED = { result: 'fail', why: 'id-reused' }

export class SimulatedEngine {
  readonly #dice: Dice
  readonly #header: HistoryHeader
  readonly #resourceIds: [ResourceId, ...ResourceId[]]
  readonly #capacity: ReadonlyMap<ResourceId, number>
  readonly #isVersioned: boolean
  readonly #answersSoldOut: boolean
  readonly #lives = new Map<HoldId, Life>()
  readonly #refused = new Map<HoldId, { readonly resourceId: ResourceId; readonly request: string }>()
  readonly #versions = new Map<ResourceId, number>()

  constructor({ dice, header, isVersioned, answersSoldOut }: SimulatedEngineOptions) {
    const [first, ...others] = header.resources.map(({ id }) => id)
    if (first === undefined) throw new RangeError('there are no resources')
    this.#dice = dice
    this.#header = header
    this.#resourceIds = [first, ...others]
    this.#capacity = new Map(header.resources.map(({ id, capacity }) => [id, capacity]))
    this.#isVersioned = isVersioned
    this.#answersSoldOut = answersSoldOut
  }

  /** The fields of the record; undefined if the call is left out. */
  answer(call: Call): object | undefined {
    const { op, id: holdId, lines, ttlMs, isUnknown } = call
    const answer = this.#take(call)
    if (answer === undefined) return undefined
    const request = op === 'hold' ? { holdId, lines, ttlMs } : op === 'availability' ? {} : { holdId }
    return { op, ...request, ...(isUnknown ? UNKNOWN : answer) }
  }

  /** What a witness reads at rest; holds that are due count as expired. */
  audit(takenUs: number): AuditRecord {
    const holds = [...this.#lives].map(([id, { status, expiresUs, lines, deadlineMs }]) => ({
      id,
      status: status === 'held' && takenUs >= expiresUs ? ('expired' as const) : status,
      lines,
      deadlineMs,
    }))
    const taken = (resourceId: ResourceId): number =>
      holds
        .filter(({ status }) => status === 'held' || status === 'confirmed')
        .reduce((sum, { lines }) => sum + unitsIn(lines, resourceId), 0)
    return {
      type: 'audit',
      takenUs,
      resources: this.#resourceIds.map((id) => ({ id, taken: taken(id) })),
      holds,
      complaints: [],
      probes: this.#resourceIds.map((resourceId) => {
        const units = this.#capacityOf(resourceId) - taken(resourceId)
        return { resourceId, unitsExpected: units, unitsHeld: units, oneMoreRefused: true }
      }),
    }
  }

  #take(call: Call): object | undefined {
    switch (call.op) {
      case 'availability':
        return this.#read(call.effectUs ?? 0)
      case 'confirm':
        return this.#confirm(call)
      case 'release':
        return this.#release(call)
      case 'hold':
        return call.effectUs === undefined ? UNKNOWN : this.#hold(call, call.effectUs)
    }
  }

  /** A read that counts due units as free does so because they are; the engine frees them from then on. */
  #read(us: number): object {
    const resourceId = this.#dice.pick(this.#resourceIds)
    const freed = this.#dice.chance(50) ? (life: Life) => life.freedUs : (life: Life) => life.expiresUs
    const free = this.#capacityOf(resourceId) - this.#used(resourceId, us, freed)
    return { ...OK, available: [[resourceId, free]] }
  }

  #confirm({ id, effectUs }: Call): object {
    const life = this.#lives.get(id)
    const isGood = isLive(life, effectUs) || life?.status === 'confirmed'
    if (effectUs !== undefined && life !== undefined && isGood) life.status = 'confirmed'
    return isGood ? OK : GONE
  }

  #release({ id, effectUs }: Call): object {
    const life = this.#lives.get(id)
    if (life !== undefined && isLive(life, effectUs)) life.status = 'released'
    if (life?.status === 'released') return OK
    return life?.status === 'confirmed' ? { result: 'fail', why: 'already-confirmed' } : GONE
  }

  #hold({ id, lines, ttlMs, isUnknown }: Call, us: number): object | undefined {
    const soldOut = (resourceId: ResourceId) => ({ result: 'fail', why: 'sold-out', resourceId, attempts: 1 })
    const request = JSON.stringify([lines, ttlMs])
    const life = this.#lives.get(id)
    if (life !== undefined) return this.#again(life, lines, request)
    const before = this.#refused.get(id)
    if (before !== undefined && this.#dice.chance(30)) {
      if (!this.#answersSoldOut) return undefined
      return before.request === request ? soldOut(before.resourceId) : ID_REUSED
    }
    if (this.#dice.chance(5)) return { result: 'fail', why: 'contended', reason: 'deadlock', attempts: 3 }
    const isShort = ([id, units]: LineRecord) =>
      this.#used(id, us, (one) => one.freedUs) + units > this.#capacityOf(id)
    const [first, ...others] = lines.filter(isShort)
    if (first === undefined) return this.#grant(id, lines, ttlMs, us)
    const [resourceId] = this.#dice.pick([first, ...others])
    if (!this.#answersSoldOut) return isUnknown ? UNKNOWN : undefined
    this.#refused.set(id, { resourceId, request })
    return soldOut(resourceId)
  }

  /** The same lines in another order may be recognized as the same request, or not. */
  #again(life: Life, lines: readonly LineRecord[], request: string): object {
    const isExact = JSON.stringify([life.lines, life.ttlMs]) === request
    const isSame = isExact || (setOf(life.lines) === setOf(lines) && this.#dice.chance(50))
    return isSame ? grantOf(life, lines) : ID_REUSED
  }

  #grant(id: HoldId, lines: readonly LineRecord[], ttlMs: number, us: number): object {
    const { clock, freesLateMs } = this.#header
    const errorUs = clock.errorMs * 1_000
    const deadlineUs = us + ttlMs * 1_000
    const expiresUs = Math.max(us, deadlineUs - errorUs + this.#dice.below(2 * errorUs + 1))
    const life: Life = {
      lines,
      ttlMs,
      deadlineMs: clock.offsetMs + deadlineUs / 1_000,
      versions: this.#isVersioned ? lines.map(([resourceId]) => this.#nextVersion(resourceId)) : undefined,
      status: 'held',
      expiresUs,
      freedUs: expiresUs + this.#dice.below(deadlineUs + errorUs + freesLateMs * 1_000 - expiresUs + 1),
    }
    this.#lives.set(id, life)
    return grantOf(life, lines)
  }

  #nextVersion(resourceId: ResourceId): number {
    const version = (this.#versions.get(resourceId) ?? 0) + 1
    this.#versions.set(resourceId, version)
    return version
  }

  #used(resourceId: ResourceId, us: number, freedUs: (life: Life) => number): number {
    let sum = 0
    for (const life of this.#lives.values()) {
      if (life.status === 'released' || (life.status === 'held' && us >= freedUs(life))) continue
      sum += unitsIn(life.lines, resourceId)
    }
    return sum
  }

  #capacityOf(resourceId: ResourceId): number {
    return this.#capacity.get(resourceId) ?? 0
  }
}

function isLive(life: Life | undefined, us: number | undefined): boolean {
  return life?.status === 'held' && us !== undefined && us < life.expiresUs
}

/** Versions in the order of the request's lines. */
function grantOf({ deadlineMs, versions, lines: granted }: Life, lines: readonly LineRecord[]): object {
  const versionOf = (id: ResourceId) => versions?.[granted.findIndex(([other]) => other === id)] ?? 0
  const reported = versions === undefined ? {} : { versions: lines.map(([id]) => versionOf(id)) }
  return { ...OK, deadlineMs, ...reported, attempts: 1 }
}

function unitsIn(lines: readonly LineRecord[], resourceId: ResourceId): number {
  return lines.reduce((sum, [id, units]) => (id === resourceId ? sum + units : sum), 0)
}

function setOf(lines: readonly LineRecord[]): string {
  return lines
    .map(([id, units]) => `${id} ${units}`)
    .sort()
    .join()
}
