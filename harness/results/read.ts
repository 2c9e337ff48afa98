/** Reads results files back. What is none is refused in one sentence, before anything is made of it. */
import { readFile, stat } from 'node:fs/promises'
import type { Results } from './results.ts'
import { ResultsFileError } from './results-file-error.ts'

/** A run of every strategy writes about a megabyte; what is a hundred times larger was not written by one. */
const BYTES_MAX = 100 * 2 ** 20

/** Throws a `ResultsFileError` for whatever is not a whole results file of a version that is read. */
export async function readResults(file: string): Promise<Results> {
  const data = dataIn(await contentOf(file), file)
  // Loaded when there is something to read: it takes longer to load than most command lines take to answer.
  const { parseResults } = await import('./parse.ts')
  return parseResults(data, file)
}

async function contentOf(file: string): Promise<string> {
  const found = await stat(file).catch(() => undefined)
  if (found === undefined) throw new ResultsFileError(`the file ${file} does not exist`)
  if (!found.isFile()) throw new ResultsFileError(`${file} is not a file`)
  if (found.size === 0) throw new ResultsFileError(`${file} is not a results file: it is empty`)
  if (found.size > BYTES_MAX) {
    throw new ResultsFileError(`${file} is not a results file: it is larger than ${BYTES_MAX / 2 ** 20} MiB`)
  }
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new ResultsFileError(`${file} cannot be read`, { cause })
  }
}

function dataIn(content: string, file: string): unknown {
  try {
    return JSON.parse(content)
  } catch (cause) {
    const isCut = content.trimStart().startsWith('{') && !content.trimEnd().endsWith('}')
    const why = isCut ? 'it breaks off before its end' : 'it is not JSON'
    throw new ResultsFileError(`${file} is not a results file: ${why}`, { cause })
  }
}
