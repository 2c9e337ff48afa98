/** `holdfast convert FILE COPY`: copies a saved history in the other encoding. */
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { Command } from 'commander'
import { UsageError } from '../harness/entries/usage-error.ts'
import {
  encodingOfFile,
  HistoryFormatError,
  HistoryWriteError,
  readHistory,
  writeHistory,
} from '../harness/history/files.ts'
import { saveError } from '../harness/save.ts'
import type { Context } from './context.ts'
import { requireReadable } from './history-file.ts'
import { SUMMARIES } from './summaries.ts'

export function convertCommand({ output: { out } }: Context): Command {
  return new Command('convert')
    .description(SUMMARIES.convert.about)
    .argument('<file>', 'a saved history that is complete')
    .argument('<copy>', 'the file to write')
    .action(async (file: string, copy: string) => {
      await requireReadable(file)
      const there = await stat(copy).catch(() => undefined)
      if (there !== undefined) throw new UsageError(`${copy} exists already: name a new file`)
      const folder = await stat(path.dirname(copy)).catch(() => undefined)
      if (folder?.isDirectory() !== true)
        throw new UsageError(`there is no folder ${path.dirname(copy)} to write ${path.basename(copy)} to`)
      const encoding = (await encodingOfFile(file)) === 'jsonl' ? 'binary' : 'jsonl'
      try {
        await writeHistory(copy, readHistory(file), { encoding, keepsFormat: true })
      } catch (error) {
        if (error instanceof HistoryWriteError)
          throw new UsageError(saveError(copy, error.cause).message, { cause: error })
        if (!(error instanceof HistoryFormatError)) throw error
        throw new UsageError(`${file} is not a complete history: ${error.message}`, { cause: error })
      }
      out.write(`${copy} (${encoding === 'jsonl' ? 'JSONL' : 'binary'}): ${(await stat(copy)).size} bytes\n`)
    })
}
