/** A violation as data: the colliding holds along a common line of time, ready to be drawn. */
import type { HoldId } from '../../strategies/strategy.ts'
import type { HistoryHeader, Operation } from '../history/record.ts'
import type { Rule, Verdict, Violation } from './verdict.ts'

/** All moments are milliseconds since the first call of the history. */
export interface Race {
  readonly rule: Rule
  readonly kind: Violation['kind']
  /** One sentence with the figures. */
  readonly message: string
  readonly resourceId?: string
  /** The moment at which the rule was broken, if the rule has one. */
  readonly atMs?: number
  /** When the first of the calls shown was made. */
  readonly fromMs: number
  /** When the last of the calls shown returned. */
  readonly untilMs: number
  /** The holds that collide, the ones named in `message` first. */
  readonly holds: readonly RaceHold[]
  /** Reads of availability that contradict them. */
  readonly reads: readonly RaceCall[]
}

/** One hold and the calls about it. */
export interface RaceHold {
  readonly holdId: string
  /** What it requested; empty if its own request is not part of the evidence. */
  readonly lines: readonly (readonly [resourceId: string, quantity: number])[]
  readonly calls: readonly RaceCall[]
  /** When its answers prove that it had its units; no end if they were sold, or never released. */
  readonly has?: { readonly fromMs: number; readonly untilMs?: number }
}

/** One call of one client. */
export interface RaceCall {
  readonly client: number
  readonly op: Operation['op']
  /** The answer in a few words. */
  readonly answer: string
  readonly isUnknown: boolean
  readonly fromMs: number
  readonly untilMs: number
}

/**
 * The first violation that shows an oversell, or else the first of all; `undefined` if none shows any
 * operation.
 */
export function raceOf(verdict: Verdict, header: HistoryHeader): Race | undefined {
  const shown = verdict.violations.filter(({ operations }) => operations.length > 0)
  const violation = shown.find(({ kind, atUs }) => kind === 'oversell' && atUs !== undefined) ?? shown[0]
  return violation === undefined ? undefined : raceOfViolation(violation, header, verdict.firstInvokedUs)
}

/**
 * `originUs`: the origin of all times; by default the first call shown. The violation must show operations.
 */
export function raceOfViolation(violation: Violation, header: HistoryHeader, originUs?: number): Race {
  const { rule, kind, message, resourceId, atUs, operations } = violation
  const moments = operations.flatMap(({ invokedUs, returnedUs }) => [invokedUs, returnedUs])
  if (atUs !== undefined) moments.push(atUs)
  const fromUs = Math.min(...moments)
  const untilUs = Math.max(...moments)
  const zeroUs = originUs ?? fromUs
  const ms = (us: number): number => (us - zeroUs) / 1_000
  return {
    rule,
    kind,
    message,
    ...(resourceId !== undefined && { resourceId }),
    ...(atUs !== undefined && { atMs: ms(atUs) }),
    fromMs: ms(fromUs),
    untilMs: ms(untilUs),
    holds: holdIdsOf(violation).flatMap((holdId) => raceHolds(holdId, operations, { header, ms })),
    reads: operations.filter(({ op }) => op === 'availability').map((read) => raceCall(read, ms)),
  }
}

/** The holds that collide, then the others with operations shown. */
function holdIdsOf({ holdIds, operations }: Violation): readonly HoldId[] {
  const shown = operations.flatMap((operation) => (operation.op === 'availability' ? [] : [operation.holdId]))
  return [...new Set<HoldId>([...holdIds, ...shown])]
}

/** The hold with its calls; undefined if none of them is shown. */
function raceHolds(
  holdId: HoldId,
  operations: readonly Operation[],
  { header, ms }: { readonly header: HistoryHeader; readonly ms: (us: number) => number },
): readonly RaceHold[] {
  const own = operations.filter((operation) => operation.op !== 'availability' && operation.holdId === holdId)
  if (own.length === 0) return []
  const request = own.find((operation) => operation.op === 'hold')
  const has = certainlyHas(own, header)
  return [
    {
      holdId,
      lines: request?.lines ?? [],
      calls: own.map((operation) => raceCall(operation, ms)),
      ...(has !== undefined && {
        has: {
          fromMs: ms(has.fromUs),
          ...(Number.isFinite(has.untilUs) && { untilMs: ms(has.untilUs) }),
        },
      }),
    },
  ]
}

function raceCall(operation: Operation, ms: (us: number) => number): RaceCall {
  return {
    client: operation.process,
    op: operation.op,
    answer: answerOf(operation),
    isUnknown: operation.result === 'info',
    fromMs: ms(operation.invokedUs),
    untilMs: ms(operation.returnedUs),
  }
}

function answerOf(operation: Operation): string {
  if (operation.result === 'info') return 'unknown'
  switch (operation.op) {
    case 'hold':
      return operation.result === 'ok' ? 'held' : operation.why.replaceAll('-', ' ')
    case 'confirm':
      return operation.result === 'ok' ? 'confirmed' : operation.why
    case 'release':
      return operation.result === 'ok' ? 'released' : operation.why.replaceAll('-', ' ')
    case 'availability':
      return operation.available.map(([id, units]) => `${units} of ${id}`).join(', ')
    default:
      throw new Error(`no such operation: ${JSON.stringify(operation satisfies never)}`)
  }
}

/**
 * When these operations prove that the hold had its units: the lower envelope, as `envelopes.ts` defines it.
 */
function certainlyHas(
  operations: readonly Operation[],
  { clock }: HistoryHeader,
): { readonly fromUs: number; readonly untilUs: number } | undefined {
  let fromUs = Number.POSITIVE_INFINITY
  let untilUs = Number.POSITIVE_INFINITY
  let sold = false
  const released = operations.some(({ op, result }) => op === 'release' && result === 'ok')
  for (const operation of operations) {
    if (operation.result === 'ok') fromUs = Math.min(fromUs, operation.returnedUs)
    if (operation.op === 'confirm' && operation.result === 'ok') sold = true
    if (operation.op === 'release' && operation.result !== 'fail')
      untilUs = Math.min(untilUs, operation.invokedUs)
    if (operation.op === 'hold' && operation.result === 'ok' && !released) {
      untilUs = Math.min(untilUs, (operation.deadlineMs - clock.offsetMs - clock.errorMs) * 1_000)
    }
  }
  if (sold) untilUs = Number.POSITIVE_INFINITY
  return fromUs < untilUs ? { fromUs, untilUs } : undefined
}
