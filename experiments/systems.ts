/** What has to be run for a strategy, and what an answer of it means there. */
import { engineKinds } from '../harness/engines/registry.ts'
import { listed } from '../harness/report/format.ts'
import type { StrategyEntry } from '../strategies/registry.ts'
import type { ExperimentData } from './data.ts'

/** `PostgreSQL and Redis (at least 3)`. */
export function systemsOf({
  engines,
  serversMin = {},
}: Pick<StrategyEntry, 'engines' | 'serversMin'>): string {
  return listed(
    engines.map((name) => {
      const title = engineKinds.find((kind) => kind.name === name)?.title ?? name
      const least = serversMin[name]
      return least === undefined ? title : `${title} (at least ${least})`
    }),
  )
}

/** What the words of `durabilityOf` mean, for below a table. */
export const DURABILITY_MEANS =
  '*Durability* says when a server answers. *durable* (PostgreSQL, TigerBeetle) and *always* (Redis, `appendfsync always`): once what it says is on disk. *relaxed* (PostgreSQL), *everysec* (Redis) and *none* (Redis): before, so that a crash may lose what was sold. Two words: one for each system.'

/** As its engines acknowledged in these runs; a dash for engines that were not there. */
export function durabilityOf({ engines }: Pick<StrategyEntry, 'engines'>, { runs }: ExperimentData): string {
  const found = runs.flatMap(({ results }) =>
    results.engines.flatMap(({ name, durability }) => (engines.includes(name) ? [durability] : [])),
  )
  return found.length === 0 ? '–' : [...new Set(found)].join(', ')
}
