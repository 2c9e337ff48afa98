/**
 * Goal: parts of a study are one study, and what cannot be one is refused before anything is written. Method: files of the
 * published study, in folders as several machines would leave them.
 */
import { mkdir, mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { mergeStudies } from '../../experiments/merge-study.ts'
import { experiments } from '../../experiments/registry.ts'
import { PUBLISHED, resultsFileOf } from '../../experiments/stored.ts'
import { partsOf } from '../../experiments/study.ts'

/** What is published may be of several commits; here each folder has one. */
async function inFolders(
  folders: Readonly<Record<string, readonly string[]>>,
  commitOf: (folder: string) => string = () => 'abc',
  changed: (text: string, folder: string) => string = (text) => text,
) {
  const home = await mkdtempDisposable(path.join(tmpdir(), 'holdfast-study-'))
  for (const [folder, names] of Object.entries(folders)) {
    await mkdir(path.join(home.path, folder))
    for (const name of names) {
      const text = await readFile(path.join(PUBLISHED, name), 'utf8')
      const own = text.replace(/"commit": "[^"]*"/, `"commit": "${commitOf(folder)}"`)
      await writeFile(path.join(home.path, folder, name), changed(own, folder))
    }
  }
  const at = (name: string): string => path.join(home.path, name)
  return { at, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() }
}

test('experiments of two machines are one study', async () => {
  const names = ['counted-seats.json', 'two-seats.json'] as const
  await using home = await inFolders({ a: [names[0]], b: [names[1]], whole: [] })
  const page = await mergeStudies([home.at('a'), home.at('b')], home.at('whole'))
  expect(path.basename(page)).toBe('README.md')
  expect(await readdir(home.at('whole'))).toEqual(expect.arrayContaining([...names, 'README.md']))
})

test('an experiment that both have is refused, and nothing is written', async () => {
  await using home = await inFolders({ a: ['two-seats.json'], b: ['two-seats.json'], whole: [] })
  await expect(mergeStudies([home.at('a'), home.at('b')], home.at('whole'))).rejects.toThrow(
    /a\/two-seats.json and .*b\/two-seats.json are both there: leave one out/,
  )
  expect(await readdir(home.at('whole'))).toEqual([])
})

test('parts of other commits are refused', async () => {
  const folders = { a: ['two-seats.json'], b: ['counted-seats.json'] }
  await using home = await inFolders(folders, (folder) => folder)
  await expect(mergeStudies([home.at('a'), home.at('b')], home.at('whole'))).rejects.toThrow(
    /is of commit a and .* of b: run all parts on one commit/,
  )
})

test('a commit with changes is one run in one folder, and refused in two', async () => {
  const folders = { a: ['two-seats.json'], b: ['counted-seats.json'], whole: [] }
  await using home = await inFolders(folders, () => 'abc-dirty')
  await expect(mergeStudies([home.at('a'), home.at('b')], home.at('whole'))).rejects.toThrow(
    /^the parts are of commit abc-dirty, a checkout with changes .*: commit them first$/,
  )
  expect(await readdir(home.at('whole'))).toEqual([])
  expect(path.basename(await mergeStudies([home.at('a')], home.at('whole')))).toBe('README.md')
})

describe('parts of one experiment', () => {
  const folders = { a: ['standby.none.json'], b: ['standby.synchronous.json'], whole: [] }
  const merge = async (changed: (text: string, folder: string) => string) => {
    await using home = await inFolders(folders, () => 'abc', changed)
    const page = await mergeStudies([home.at('a'), home.at('b')], home.at('whole'))
    return path.basename(page)
  }
  const inB = (sought: RegExp, instead: string) => (text: string, folder: string) => {
    const other = text.replace(sought, instead)
    expect(other).not.toBe(text)
    return folder === 'b' ? other : text
  }

  test('of one machine and version are put together', async () => {
    expect(await merge((text) => text)).toBe('README.md')
  })

  test.each([
    [
      'of different machines',
      inB(/"cores": \d+/, '"cores": 96'),
      /a\/standby\.none\.json ran on .* and .*b\/standby\.synchronous\.json on .* with 96 cores .*: run all of standby on one machine$/,
    ],
    [
      'of different versions of an engine',
      inB(/"PostgreSQL 18[^"]*"/, '"PostgreSQL 17.2"'),
      /a\/standby\.none\.json ran PostgreSQL 18.* and .*b\/standby\.synchronous\.json PostgreSQL 17\.2: run all of standby with one$/,
    ],
  ])('%s are refused', async (_, changed, sentence) => {
    await expect(merge(changed)).rejects.toThrow(sentence)
  })

  test('are compared with each other alone: another experiment may be of another machine', async () => {
    await using home = await inFolders(
      { a: ['two-seats.json'], b: ['counted-seats.json'], whole: [] },
      () => 'abc',
      inB(/"cores": \d+/, '"cores": 96'),
    )
    const page = await mergeStudies([home.at('a'), home.at('b')], home.at('whole'))
    expect(path.basename(page)).toBe('README.md')
  })
})

test('folders without an experiment are refused', async () => {
  await using home = await inFolders({ a: [], whole: [] })
  await expect(mergeStudies([home.at('a')], home.at('whole'))).rejects.toThrow(
    /^no results of a study are in .*a, such as one-seat\.json: "holdfast study --out <folder>" makes some/,
  )
  // What it names is what a study writes.
  expect(experiments.flatMap(partsOf).map(resultsFileOf)).toContain('one-seat.json')
})
