/** Parses results: upgrades an older version, then validates against the schema. */
import { Check } from 'typebox/schema'
import { RESULTS_VERSION } from './constants.ts'
import { isFields, upgraded, versionOf } from './older.ts'
import { firstProblem } from './problem.ts'
import { type Results, ResultsSchema } from './results.ts'
import { ResultsFileError } from './results-file-error.ts'

/** Keeps fields that the schema does not know. Throws a `ResultsFileError` that calls the data `name`. */
export function parseResults(data: unknown, name: string): Results {
  const version = versionOf(data)
  if (version !== undefined && (version < 1 || version > RESULTS_VERSION)) {
    throw new ResultsFileError(
      `${name} is a results file of version ${version}, and this Holdfast reads versions 1 to ${RESULTS_VERSION}: ` +
        'read it with the Holdfast that wrote it, or make the run again with this one',
    )
  }
  const current = isFields(data) && version !== undefined ? upgraded(data, version) : data
  if (isResults(current)) return current
  throw new ResultsFileError(`${name} is not a results file: ${firstProblem(ResultsSchema, current)}`)
}

function isResults(data: unknown): data is Results {
  return Check(ResultsSchema, data)
}
