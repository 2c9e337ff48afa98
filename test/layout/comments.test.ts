/** Goal: a comment can be read beside the code. Method: every line of a comment is measured; those who may have longer ones are listed. */
import { expect, test } from 'vitest'
import { sources } from './sources.ts'

const CHARACTERS_MAX = 110

/** Rooms and files that still have longer ones. The list only shrinks. */
const EXCEPTIONS = [
  'harness/engines/postgres/explorable.ts',
  'harness/engines/postgres/gate.ts',
  'harness/engines/postgres/statements.ts',
  'harness/engines/postgres/touch.ts',
  'harness/engines/redis/explorable.ts',
  'harness/engines/redis/touch.ts',
  'harness/engines/tigerbeetle/gate.ts',
  'harness/explore/',
]

/** Comments of TypeScript, SQL and Lua. */
function longComments(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line.length > CHARACTERS_MAX && /^\s*(\/\*\*|\*|\/\/|-- )|[;,{})\]]\s+\/\/ /.test(line))
}

test('no line of a comment is longer than a line of code may be', () => {
  const long = sources.filter(({ path }) => !EXCEPTIONS.some((each) => path.startsWith(each)))
  expect(sources.length - long.length).toBeGreaterThan(0)
  expect(long.flatMap(({ path, text }) => longComments(text).map((line) => `${path}: ${line}`))).toEqual([])
})

test('whoever is listed has one', () => {
  const needless = EXCEPTIONS.filter((each) =>
    sources.every(({ path, text }) => !path.startsWith(each) || longComments(text).length === 0),
  )
  expect(needless).toEqual([])
})

test('a longer one would be found', () => {
  const words = 'word '.repeat(23).trim()
  const planted = [
    `/** ${words} */`,
    ` * ${words}`,
    `  // ${words}`,
    `const a = 1; // ${words}`,
    `  -- ${words}`,
  ]
  expect(longComments([...planted, `const a = '${words}'`, '// short'].join('\n'))).toEqual(planted)
})
