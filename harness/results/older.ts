/** Upgrades older results to the current version. */
import { RESULTS_FORMAT, RESULTS_VERSION } from './constants.ts'

/** JSON that has not been validated. */
type Fields = Readonly<Record<string, unknown>>

export function isFields(data: unknown): data is Fields {
  return typeof data === 'object' && data !== null && !Array.isArray(data)
}

/** The version that the data claim; undefined if they claim none. */
export function versionOf(data: unknown): number | undefined {
  if (!isFields(data)) return undefined
  // Only version 1 has a number for its format.
  if (data.format === 1) return 1
  const { format, version } = data
  return format === RESULTS_FORMAT && Number.isInteger(version) ? Number(version) : undefined
}

/** The steps from each version to the next. Invalid data are left for the schema to reject. */
const STEPS: Readonly<Record<number, (older: Fields) => Fields>> = { 1: fromVersion1 }

/** `version`: of `versionOf`, not newer than the current one. */
export function upgraded(data: Fields, version: number): Fields {
  let current = data
  for (let at = version; at < RESULTS_VERSION; at++) current = STEPS[at]?.(current) ?? current
  return current
}

/**
 * A trial without a critical section had that of the settings. Two fields and two values of promises had
 * other names, and no strategy of that version needed session state.
 */
function fromVersion1({ format: _, version: __, ...rest }: Fields): Fields {
  const { settings, trials, control } = rest
  const usual = isFields(settings) ? settings.workInsideMs : undefined
  const complete = (trial: unknown): unknown => {
    if (!isFields(trial)) return trial
    const { promises } = trial
    return figuresRenamed({
      ...(usual !== undefined && { workInsideMs: usual }),
      ...trial,
      ...(isFields(promises) && { promises: promisesRenamed(promises) }),
    })
  }
  return {
    format: RESULTS_FORMAT,
    version: 2,
    ...rest,
    ...(isFields(settings) && { settings: figuresRenamed(settings) }),
    ...(isFields(control) && { control: figuresRenamed(control) }),
    ...(Array.isArray(trials) && { trials: trials.map(complete) }),
  }
}

function figuresRenamed({ workInsideMs, overheldUnits, ...rest }: Fields): Fields {
  return {
    ...rest,
    ...(workInsideMs !== undefined && { criticalSectionMs: workInsideMs }),
    ...(overheldUnits !== undefined && { overReservedUnits: overheldUnits }),
  }
}

function promisesRenamed(promises: Fields): Fields {
  const { unsafeUnder, refusedIds } = promises
  const fault = (name: unknown): unknown => (name === 'engine-forgets' ? 'lost-writes' : name)
  return {
    ...promises,
    ...(Array.isArray(unsafeUnder) && { unsafeUnder: unsafeUnder.map(fault) }),
    ...(refusedIds === 'afresh' && { refusedIds: 'retryable' }),
    needsSession: false,
    batches: false,
  }
}
