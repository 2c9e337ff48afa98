/** The published table of faults, as data: what strategies survive, as measured with this version. */
import path from 'node:path'
import { readResults } from './read.ts'
import type { Results } from './results.ts'
import { ResultsFileError } from './results-file-error.ts'

export const PUBLISHED_FAULTS = path.resolve(import.meta.dirname, '../../docs/results/faults.json')

/** Without cells if none is published, as in an installed package. */
export async function publishedFaultTable(): Promise<Pick<Results, 'faults' | 'commit'>> {
  try {
    return await readResults(PUBLISHED_FAULTS)
  } catch (error) {
    if (error instanceof ResultsFileError) return {}
    throw error
  }
}
