/**
 * What a strategy whose store is not read has acknowledged is asked of it again, by a process that has seen
 * nothing of the trial: a sale that only lived in the memory of the process that made it is then gone, and
 * the checker says so.
 */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { HoldId } from '../../strategies/strategy.ts'
import { whyNotShareable } from '../entries/shareable.ts'
import { reasonOf } from '../errors.ts'
import type { Ground } from '../ground/ground.ts'
import type { Operation } from '../history/record.ts'

/** Of each kind; taken from the whole length of the play. */
const CALLS_MAX = 100
/** No caller of a workload and no probe has this number. */
const PROCESS = 2_000_000

export interface SaidAgain {
  readonly operations: readonly Operation[]
  /** Why it could not be asked: then nothing is proven. */
  readonly failures: readonly string[]
}

/**
 * Nothing for a strategy that uses no engine, or that no other process can load: it has nowhere to keep
 * anything.
 */
export async function saidAgain(
  entry: StrategyEntry,
  ground: Ground,
  operations: readonly Operation[],
): Promise<SaidAgain> {
  if (entry.engines.length === 0 || whyNotShareable(entry) !== undefined)
    return { operations: [], failures: [] }
  const calls = {
    process: PROCESS,
    confirmed: acknowledged(operations, 'confirm'),
    released: acknowledged(operations, 'release'),
  }
  try {
    const { repeatElsewhere } = await import('../processes/repeat.ts')
    const strategy = entry.file === undefined ? { name: entry.name } : { file: entry.file }
    const repeated = await repeatElsewhere({ ...calls, strategy, attachment: ground.attachment(1) })
    return { operations: repeated, failures: [] }
  } catch (error) {
    return {
      operations: [],
      failures: [`what was acknowledged could not be asked again from another process: ${reasonOf(error)}`],
    }
  }
}

function acknowledged(operations: readonly Operation[], op: 'confirm' | 'release'): readonly HoldId[] {
  const all = [
    ...new Set(operations.flatMap((each) => (each.op === op && each.result === 'ok' ? [each.holdId] : []))),
  ]
  const stride = Math.max(1, Math.ceil(all.length / CALLS_MAX))
  return all.filter((_, at) => at % stride === 0)
}
