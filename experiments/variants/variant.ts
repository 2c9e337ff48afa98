/**
 * A strategy that only an experiment needs, made like one of the registry that has all but the technique in
 * common.
 */
import { on, registry, type StrategyEntry, type StrategyModule } from '../../strategies/registry.ts'

/** Throws a `RangeError` if the registry has no strategy `like`, or one without a ledger. */
export function variant(
  like: string,
  name: string,
  summary: string,
  load: () => Promise<StrategyModule<'postgres'>>,
): StrategyEntry {
  const entry = registry.find((each) => each.name === like)
  if (entry?.ledger === undefined) throw new RangeError(`no strategy "${like}" has a ledger`)
  return on(['postgres'], entry.ledger, name, summary, load, entry.promises)
}
