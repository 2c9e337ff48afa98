/** A file is not there, or is not what a run writes. The message is one sentence for the user. */
export class ResultsFileError extends Error {
  override readonly name = 'ResultsFileError'
  readonly code = 'results-file'
}
