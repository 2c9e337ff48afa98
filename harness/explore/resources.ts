/** The resources of a scenario, under names that are unique to one schedule. */
import type { Resource } from '../../strategies/strategy.ts'
import type { Scenario } from './scenario.ts'

export function resourcesOf(scenario: Scenario, mark: string): readonly Resource[] {
  return Object.entries(scenario.seats).map(([name, capacity]) => ({
    id: `${name}${mark}` as Resource['id'],
    capacity,
  }))
}
