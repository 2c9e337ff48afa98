/** A file is missing, or is not a results file. The message is one sentence for the user. */
export class ResultsFileError extends Error {
  override readonly name = 'ResultsFileError'
  readonly code = 'results-file'
}
