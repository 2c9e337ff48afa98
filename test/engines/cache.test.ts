/**
 * Goal: a cache that was damaged, in whatever way, heals by itself, and what was only half made is never used.
 * Method: a cache of these tests' own, damaged file by file; a program that is killed while it makes a template.
 * @module-tag full
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CacheHome, openCacheHome } from '../../harness/engines/local/cache-home.ts'
import { keepFolder, matchesManifest } from '../../harness/engines/local/kept-folder.ts'
import {
  locatePostgresBinaries,
  type PostgresBinaries,
  runnableBinaries,
} from '../../harness/engines/postgres/binaries.ts'
import { openPostgres } from '../../harness/engines/postgres/open.ts'
import { openTemplate, templateFolder } from '../../harness/engines/postgres/template.ts'
import { sampled } from '../size.ts'
import { temporaryCache, until } from './harness.ts'

const cache = temporaryCache()
let home: CacheHome
let binaries: PostgresBinaries
let template: string

beforeAll(async () => {
  home = openCacheHome('postgres', cache.env)
  binaries = await runnableBinaries(locatePostgresBinaries(), home)
  template = (await openTemplate(binaries, home)).folder
})
afterAll(() => cache.remove())

/** A table of the catalog: the largest file of the one database. */
function catalogFile(): string {
  const base = join(template, 'data/base')
  const [database = ''] = readdirSync(base)
  const files = readdirSync(join(base, database)).map((name) => join(base, database, name))
  return files.toSorted((one, other) => statSync(other).size - statSync(one).size)[0] ?? ''
}

/** As a disk may leave it: of the same size, and with other bytes. */
function overwrite(file: string): void {
  const bytes = readFileSync(file)
  const middle = Math.floor(bytes.length / 2)
  bytes[middle] = (bytes[middle] ?? 0) ^ 0xff
  writeFileSync(file, bytes)
}

const DAMAGES = [
  ['an emptied password', () => truncateSync(join(template, 'password'), 0)],
  ['a removed catalog file', () => rmSync(catalogFile())],
  ['another byte in a catalog file', () => overwrite(catalogFile())],
  ['an emptied control file', () => truncateSync(join(template, 'data/global/pg_control'), 0)],
  ['a removed password', () => rmSync(join(template, 'password'))],
  ['no list of what it holds', () => rmSync(join(template, 'manifest.json'))],
  ['an emptied list of what it holds', () => truncateSync(join(template, 'manifest.json'), 0)],
  ['a file that nobody made', () => writeFileSync(join(template, 'data/postmaster.pid'), '1')],
  ['a folder without anything', () => emptied(template)],
  ['a file in its place', () => replacedByFile(template)],
] as const

function emptied(folder: string): void {
  rmSync(folder, { recursive: true })
  mkdirSync(folder)
}

function replacedByFile(folder: string): void {
  rmSync(folder, { recursive: true })
  writeFileSync(folder, '')
}

describe('a template that was damaged', () => {
  for (const [at, [what, damage]] of DAMAGES.entries()) {
    const options = { ...sampled(at, 0, 2), timeout: 60_000 }
    it(`by ${what} is made again, and a server starts from it`, options, async () => {
      expect(await matchesManifest(template)).toBe(true)
      damage()
      expect(await matchesManifest(template).catch(() => false)).toBe(false)
      const lines: string[] = []
      const log = (line: string): void => void lines.push(line)
      await using engine = await openPostgres({ durability: 'relaxed', env: cache.env, log })
      expect(engine.source).toBe('embedded')
      expect(lines.join()).toContain('making the template again')
      expect(await matchesManifest(template)).toBe(true)
      // Nothing of the damaged one stays.
      expect(readdirSync(home.folder).filter((name) => name.startsWith('.new-'))).toEqual([])
    })
  }

  it('by nothing is used as it is', async () => {
    const before = statSync(template).ino
    const lines: string[] = []
    await openTemplate(binaries, home, (line) => lines.push(line))
    expect(statSync(template).ino).toBe(before)
    expect(lines).toEqual([])
  })
})

it('a template that was only half made, since its maker was killed, is never used', {
  timeout: 60_000,
}, async () => {
  const empty = temporaryCache()
  try {
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL('./fixtures/run-with-engine.ts', import.meta.url)), 'wait'],
      { env: empty.env, stdio: 'ignore' },
    )
    const ended = once(child, 'exit')
    const folder = join(empty.folder, 'holdfast')
    const half = () =>
      existsSync(folder)
        ? readdirSync(folder).filter(
            (name) => name.startsWith('.new-') && existsSync(join(folder, name, 'data')),
          )
        : []
    await until('it is half made', () => half().length > 0)
    child.kill('SIGKILL')
    await ended
    const place = templateFolder(binaries, openCacheHome('postgres', empty.env))
    expect(existsSync(place) && !(await matchesManifest(place))).toBe(false)
    await using engine = await openPostgres({ durability: 'relaxed', env: empty.env })
    expect(engine.version).toMatch(/^PostgreSQL/)
    expect(await matchesManifest(place)).toBe(true)
  } finally {
    empty.remove()
  }
})

describe('a kept folder', () => {
  const kept = (name: string, told: string[] = []) => {
    const path = join(home.folder, name)
    return {
      path,
      mode: 0o700,
      fill: async (folder: string) => writeFileSync(join(folder, 'program'), 'whole'),
      isWhole: async () => readFileSync(join(path, 'program'), 'utf8') === 'whole',
      onDamaged: () => told.push('damaged'),
    }
  }

  it('whose only file is gone is made again, by several at once', async () => {
    const told: string[] = []
    const folder = kept('kept', told)
    await keepFolder(folder)
    rmSync(join(folder.path, 'program'))
    await Promise.all([1, 2, 3].map(() => keepFolder(folder)))
    expect(await folder.isWhole()).toBe(true)
    expect(told.length).toBeGreaterThan(0)
  })

  it('that cannot be made leaves nothing', async () => {
    const folder = kept('never')
    const fill = async () => {
      throw new Error('no room')
    }
    await expect(keepFolder({ ...folder, fill })).rejects.toThrow('no room')
    expect(readdirSync(home.folder).filter((name) => name.startsWith('.new-') || name === 'never')).toEqual(
      [],
    )
  })

  // Only root's server needs them where its account can walk.
  it.skipIf(process.geteuid?.() !== 0)('of programs that lost a file is copied again', async () => {
    const folder = join(home.folder, 'made-up-programs')
    for (const part of ['bin', 'lib', 'share/postgresql']) mkdirSync(join(folder, part), { recursive: true })
    writeFileSync(join(folder, 'bin/postgres'), 'the program', { mode: 0o755 })
    writeFileSync(join(folder, 'share/postgresql/postgres.bki'), 'the catalog')
    chmodSync(folder, 0o700)
    const installed = { folder, packageVersion: '0', platform: 'closed' }
    const copy = await runnableBinaries(installed, home)
    expect(copy.folder).not.toBe(folder)
    for (const damage of [
      () => rmSync(join(copy.folder, 'share/postgresql/postgres.bki')),
      () => truncateSync(join(copy.folder, 'bin/postgres'), 0),
    ]) {
      damage()
      const lines: string[] = []
      await runnableBinaries(installed, home, (line) => lines.push(line))
      expect(lines.join()).toContain('copying the programs again')
      expect(readFileSync(join(copy.folder, 'bin/postgres'), 'utf8')).toBe('the program')
      expect(readFileSync(join(copy.folder, 'share/postgresql/postgres.bki'), 'utf8')).toBe('the catalog')
    }
  })
})
