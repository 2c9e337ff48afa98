/**
 * What all downloads share: whether they are allowed, whether the file is the expected one, and unpacking it.
 */
import { createHash } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'

/**
 * Reads one file from a zip whose hash is known: no library is needed, as the zip cannot be malformed. The
 * directory at its end says where each file begins, its length and its compression.
 */
export function unzip(zip: Buffer, wanted: string): Buffer {
  const END_OF_LIST = Buffer.from([0x50, 0x4b, 0x05, 0x06])
  const end = zip.lastIndexOf(END_OF_LIST)
  if (end < 0) throw new Error('it is no zip')
  const files = zip.readUInt16LE(end + 10)
  let at = zip.readUInt32LE(end + 16)
  for (let file = 0; file < files; file += 1) {
    const method = zip.readUInt16LE(at + 10)
    const packedLength = zip.readUInt32LE(at + 20)
    const nameLength = zip.readUInt16LE(at + 28)
    const entry = zip.readUInt32LE(at + 42)
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength)
    if (name === wanted) {
      const start = entry + 30 + zip.readUInt16LE(entry + 26) + zip.readUInt16LE(entry + 28)
      const packed = zip.subarray(start, start + packedLength)
      const STORED = 0
      return method === STORED ? packed : inflateRawSync(packed)
    }
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  throw new Error(`it holds no ${wanted}`)
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Whether the user has forbidden every download. */
export function isOffline(env: NodeJS.ProcessEnv): boolean {
  const asked = env.HOLDFAST_OFFLINE?.trim() ?? ''
  return asked !== '' && asked !== '0'
}
