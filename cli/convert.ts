/** `holdfast convert FILE COPY`: copies a saved history in the other encoding. */
import { stat } from 'node:fs/promises'
import { Command } from 'commander'
import { UsageError } from '../harness/entries/usage-error.ts'
import { encodingOfFile, HistoryFormatError, readHistory, writeHistory } from '../harness/history/files.ts'
import type { Context } from './context.ts'
import { SUMMARIES } from './summaries.ts'

export function convertCommand({ output: { out } }: Context): Command {
  return new Command('convert')
    .description(SUMMARIES.convert.about)
    .argument('<file>', 'a saved history that is complete')
    .argument('<copy>', 'the file to write')
    .action(async (file: string, copy: string) => {
      const found = await stat(file).catch(() => undefined)
      if (found === undefined) throw new UsageError(`the file ${file} does not exist`)
      if (!found.isFile()) throw new UsageError(`${file} is not a file`)
      const there = await stat(copy).catch(() => undefined)
      if (there !== undefined) throw new UsageError(`${copy} exists already: name a new file`)
      const encoding = (await encodingOfFile(file)) === 'jsonl' ? 'binary' : 'jsonl'
      try {
        await writeHistory(copy, readHistory(file), { encoding, keepsFormat: true })
      } catch (error) {
        if (!(error instanceof HistoryFormatError)) throw error
        throw new UsageError(`${file} is not a complete history: ${error.message}`, { cause: error })
      }
      out.write(`${copy} (${encoding === 'jsonl' ? 'JSONL' : 'binary'}): ${(await stat(copy)).size} bytes\n`)
    })
}
