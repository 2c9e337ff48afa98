/** What a volume run has checked, trial by trial, and what all of it bounds. Pure. */
import type { Shard } from '../../results/shard.ts'

/** One trial. `unknown`: nothing was proved, so that it counts for nothing and is told. */
export interface VolumeTrial {
  readonly strategy: string
  readonly workload: string
  readonly seed: number
  readonly operations: number
  readonly verdict: 'valid' | 'invalid' | 'unknown'
  /** SHA-256 of the records of its history, one JSON object a line. */
  readonly sha256: string
  /** Why it is not valid. */
  readonly why?: string
}

/** What one machine writes. */
export interface VolumeRun {
  readonly commit: string
  readonly machine: string
  readonly engines: readonly string[]
  /** When the last trial ended. */
  readonly at: string
  /** The strategy that must be convicted, in this run as well. */
  readonly control: { readonly strategy: string; readonly caught: boolean }
  readonly trials: readonly VolumeTrial[]
}

/** In one sentence. */
export class VolumeError extends RangeError {
  override readonly name = 'VolumeError'
}

/** At most this rate of violations, with a confidence of 95 %, if none was found in so many operations. */
export function boundOf(operations: number): number {
  return operations === 0 ? 1 : 1 - 0.05 ** (1 / operations)
}

/** Seeds of one shard, without end: those of all shards are disjoint, and together all from 1 on. */
export function* seedsOf({ index, of }: Shard): Generator<number> {
  for (let seed = index; ; seed += of) yield seed
}

interface VolumeOf {
  readonly strategy: string
  readonly trials: number
  /** Of valid trials. */
  readonly operations: number
  readonly invalid: number
  readonly unknown: number
  /** SHA-256 hashes of its trials, by workload and seed. */
  readonly hashes: readonly string[]
}

/** By strategy, in the order of their first trials. */
export function volumesOf(trials: readonly VolumeTrial[]): readonly VolumeOf[] {
  return [...Map.groupBy(trials, ({ strategy }) => strategy)].map(([strategy, own]) => {
    const of = (verdict: VolumeTrial['verdict']) => own.filter((each) => each.verdict === verdict)
    return {
      strategy,
      trials: own.length,
      operations: of('valid').reduce((sum, { operations }) => sum + operations, 0),
      invalid: of('invalid').length,
      unknown: of('unknown').length,
      hashes: own.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1)).map(({ sha256 }) => sha256),
    }
  })
}

/** Throws `VolumeError` for runs that cannot be one: another commit or engine, one trial in two of them. */
export function mergedVolume(
  runs: readonly (readonly [name: string, VolumeRun])[],
): Omit<VolumeRun, 'machine'> & { readonly machines: readonly string[] } {
  const [first] = runs
  if (first === undefined) throw new VolumeError('there is nothing to merge')
  const [firstName, { commit, engines, control }] = first
  const seen = new Map<string, string>()
  for (const [name, run] of runs) {
    if (run.commit !== commit)
      throw new VolumeError(`${firstName} is of commit ${commit} and ${name} of ${run.commit}: use one`)
    if (run.engines.join() !== engines.join())
      throw new VolumeError(`${firstName} ran ${engines.join(', ')} and ${name} ${run.engines.join(', ')}`)
    if (!run.control.caught) throw new VolumeError(`the control of ${name} was not caught`)
    for (const trial of run.trials) {
      const other = seen.get(keyOf(trial))
      if (other !== undefined) throw new VolumeError(`${other} and ${name} both have ${keyOf(trial)}`)
      seen.set(keyOf(trial), name)
    }
  }
  if (runs.length > 1 && commit.endsWith('-dirty'))
    throw new VolumeError(`the runs are of ${commit}, with changes that may not have been the same`)
  return {
    commit,
    engines,
    control,
    machines: [...new Set(runs.map(([, { machine }]) => machine))],
    at:
      runs
        .map(([, { at }]) => at)
        .toSorted()
        .at(-1) ?? '',
    trials: runs.flatMap(([, { trials }]) => trials),
  }
}

function keyOf({ strategy, workload, seed }: VolumeTrial): string {
  return `${strategy} ${workload} ${seed}`
}
