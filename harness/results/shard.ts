/** A part of a run, for one of several machines: the same seeds, disjoint work. */
import type { Static } from 'typebox'
import { count, object } from './schema.ts'

export const ShardSchema = object({
  /** From 1 to `of`. */
  index: count,
  of: count,
})

/** The `index`-th of `of` parts of a run. */
export type Shard = Static<typeof ShardSchema>

/** Every `of`-th item, so that neighbours, which take about as long, are spread; all without a shard. */
export function ofShard<Item>(items: readonly Item[], shard: Shard | undefined): readonly Item[] {
  if (shard === undefined) return items
  return items.filter((_, at) => at % shard.of === shard.index - 1)
}
