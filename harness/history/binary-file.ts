/**
 * Binary histories on disk (`docs/histories.md`): blocks, each with its length and a checksum that goes on
 * from the block before, so that a lost block and a changed byte are noticed.
 */
import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { BlockDecoder } from './binary/block-decoder.ts'
import { BlockEncoder } from './binary/block-encoder.ts'
import { BLOCK_BYTES, BLOCK_BYTES_MAX, BLOCK_HEAD_BYTES, MAGIC } from './binary/format.ts'
import type { HistoryPart } from './part.ts'
import type { HistoryRecord } from './record.ts'
import { HistoryFormatError } from './validation.ts'
import { HistoryWriteError } from './whole-file.ts'

/** Appends all records, and the seal. Throws `HistoryWriteError`, or what `records` or `append` throws. */
export async function writeBinaryTo(
  append: (bytes: Uint8Array) => Promise<void>,
  records: Iterable<HistoryRecord> | AsyncIterable<HistoryRecord>,
): Promise<void> {
  let waiting: Buffer[] = [Buffer.from(MAGIC)]
  let sum = 0
  const encoder = new BlockEncoder((payload) => {
    if (payload.length > BLOCK_BYTES_MAX) {
      throw new HistoryWriteError(
        `The history has a block of ${payload.length} bytes, more than one may have.`,
      )
    }
    sum = crc32(payload, sum)
    waiting.push(headOf(payload.length, sum), Buffer.from(payload))
  })
  const drain = async (): Promise<void> => {
    const full = waiting
    waiting = []
    await append(Buffer.concat(full))
  }
  for await (const record of records) {
    encoder.add(record)
    if (waiting.length > 1) await drain()
  }
  encoder.seal()
  await drain()
}

/** What comes before a block. */
export function headOf(length: number, sum: number): Buffer {
  const head = Buffer.allocUnsafe(BLOCK_HEAD_BYTES)
  head.writeUInt32LE(length, 0)
  head.writeUInt32LE(sum, 4)
  return head
}

/** Whether a file that begins with these bytes is a binary history, of whatever version. */
export function isBinary(first: Uint8Array): boolean {
  return first[0] === MAGIC[0]
}

/**
 * The parts of a binary history, from the position of the file on, which is its beginning. Each part is valid
 * until the next one is asked for. Throws a `HistoryFormatError` that names the first block that is not what
 * it should be.
 */
export async function* binaryParts(
  file: FileHandle,
): AsyncGenerator<{ readonly part: HistoryPart; readonly decoder: BlockDecoder }, void, undefined> {
  const decoder = new BlockDecoder()
  const magic = Buffer.alloc(MAGIC.length)
  if ((await filled(file, magic)) < magic.length || !magic.equals(Buffer.from(MAGIC))) {
    const isOther = magic.subarray(0, -1).equals(Buffer.from(MAGIC.slice(0, -1)))
    const what = isOther
      ? `is of version ${magic.at(-1)}, and only version ${MAGIC.at(-1)} is known`
      : 'does not begin as a binary history does: the file was changed or cut off'
    throw new HistoryFormatError(1, what, 'Block')
  }
  const head = Buffer.alloc(BLOCK_HEAD_BYTES)
  let payload = Buffer.allocUnsafe(2 * BLOCK_BYTES)
  let sum = 0
  for (;;) {
    const begun = await filled(file, head)
    if (begun === 0) break
    const length = head.readUInt32LE(0)
    const wrong = (what: string) => new HistoryFormatError(decoder.nextBlock, what, 'Block')
    if (begun < head.length) throw wrong('is cut off')
    if (length === 0 || length > BLOCK_BYTES_MAX)
      throw wrong('has a length that no block has: the file was changed')
    if (length > payload.length) payload = Buffer.allocUnsafe(Math.max(length, 2 * payload.length))
    const bytes = payload.subarray(0, length)
    if ((await filled(file, bytes)) < length) throw wrong('is cut off')
    sum = crc32(bytes, sum)
    if (sum !== head.readUInt32LE(4)) throw wrong('has another checksum than its bytes: the file was changed')
    const part = decoder.take(bytes)
    if (part !== undefined) yield { part, decoder }
  }
  decoder.end()
}

/** Reads until the buffer is full or the file ends; returns how many bytes were read. */
async function filled(file: FileHandle, buffer: Buffer): Promise<number> {
  let read = 0
  while (read < buffer.length) {
    const { bytesRead } = await file.read(buffer, read, buffer.length - read)
    if (bytesRead === 0) break
    read += bytesRead
  }
  return read
}
