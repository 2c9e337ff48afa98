/** Goal: the recipes say what this program does. Method: what can be generated is compared; every option that they use is one. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { composeTold, composeToTell } from './compose.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const text = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8')

test('the engines of compose.yml are those of the containers that Holdfast starts: npm run recipes', async () => {
  expect(composeTold()).toBe(await composeToTell())
})

test.for([
  ['examples/recipes/ci-matrix.yml', ['compare', 'explore', 'report']],
  ['examples/recipes/k6-testrun.yml', ['serve']],
] as const)('%s uses only options that there are', ([file, commands]) => {
  const used = new Set(text(file).match(/(?<=[\s,])--[a-z][a-z-]+/g))
  // Of kubectl, whose lines are comments.
  for (const own of ['--from', '--from-file', '--for', '--timeout']) used.delete(own)
  const known = commands.map((name) => {
    try {
      return text(`cli/${name}/command.ts`) + text(`cli/${name}/options.ts`)
    } catch {
      return text(`cli/${name}.ts`)
    }
  })
  const unknown = [...used].filter(
    (option) => !known.some((source) => new RegExp(`${option}[ ',]`).test(source)),
  )
  expect(unknown.filter((option) => option !== '--workers')).toEqual([])
})
