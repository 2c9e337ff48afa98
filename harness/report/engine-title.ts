/** The name of an engine in headings: the product that the run found, without its version, or its title. */
import type { EngineName } from '../../strategies/strategy.ts'
import { engineKinds } from '../engines/registry.ts'
import type { Results } from '../results/results.ts'

export function engineTitle({ engines }: Pick<Results, 'engines'>, name: EngineName): string {
  const version = engines.find((each) => each.name === name)?.version
  if (version !== undefined) return version.replace(/\s+v?\d.*$/, '')
  return engineKinds.find((kind) => kind.name === name)?.title ?? name
}
