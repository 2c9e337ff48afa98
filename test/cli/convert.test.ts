/**
 * Goal: a saved history becomes the same in the other encoding, is judged in either, and what is no whole
 * history is refused in a sentence. Method: the command line on files made for it.
 */
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readHistory, writeHistory } from '../../harness/history/files.ts'
import { audit, header, held } from '../checker/histories.ts'
import { FULL } from '../size.ts'
import { holdfast } from './holdfast.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'holdfast-convert-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function recordsOf(file: string): Promise<readonly unknown[]> {
  const records: unknown[] = []
  for await (const record of readHistory(file)) records.push(record)
  return records
}

it('turns JSONL into a binary history that check reads, and back', async () => {
  const [lines, binary, back] = ['a.jsonl', 'b.bin', 'c.jsonl'].map((name) => path.join(folder, name))
  if (lines === undefined || binary === undefined || back === undefined) throw new Error('three names')
  const two = [held('a', { seat: 1 }, [0, 1]), held('b', { seat: 1 }, [2, 3])]
  await writeHistory(lines, [header({ seat: 1 }), ...two, audit([['a', 'held', { seat: 1 }]])])
  expect(await holdfast(['convert', lines, binary])).toMatchObject({ code: 0, err: '' })
  const checked = await holdfast(['check', binary])
  expect(checked).toMatchObject({ code: 3, err: '' })
  expect(checked.out).toContain('INVALID')
  expect(await holdfast(['convert', binary, back])).toMatchObject({ code: 0, err: '' })
  expect(await recordsOf(back)).toEqual(await recordsOf(lines))
})

it('refuses what is not there, not whole, or no history, and writes over nothing', FULL, async () => {
  const whole = path.join(folder, 'whole.bin')
  const copy = path.join(folder, 'copy')
  await writeHistory(whole, [header({ seat: 1 }), held('a', { seat: 1 }, [0, 1])], { encoding: 'binary' })
  await truncate(whole, 100)
  await writeFile(path.join(folder, 'note.txt'), 'hello\n')
  for (const [args, says] of [
    [[path.join(folder, 'nowhere'), copy], 'does not exist'],
    [[whole, copy], 'is not a complete history: Block 1 is cut off.'],
    [[path.join(folder, 'note.txt'), copy], 'is not a complete history: Line 1 is not JSON.'],
    [[whole, path.join(folder, 'note.txt')], 'exists already: name a new file'],
    [[whole, path.join(folder, 'none', 'copy')], 'there is no folder'],
    [[folder, copy], 'is a folder: name the file of a history'],
  ] as const) {
    const { code, err, out } = await holdfast(['convert', ...args])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(says)
  }
  const { code, out } = await holdfast(['check', whole])
  expect({ code, out }).toMatchObject({ code: 2 })
})
