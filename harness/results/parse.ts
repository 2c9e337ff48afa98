/** Data to results: an older version is brought up to the present one, and the schema has the last word. */
import { Check } from 'typebox/schema'
import { RESULTS_VERSION } from './constants.ts'
import { isFields, upgraded, versionOf } from './older.ts'
import { firstProblem } from './problem.ts'
import { type Results, ResultsSchema } from './results.ts'
import { ResultsFileError } from './results-file-error.ts'

/**
 * Nothing is left out, not even what the schema does not know. Throws a `ResultsFileError`.
 * `name`: what the sentence of a refusal calls the data.
 */
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
