/** Writes a legal history of any length in the binary encoding, block by block, without keeping it. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { BlockEncoder } from '../history/binary/block-encoder.ts'
import { MAGIC } from '../history/binary/format.ts'
import { headOf } from '../history/binary-file.ts'
import { legalHistoryWithoutKeeping } from './legal-history.ts'

export function writeLongFile(path: string, operations: number): void {
  const file = openSync(path, 'wx')
  try {
    writeSync(file, Buffer.from(MAGIC))
    let sum = 0
    const encoder = new BlockEncoder((payload) => {
      sum = crc32(payload, sum)
      writeAll(file, headOf(payload.length, sum))
      writeAll(file, payload)
    })
    for (const record of legalHistoryWithoutKeeping(operations)) encoder.add(record)
    encoder.seal()
  } finally {
    closeSync(file)
  }
}

function writeAll(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
}
