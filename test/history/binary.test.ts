/**
 * Goal: a binary history says what the same history says as JSONL, and nothing that is wrong with it is taken
 * for data. Method: random records there and back, verdicts on both, and files that are cut or changed at
 * every kind of place.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HistoryJudge, judge } from '../../harness/checker/judge.ts'
import type { Verdict } from '../../harness/checker/verdict.ts'
import { MAGIC } from '../../harness/history/binary/format.ts'
import { headOf } from '../../harness/history/binary-file.ts'
import {
  encodingOfFile,
  HistoryFormatError,
  readHistory,
  readParts,
  writeHistory,
} from '../../harness/history/files.ts'
import type { HistoryRecord, Operation } from '../../harness/history/record.ts'
import { goldenHistories } from '../checker/golden-histories.ts'
import { audit, confirm, header, held } from '../checker/histories.ts'
import { anyRecord, asRecords } from './anything.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-binary-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

const at = (name: string) => join(folder, name)

async function readAll(path: string): Promise<HistoryRecord[]> {
  const records: HistoryRecord[] = []
  for await (const record of readHistory(path)) records.push(record)
  return records
}

/** As `holdfast check` judges. */
async function judged(path: string): Promise<Verdict> {
  const history = new HistoryJudge()
  try {
    for await (const part of readParts(path)) history.addPart(part)
  } catch (error) {
    if (!(error instanceof HistoryFormatError)) throw error
    history.breakOff(error.message)
  }
  return history.verdict()
}

async function wrong(bytes: Uint8Array): Promise<string> {
  await writeFile(at('wrong'), bytes)
  const error: unknown = await readAll(at('wrong')).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(HistoryFormatError)
  return String(error).replace('HistoryFormatError: ', '')
}

/** A file of these blocks, with checksums that are right. */
function fileOf(...payloads: readonly Uint8Array[]): Buffer {
  let sum = 0
  const blocks = payloads.map((payload) => {
    sum = crc32(payload, sum)
    return Buffer.concat([headOf(payload.length, sum), payload])
  })
  return Buffer.concat([Buffer.from(MAGIC), ...blocks])
}

const seat = header({ seat: 1, 'Säle-💺': 9_000 })
const hold = held('a', { seat: 1 }, [0, 1], { versions: [1] })

describe('a binary history', () => {
  it('is read as it was written, whatever its records are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRecord, { maxLength: 12 }), async (values) => {
        const records = asRecords(values)
        await writeHistory(at('any'), records, { encoding: 'binary' })
        expect(await readAll(at('any'))).toEqual(records)
      }),
      { numRuns: 120 },
    )
  })

  it('is told from JSONL by its content, and either becomes the other without a loss', async () => {
    let histories = 0
    for (const { records } of goldenHistories()) {
      if (histories++ % 90 !== 0) continue
      const options = { keepsFormat: true }
      await writeHistory(at('one'), records, options)
      await writeHistory(at('two'), readHistory(at('one')), { ...options, encoding: 'binary' })
      await writeHistory(at('three'), readHistory(at('two')), options)
      expect([await encodingOfFile(at('one')), await encodingOfFile(at('two'))]).toEqual(['jsonl', 'binary'])
      expect(await readAll(at('three'))).toEqual(await readAll(at('one')))
    }
    expect(histories).toBeGreaterThan(1_000)
  })

  it('gets the verdict of its records, word for word', async () => {
    let histories = 0
    for (const { records } of goldenHistories()) {
      if (histories++ % 45 !== 0) continue
      for (const encoding of ['binary', 'jsonl'] as const) {
        await writeHistory(at('judged'), records, { encoding, keepsFormat: true })
        expect(await judged(at('judged'))).toEqual(judge(records))
      }
    }
  })

  it('of many blocks keeps the order of its records, and takes a fourth of the space at most', async () => {
    const many = Array.from({ length: 9_000 }, (_, number): Operation[] => [
      held(`hold-${number}`, { seat: 1 }, [2 * number, 2 * number + 1], { process: number % 100 }),
      confirm(`hold-${number - 4_500}`, [2 * number + 1, 2 * number + 2], 'confirmed', 100 + (number % 100)),
    ]).flat()
    const records = [
      seat,
      ...many,
      audit(
        many.flatMap((each) => (each.op === 'hold' ? [[each.holdId, 'held', { seat: 1 }] as const] : [])),
      ),
    ]
    await writeHistory(at('many'), records, { encoding: 'binary' })
    await writeHistory(at('many.jsonl'), records)
    expect(await readAll(at('many'))).toEqual(records)
    expect((await readFile(at('many'))).length * 4).toBeLessThan((await readFile(at('many.jsonl'))).length)
  })
})

