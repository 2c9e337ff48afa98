/** An engine as a heading names it: the product that the run found, without its version. */
import type { EngineName } from '../../strategies/strategy.ts'
import type { Results } from '../results/results.ts'

export function engineTitle({ engines }: Pick<Results, 'engines'>, name: EngineName): string {
  const version = engines.find((each) => each.name === name)?.version
  return version?.replace(/\s+v?\d.*$/, '') ?? name
}
