/** Goal: a comment can be read beside the code. Method: every line of a comment is measured; and a longer one planted. */
import { expect, test } from 'vitest'
import { sources } from './sources.ts'

const CHARACTERS_MAX = 110

/** Comments of TypeScript, SQL and Lua. */
function longComments(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line.length > CHARACTERS_MAX && /^\s*(\/\*\*|\*|\/\/|-- )|[;,{})\]]\s+\/\/ /.test(line))
}

test('no line of a comment is longer than a line of code may be', () => {
  expect(sources.flatMap(({ path, text }) => longComments(text).map((line) => `${path}: ${line}`))).toEqual(
    [],
  )
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