describe('a binary history that is not whole', () => {
  it('is judged up to the cut, as JSONL is, wherever it was cut', async () => {
    const records = [
      seat,
      ...Array.from({ length: 9_000 }, (_, number) => held(`h${number}`, { seat: 1 }, [number, number + 1])),
    ]
    await writeHistory(at('whole'), records, { encoding: 'binary' })
    const bytes = await readFile(at('whole'))
    for (const share of [0.999_99, 0.99, 0.7, 0.5, 0.3]) {
      const length = Math.floor(bytes.length * share)
      expect(await wrong(bytes.subarray(0, length))).toMatch(/^Block \d+ is cut off\.$/)
      const { verdict, reasons, operations } = await judged(at('wrong'))
      expect(verdict).toBe('unknown')
      expect(reasons).toEqual([
        expect.stringMatching(/^The history broke off after \d+ operations: Block \d+ /),
      ])
      // A block is the most that is lost.
      expect(operations).toBeGreaterThan(9_000 * share - 7_000)
    }
  })

  it('without its last blocks says that they are lost', async () => {
    await writeHistory(at('ended'), [seat, hold], { encoding: 'binary' })
    const bytes = await readFile(at('ended'))
    const sealBytes = 8 + 2
    expect(await wrong(bytes.subarray(0, bytes.length - sealBytes))).toBe(
      'Block 2 is the last one, and no seal: what came after it is lost.',
    )
    expect(await wrong(bytes.subarray(0, MAGIC.length))).toBe('Block 1 has no header: the file is empty.')
    expect(await wrong(bytes.subarray(0, 3))).toBe(
      'Block 1 does not begin as a binary history does: the file was changed or cut off.',
    )
  })

  it('with any changed byte is refused in one sentence', async () => {
    await writeHistory(at('changed'), [seat, hold, audit([['a', 'held', { seat: 1 }]])], {
      encoding: 'binary',
    })
    const bytes = await readFile(at('changed'))
    for (let index = 0; index < bytes.length; index += 3) {
      const changed = Buffer.from(bytes)
      changed[index] = (changed[index] ?? 0) ^ (1 << (index % 7))
      expect(await wrong(changed)).toMatch(/^(Block|Line) \d+ [^\n]*\.$/)
    }
  })

  it('of a later version says so', async () => {
    const later = Buffer.from([...MAGIC.slice(0, -1), 9])
    expect(await wrong(later)).toBe('Block 1 is of version 9, and only version 1 is known.')
  })

  it('without one of its blocks is refused', async () => {
    const many = Array.from({ length: 20_000 }, (_, number) =>
      held(`h${number}`, { seat: 1 }, [number, number + 1]),
    )
    await writeHistory(at('blocks'), [seat, ...many], { encoding: 'binary' })
    const bytes = await readFile(at('blocks'))
    const first = MAGIC.length + 8 + bytes.readUInt32LE(MAGIC.length)
    const second = first + 8 + bytes.readUInt32LE(first)
    const without = Buffer.concat([bytes.subarray(0, first), bytes.subarray(second)])
    expect(await wrong(without)).toBe('Block 2 has another checksum than its bytes: the file was changed.')
  })

  it('whose blocks are anything at all is refused, or is a history', async () => {
    const first = Buffer.concat([Buffer.of(1), Buffer.from(JSON.stringify(seat))])
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        async (bytes, kind) => {
          await writeFile(at('anything'), fileOf(first, Buffer.concat([Buffer.of(kind), bytes])))
          const read: unknown = await readAll(at('anything')).catch((thrown: unknown) => thrown)
          if (read instanceof Error) expect(read).toBeInstanceOf(HistoryFormatError)
          if (read instanceof Error) expect(read.message).toMatch(/^Block \d+ [^\n]*\.$/)
        },
      ),
      { numRuns: 200 },
    )
  })

  it.for([
    [
      'a resource that the header does not name',
      [2, 12, 0, 1, 1, 1, 7, 1],
      'names a resource that is not in the header',
    ],
    ['a hold number that was not given', [2, 5, 0, 1, 1, 3], 'names a hold by a number that was not given'],
    ['an empty id', [2, 5, 0, 1, 1, 0, 0], 'has an id that is not a name of 1 to 128 characters'],
    ['a text that is no UTF-8', [2, 5, 0, 1, 1, 0, 1, 0xff], 'has a text that is not UTF-8'],
    ['a record that is cut off', [2, 5, 0], 'ends in the middle of a record'],
    [
      'a call that returns too early',
      [2, 5, 0, 1, 2, 0, 1, 0x61],
      'has a call that returns before it is invoked',
    ],
    ['a row of no kind', [2, 14], 'has a row of no known kind: it is 14'],
    ['a stored hold of no status', [3, 9], 'has a stored hold of no known status'],
    ['a block of no kind', [9], 'is of no known kind: it is 9'],
    ['a seal on more records', [5, 7], 'seals 7 records, but there are 1: some were lost or added'],
  ] as const)('with %s is refused', async ([, payload, message]) => {
    const first = Buffer.concat([Buffer.of(1), Buffer.from(JSON.stringify(seat))])
    expect(await wrong(fileOf(first, Buffer.from(payload)))).toBe(`Block 2 ${message}.`)
  })
})
