/**
 * Churn, with two sweepers that run continuously besides the buyers.
 *
 * It answers: does a sweeper expire only what is due? One that ends sales or live holds lets their units be
 * sold again; two at once may free the same hold twice.
 */
import { churn } from './churn.ts'
import type { Caller, PlanSettings, Workload, WorkloadPlan } from './workload.ts'

const SWEEPERS = 2
/** Few, so that sweeps overlap. */
const HOLDS_AT_ONCE = 5
/** Often enough that a sweep runs at every deadline; not so often that the engine does nothing else. */
const BETWEEN_MS = 10

/** A caller that sweeps for as long as the run lasts. */
export function sweeper(): Caller {
  return {
    role: 'bystander',
    next: () => ({ kind: 'sweep', limit: HOLDS_AT_ONCE, pauseMs: BETWEEN_MS }),
  }
}

export const sweep: Workload = {
  name: 'sweep',
  summary: 'short holds and late confirms, while two sweepers free expired holds',
  plan(settings: PlanSettings): WorkloadPlan {
    const plan = churn.plan(settings)
    // They are among the configured callers, and at least one buyer remains.
    const length = Math.min(SWEEPERS, plan.callers.length - 1)
    const sweepers = Array.from({ length }, sweeper)
    return { ...plan, callers: [...plan.callers.slice(0, plan.callers.length - length), ...sweepers] }
  },
}
