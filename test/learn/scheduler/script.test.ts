/** Goal: the script of the page is one that a browser reads. Method: it is compiled, and looked at. */
import { Script } from 'node:vm'
import { expect, test } from 'vitest'
import { pageScript } from '../../../learn/scheduler/page-script.ts'

test('it is a script without modules or types, which says so in one piece', () => {
  const script = pageScript()
  expect(() => new Script(script)).not.toThrow()
  expect(script).not.toMatch(/^\s*(?:import|export|interface)\b/m)
  // A script element would end there.
  expect(script).not.toContain('</script')
  for (const name of ['game.ts', 'unpack.ts', 'inflate.ts', 'dom/main.ts', 'dom/board.ts']) {
    expect(script.split(`modules[${JSON.stringify(name)}] =`)).toHaveLength(2)
  }
})
