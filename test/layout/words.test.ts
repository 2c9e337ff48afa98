/** Goal: one plain word for one thing. Method: the words that are not used, looked for in every text, and planted. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { root } from './sources.ts'
import { bannedWords, strayWords } from './words.ts'

/**
 * The history of changes and files of earlier versions say what was said then; the list of words names them all. What
 * another test plants for the linter is there for a moment only.
 */
const LEFT_OUT = /^CHANGELOG\.md$|\/fixtures\/|^docs\/results\/|^test\/layout\/(words|planted-)|\.svg$/

const texts = globSync(
  '{*.md,*.ts,package.json,.ci/run,{bin,cli,docs,experiments,harness,k6,shop,strategies,test}/**/*.{ts,js,md,sh}}',
  { cwd: root },
)
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => !LEFT_OUT.test(path))

describe('a word that is not used', () => {
  test('stands in no text', () => {
    expect(texts.length).toBeGreaterThan(300)
    expect(texts.flatMap((path) => strayWords(path, readFileSync(join(root, path), 'utf8')))).toEqual([])
  })

  test.for([
    'the wishes of a buyer',
    'to mend it: do this',
    'it was given back',
    'the lease ends',
    'drawn anew',
    'whoever holds it',
  ])('would be found in "%s"', (line) => {
    expect(strayWords('a.ts', `fine\n${line}\n`)).toEqual([expect.stringMatching(/^a\.ts:2 says/)])
  })

  test('has another one to say instead, and is itself no such word', () => {
    for (const { instead } of bannedWords) expect(strayWords('instead', instead)).toEqual([])
  })
})

test('every term of the glossary stands there once, in order', () => {
  const glossary = readFileSync(join(root, 'docs/GLOSSARY.md'), 'utf8')
  const terms = [...glossary.matchAll(/^\| \*\*(.+?)\*\* \|/gm)].map(([, term = '']) => term.toLowerCase())
  expect(terms.length).toBeGreaterThan(30)
  expect(terms).toEqual([...new Set(terms)].toSorted())
})
