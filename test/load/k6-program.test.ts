/** Goal: a load generator that is not what it says is refused in one sentence. Method: programs made by hand. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { locateK6 } from '../../harness/load/k6-program.ts'

const folder = await mkdtemp(join(tmpdir(), 'holdfast-k6-program-'))
afterAll(() => rm(folder, { recursive: true }))

async function program(name: string, says: string): Promise<string> {
  const file = join(folder, name)
  await writeFile(file, `#!/bin/sh\necho '${says}'\n`)
  await chmod(file, 0o755)
  return file
}

const locate = (env: NodeJS.ProcessEnv) => locateK6({ env, log: () => undefined, mayBuild: false })

test('the one that K6_BIN names is taken, with its version', async () => {
  const path = await program('k6-named', 'k6 v1.8.1 (go1.26.0, linux/amd64)')
  expect(await locate({ K6_BIN: path })).toEqual({ path, source: 'K6_BIN', version: '1.8.1' })
})

test.for([
  ['another program', 'hello'],
  ['one that is too old', 'k6 v0.49.0 (go1.21)'],
])('%s in K6_BIN is refused', async ([, says = '']) => {
  const path = await program(`k6-${says.length}`, says)
  await expect(locate({ K6_BIN: path })).rejects.toMatchObject({
    problem: 'misconfigured',
    message: expect.stringContaining('K6_BIN names'),
  })
})

test('none anywhere is said with the command that mends it', async () => {
  const nowhere = { PATH: folder, HOME: folder, XDG_CACHE_HOME: join(folder, 'cache') }
  const found = await locate(nowhere).catch((error: unknown) => error)
  // On a machine whose root has built one before, its cache may have it.
  if (found instanceof Error) expect(found).toMatchObject({ remedy: expect.stringContaining('go install') })
  else expect(found).toMatchObject({ source: 'cache' })
})
