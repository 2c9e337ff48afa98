/** Goal: docs/track-record.md says what is so. Method: what can be generated is compared; every command names a test that is there. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { trackRecord, trackRecordTold, trackRecordToTell } from './document.ts'
import { findings } from './findings.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')

test('the page is current: npm run track-record -- --render fixes it', () => {
  expect(trackRecordTold()).toBe(trackRecordToTell())
})

test('every finding has a name of its own, was reproduced, and nothing else was', () => {
  const ids = findings.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  expect(new Set(Object.keys(trackRecord()))).toEqual(new Set(ids))
})

test.for(findings)('$id is shown by a test that is there', ({ file, test: name, sources, fixedBy }) => {
  expect(readFileSync(path.join(ROOT, file), 'utf8')).toContain(name)
  // Of others it is said where it was reported, of ours what put it right.
  expect(sources.length > 0).toBe(fixedBy === undefined)
})
