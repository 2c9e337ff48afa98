/** Recordings as files: one of each strategy, so that a run that ends early keeps what it has. */
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { makeFolder, saveWhole } from '../../harness/save.ts'
import type { PackedTree } from './data/packed-tree.ts'
import type { LeftOut } from './data/recording.ts'

export interface StoredRecording {
  readonly format: 1
  readonly strategy: string
  readonly recordedAt: string
  /** The engines of the strategy, with their versions. */
  readonly engines: readonly string[]
  readonly trees: readonly PackedTree[]
  readonly leftOut: readonly LeftOut[]
}

/** Where the recordings of the repository are. */
export const RECORDINGS: string = path.resolve(import.meta.dirname, '../../docs/results/scheduler')

/** A tree is one line. */
export async function saveRecording(folder: string, recording: StoredRecording): Promise<void> {
  const { trees, ...rest } = recording
  const facts = JSON.stringify(rest).slice(0, -1)
  const lines = trees.map((tree) => JSON.stringify(tree)).join(',\n')
  await makeFolder(folder)
  await saveWhole(path.join(folder, `${recording.strategy}.json`), `${facts},"trees":[\n${lines}\n]}\n`)
}

/** By name; none if there is no such folder. Throws for a file of another format. */
export async function storedRecordings(folder: string = RECORDINGS): Promise<readonly StoredRecording[]> {
  const names = await readdir(folder).catch(() => [])
  const files = names.filter((name) => name.endsWith('.json')).toSorted()
  return await Promise.all(
    files.map(async (name) => {
      const recording = JSON.parse(await readFile(path.join(folder, name), 'utf8')) as StoredRecording
      if (recording.format !== 1) throw new Error(`${name} has another format`)
      return recording
    }),
  )
}
