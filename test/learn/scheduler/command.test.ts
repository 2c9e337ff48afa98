/** Goal: a reader gets a page of what he names. Method: the command line, as a user starts it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { holdfast } from '../../cli/holdfast.ts'
import { FULL } from '../../size.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'holdfast-scheduler-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

test('it writes the page of one strategy in one scenario', FULL, async () => {
  const page = path.join(folder, 'page.html')
  const { code, out, err } = await holdfast([
    'scheduler',
    'postgres-naive',
    '--scenario',
    'hold',
    '--out',
    page,
  ])
  expect({ code, out }).toEqual({ code: 0, out: `Written: ${page}\n` })
  expect(err).toMatch(/postgres-naive · hold · 2 clients · \d+ schedules/)
  const html = await readFile(page, 'utf8')
  expect(html).toContain('Sell it twice')
  expect(html).not.toContain('Make Redlock sell twice')
})

test('what is not known is refused before anything is started', FULL, async () => {
  for (const [args, says] of [
    [['postgres-nave'], 'postgres-naive'],
    [['postgres-naive', '--scenario', 'hol'], 'hold'],
  ] as const) {
    const { code, out, err } = await holdfast(['scheduler', ...args, '--out', path.join(folder, 'none.html')])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(says)
  }
})
