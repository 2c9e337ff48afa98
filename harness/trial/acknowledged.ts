/**
 * If a strategy's store is not read, a new process, which has no memory of the trial, asks the strategy again
 * about what it acknowledged: a sale that only existed in the memory of the process that made it is then
 * gone, and the checker reports it.
 */
import type { StrategyEntry } from '../../strategies/registry.ts'
import type { HoldId } from '../../strategies/strategy.ts'
import { whyNotShareable } from '../entries/shareable.ts'
import { reasonOf } from '../errors.ts'
import type { Ground } from '../ground/ground.ts'
import type { Operation } from '../history/record.ts'

/** How many of each kind; sampled from the whole run. */
const CALLS_MAX = 100
/** A number that no caller of a workload and no probe has. */
const PROCESS = 2_000_000

export interface RepeatedAcknowledged {
  readonly operations: readonly Operation[]
  /** Why it could not be asked: then nothing is proved. */
  readonly failures: readonly string[]
}

/**
 * Does nothing for a strategy without an engine, or one that no other process can load: it has nowhere to
 * store anything.
 */
export async function repeatedAcknowledged(
  entry: StrategyEntry,
  ground: Ground,
  operations: Iterable<Operation>,
): Promise<RepeatedAcknowledged> {
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
      failures: [`acknowledged holds could not be checked from another process: ${reasonOf(error)}`],
    }
  }
}

function acknowledged(operations: Iterable<Operation>, op: 'confirm' | 'release'): readonly HoldId[] {
  const ids = new Set<HoldId>()
  for (const each of operations) if (each.op === op && each.result === 'ok') ids.add(each.holdId)
  const all = [...ids]
  const stride = Math.max(1, Math.ceil(all.length / CALLS_MAX))
  return all.filter((_, at) => at % stride === 0)
}
