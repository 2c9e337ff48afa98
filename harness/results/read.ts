/** Reads results files. Invalid ones are rejected with one sentence. */
import { readFile, stat } from 'node:fs/promises'
import type { Results } from './results.ts'
import { ResultsFileError } from './results-file-error.ts'

/** A hundred times the size of a run of all strategies. */
const BYTES_MAX = 100 * 2 ** 20

/** Throws a `ResultsFileError` for anything but a complete results file of a supported version. */
export async function readResults(file: string): Promise<Results> {
  const data = dataIn(await contentOf(file), file)
  // Loaded on demand: the schema takes long to load.
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
    const why = isCut ? 'it is incomplete' : 'it is not JSON'
    throw new ResultsFileError(`${file} is not a results file: ${why}`, { cause })
  }
}
