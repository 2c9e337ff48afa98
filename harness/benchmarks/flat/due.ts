/** How long after their deadlines the units of many holds can be held again. */
import type { StrategyEntry } from '../../../strategies/registry.ts'
import type { ReservationStrategy, ResourceId } from '../../../strategies/strategy.ts'
import { holdId, resourceId } from '../../../strategies/validation.ts'
import { monotonicMs } from '../../clock.ts'
import { formatCount } from '../../report/format.ts'
import { byCallers } from '../in-turn.ts'
import { fastestLike } from './fill.ts'
import { callersOf, type FlatSide } from './side.ts'

/** How many holds a second are made at least, which decides how early they must begin. */
const MADE_PER_SECOND_MIN = 1_500
const TTL_MS_MIN = 3_000
const POLL_MS = 5
const LATE_MS_MAX = 120_000
const SECOND_MS = 1_000

/**
 * A sentence: `count` holds on one resource fall due in the same second, and then one hold takes all units.
 */
export async function lateBy(entry: StrategyEntry, side: FlatSide, count: number): Promise<string> {
  const maker = fastestLike(entry)
  const strategy = await side.openBeside(maker)
  const due = resourceId('due-at-once')
  await strategy.createResources([{ id: due, capacity: count }])
  const { lastDeadlineMs, made } = await makeDue(strategy, { due, count, callers: callersOf(maker) })
  const what = `${formatCount(made)} holds due within one second`
  if (made < count) return `${what}: only ${made} of ${count} were made in time, so nothing was measured`
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, lastDeadlineMs - Date.now())))
  const begun = monotonicMs()
  for (let attempt = 0; ; attempt++) {
    const lines = [{ resourceId: due, quantity: count }]
    const request = { holdId: holdId(`all-${attempt}`), lines, ttlMs: SECOND_MS }
    const { kind } = await side.strategy.hold(request)
    const lateMs = Date.now() - lastDeadlineMs
    if (kind === 'held') {
      return `${what}: all their units were held again ${lateMs.toFixed(0)} ms after the last deadline, at call ${attempt + 1}`
    }
    if (monotonicMs() > begun + LATE_MS_MAX) return `${what}: still not free after ${lateMs.toFixed(0)} ms`
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** Times to live are whole seconds, so the later a hold is made, the shorter is the one that it asks for. */
async function makeDue(
  strategy: ReservationStrategy,
  { due, count, callers }: { readonly due: ResourceId; readonly count: number; readonly callers: number },
): Promise<{ readonly lastDeadlineMs: number; readonly made: number }> {
  const targetMs = Date.now() + TTL_MS_MIN + (count / MADE_PER_SECOND_MIN) * SECOND_MS
  let begun = 0
  let made = 0
  let lastDeadlineMs = 0
  const lines = [{ resourceId: due, quantity: 1 }]
  const next = async (): Promise<boolean> => {
    const leftMs = targetMs - Date.now()
    if (begun >= count || leftMs < TTL_MS_MIN) return false
    const ttlMs = Math.ceil(leftMs / SECOND_MS) * SECOND_MS
    const outcome = await strategy.hold({ holdId: holdId(`due-${begun++}`), lines, ttlMs })
    if (outcome.kind !== 'held') throw new Error(`a hold that could not fail was ${outcome.kind}`)
    made++
    lastDeadlineMs = Math.max(lastDeadlineMs, outcome.deadlineMs)
    return true
  }
  await byCallers(callers, next)
  return { lastDeadlineMs, made }
}
