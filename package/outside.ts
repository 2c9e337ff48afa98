/**
 * Small files that load the package with Node's own loader, whichever loader asks for them. Jest has one of its
 * own, in a context of its own, which knows ES modules only behind a flag of Node; and what is loaded outside of
 * it is loaded once.
 */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { FACES, OF_ESM_RUNNERS } from './programs.ts'

/** It gets Jest's functions from the context that asks for it, in ES modules as well. */
export const JEST = './jest'
export const JEST_STUB = 'jest-here'

const OF_JEST = ['EXPLORED', 'describeReservations', 'exploring', 'jestWith']

/** In Jest all that leads to modules is Jest's, but for what is evaluated in Node's own context. */
const OUTSIDE = `vm.runInThisContext("process.getBuiltinModule('node:module')")`
const REQUIRE_VM = "const vm = require('node:vm')\n"

export function writeStubs(lib: string): void {
  for (const [face, { name }] of Object.entries(FACES)) {
    if (OF_ESM_RUNNERS.includes(face)) continue
    const outside = (file: string) => `${OUTSIDE}.createRequire(${file})('./${name}.js')`
    writeFileSync(path.join(lib, `${name}.d.cts`), `export * from './${name}.js'\n`)
    writeFileSync(
      path.join(lib, `${name}.cjs`),
      face === JEST
        ? `${REQUIRE_VM}${inJest(outside('__filename'))}module.exports = { ${OF_JEST.join(', ')} }\n`
        : `${REQUIRE_VM}module.exports = ${outside('__filename')}\n`,
    )
    if (face === JEST) {
      const text = `import vm from 'node:vm'\n${inJest(outside('import.meta.url'))}export { ${OF_JEST.join(', ')} }\n`
      writeFileSync(path.join(lib, `${JEST_STUB}.js`), text)
    }
  }
}

function inJest(outside: string): string {
  return `const outside = ${outside}
const jestWith = (globals) => outside.jestWith(globals, globalThis)
const { describeReservations, exploring } = jestWith(globalThis)
const { EXPLORED } = outside
`
}
