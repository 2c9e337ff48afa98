/**
 * Histories on disk, as JSONL for readers or in a binary format of about a sixth of the size. What a file is
 * shows in its first byte, so every reader takes both.
 */
import { type FileHandle, open } from 'node:fs/promises'
import type { StoredHold } from '../../strategies/ledgers/ledger.ts'
import { operationOf, storedHoldOf } from './binary/row-record.ts'
import { binaryParts, isBinary, writeBinaryTo } from './binary-file.ts'
import { linePartsOf, linesOf, writeLinesTo } from './jsonl.ts'
import type { HistoryPart } from './part.ts'
import type { HistoryRecord } from './record.ts'
import { writeWhole } from './whole-file.ts'

export { HistoryFormatError } from './validation.ts'
export { HistoryWriteError } from './whole-file.ts'

/** How a history is kept on disk. */
export type HistoryEncoding = 'jsonl' | 'binary'

interface WriteOptions {
  /** JSONL by default. */
  readonly encoding?: HistoryEncoding
  /**
   * Keeps the header's format, for a copy of a history from which a line may be lost. Otherwise the writer
   * states that nothing is missing.
   */
  readonly keepsFormat?: boolean
}

/**
 * Writes a history to `path`: all of it, or nothing. The records go to a file of another name in the same
 * folder, which replaces `path` once it is safely on disk. They are consumed no faster than they are written.
 * Throws `HistoryWriteError`, or what `records` throws.
 */
export async function writeHistory(
  path: string,
  records: Iterable<HistoryRecord> | AsyncIterable<HistoryRecord>,
  { encoding = 'jsonl', keepsFormat = false }: WriteOptions = {},
): Promise<void> {
  const all = keepsFormat ? records : sealable(records)
  await writeWhole(path, (append) =>
    encoding === 'jsonl' ? writeLinesTo(append, all) : writeBinaryTo(append, all),
  )
}

/** Histories are written in the format that has a seal. */
async function* sealable(
  records: Iterable<HistoryRecord> | AsyncIterable<HistoryRecord>,
): AsyncGenerator<HistoryRecord, void, undefined> {
  for await (const record of records) {
    yield record.type === 'history' && record.format !== 2 ? { ...record, format: 2 } : record
  }
}

/**
 * Reads a history record by record, whatever its encoding, and checks each: the first line or block that is
 * not what it should be throws a `HistoryFormatError` that names it. Throws the error of the system if the
 * file cannot be read.
 */
export async function* readHistory(path: string): AsyncGenerator<HistoryRecord, void, undefined> {
  await using file = await open(path, 'r')
  if ((await encodingOf(file)) === 'jsonl') {
    yield* linesOf(file)
    return
  }
  let stored: StoredHold[] = []
  for await (const { part, decoder } of binaryParts(file)) {
    const { resources } = decoder
    switch (part.kind) {
      case 'record':
        yield part.record
        break
      case 'rows': {
        const { rows } = part
        for (let kind = rows.next(); kind !== undefined; kind = rows.next()) {
          if (kind === 'operation') yield operationOf(rows.row, rows.ids, resources)
          else if (rows.clock !== undefined) yield rows.clock
        }
        break
      }
      case 'stored': {
        const { holds } = part
        for (let hold = holds.next(); hold !== undefined; hold = holds.next()) {
          stored.push(storedHoldOf(hold, holds.ids, resources))
        }
        break
      }
      case 'audit':
        yield { ...part.audit, holds: stored }
        stored = []
        break
    }
  }
}

/** As `readHistory`, in larger parts: each is valid until the next one is asked for. */
export async function* readParts(path: string): AsyncGenerator<HistoryPart, void, undefined> {
  await using file = await open(path, 'r')
  if ((await encodingOf(file)) === 'jsonl') {
    yield* linePartsOf(file)
    return
  }
  for await (const { part } of binaryParts(file)) yield part
}

/** How the history in this file is kept, by its first byte. */
export async function encodingOfFile(path: string): Promise<HistoryEncoding> {
  await using file = await open(path, 'r')
  return await encodingOf(file)
}

async function encodingOf(file: FileHandle): Promise<HistoryEncoding> {
  const first = Buffer.alloc(1)
  await file.read(first, 0, 1, 0)
  return isBinary(first) ? 'binary' : 'jsonl'
}
