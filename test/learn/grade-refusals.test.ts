/**
 * Goal: a wrong address, a wrong folder, a wrong file are told in one sentence that names them, before anything is run, and
 * nothing that was kept is lost. Method: each as data, on the command in this process; servers that break one rule each.
 * @module-tag full
 */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { exerciseCommand } from '../../cli/learn/exercise.ts'
import { gradeCommand } from '../../cli/learn/grade.ts'
import { engineKinds } from '../../harness/engines/registry.ts'
import { runCommand } from './run-command.ts'

const PROGRESS =
  '{"format":1,"predictions":{"1":{"letter":"b","at":"2026-01-01T00:00:00Z"}},"exercises":{}}\n'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'holdfast-refused-'))
  await writeFile(at('progress.json'), PROGRESS)
  await runCommand(exerciseCommand, ['1', at('one')])
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function at(...names: readonly string[]): string {
  return path.join(folder, ...names)
}

/** What is told: one line. What was kept is as it was. */
async function refused(...args: readonly string[]): Promise<string> {
  const mark = await textOf(at('one/exercise.json'))
  const told = await runCommand(gradeCommand, ['--progress', at('progress.json'), ...args], engineKinds).then(
    ({ said }) => expect.fail(`it was not refused: ${said}`),
    (error: Error) => error,
  )
  expect(told).toHaveProperty('code', expect.stringMatching(/^(usage|not-saved|commander\.excessArguments)$/))
  expect(told.message).not.toContain('\n')
  expect(await textOf(at('progress.json'))).toBe(PROGRESS)
  expect(await textOf(at('one/exercise.json'))).toBe(mark)
  return told.message
}

async function textOf(file: string): Promise<string> {
  return existsSync(file) ? await readFile(file, 'utf8') : ''
}

describe('an address', () => {
  it.for([
    ['', 'takes the address of a service'],
    ['127.0.0.1:9000', 'takes the address of a service'],
    ['ftp://127.0.0.1:9000', 'takes the address of a service'],
    ['mine.mts', 'takes the address of a service'],
    ['http://', 'is not an address'],
    ['http://a b', 'is not an address'],
    ['http://127.0.0.1:99999', 'is not an address'],
    ['http://127.0.0.1:1', 'no service answers at http://127.0.0.1:1'],
    ['http://no-such-host.invalid:9000', 'no service answers at http://no-such-host.invalid:9000'],
    ['http://me:secret@127.0.0.1:1', 'with a password would be printed'],
    ['http://127.0.0.1:1/?a=b', 'only an address and a path'],
  ] as const)('%s is told: %s', async ([address, why]) => {
    expect(await refused(at('one'), '--strategy', address)).toContain(why)
  })

  const servers: readonly (readonly [name: string, answer: RequestListener, why: string | RegExp])[] = [
    [
      'a page',
      (_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><p>Welcome'),
      /no service of the contract .*was answered 200 with text\/html, not 204/,
    ],
    ['404', (_, response) => response.writeHead(404).end('<h1>Not found'), 'has no PUT /setup/resources'],
    ['405', (_, response) => response.writeHead(405).end(), 'has no PUT /setup/resources'],
    [
      'a redirect',
      (_, response) => response.writeHead(301, { location: 'https://example.org/' }).end(),
      'it leads to https://example.org/, and redirects are not followed',
    ],
    [
      'a page about a failure',
      (_, response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway'),
      'was answered 502 with text/html, not 204',
    ],
    [
      'JSON that is none',
      (_, response) => response.setHeader('content-type', 'application/json').end('{"a":'),
      'was answered 200 with application/json, not 204',
    ],
    [
      'other JSON',
      (_, response) => response.setHeader('content-type', 'application/json').end('{"ok":true}'),
      'was answered 200 with application/json, not 204',
    ],
    ['a cut', ({ socket }) => socket.destroy(), 'no service answers at http://127.0.0.1:'],
    [
      'a cut in the set-up alone',
      ({ method, socket }, response) => (method === 'PUT' ? socket.destroy() : response.end()),
      'PUT /setup/resources has no answer',
    ],
    [
      'a body without end',
      (_, response) => {
        const more = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(1 << 20))) {
            // As much as it takes.
          }
        }
        response.on('drain', more)
        more()
      },
      'the answer is longer than any answer may be',
    ],
    ['nothing', () => undefined, 'no answer within 5 s'],
  ]
  it.for(servers)('that answers %s is told', async ([, answer, why]) => {
    const server = createServer(answer)
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const { port } = server.address() as { readonly port: number }
    try {
      expect(await refused(at('one'), '--strategy', `http://127.0.0.1:${port}`)).toMatch(why)
    } finally {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    }
  })
})

describe('a folder', () => {
  it.for([
    ['that is not there', 'nowhere', 'there is no exercise in'],
    ['that is a file', 'progress.json', 'there is no exercise in'],
    ['without an exercise', '.', 'there is no exercise in'],
  ] as const)('%s is told', async ([, name, why]) => {
    expect(await refused(at(name))).toContain(why)
  })

  it('is one: two are told', async () => {
    expect(await refused(at('one'), at('two'))).toMatch(/too many arguments/)
  })

  it.for([
    ['{', 'is not JSON'],
    ['', 'is not JSON'],
    ['null', 'does not say which exercise it is'],
    ['{"format":1,"exercise":"six","hints":0,"look":""}', 'does not say which exercise it is'],
    ['{"format":1,"exercise":1,"hints":0,"look":"","isEmpty":"no"}', 'does not say which exercise it is'],
    ['{"format":1,"exercise":77,"hints":0,"look":""}', 'exercise 77, which this version does not have'],
  ] as const)('whose exercise.json is %j is told', async ([text, why]) => {
    await writeFile(at('one/exercise.json'), text)
    expect(await refused(at('one'))).toContain(why)
  })

  it('whose exercise.json is a folder is told', async () => {
    await rm(at('one/exercise.json'))
    await mkdir(at('one/exercise.json/x'), { recursive: true })
    await expect(runCommand(gradeCommand, [at('one')])).rejects.toThrow(/exercise\.json cannot be read/)
  })
})

describe('strategy.mts', () => {
  it.for([
    ['is not there', undefined, 'strategy.mts does not exist'],
    ['is empty', '', 'must export a function create'],
    ['exports nothing', 'export {}', 'must export a function create'],
    ['exports something else', 'export const create = 7', 'must export a function create'],
    ['does not parse', 'export const create = (\n', /strategy\.mts.*: \S/],
    ['is no text', '\u0000\u0001\u0002', /strategy\.mts.*: \S/],
    ['throws', "throw new Error('not today\\nnor tomorrow')", /strategy\.mts.*: not today$/],
    ['throws what is no error', 'throw 7', 'strategy.mts throws while loading: 7'],
    ['throws nothing', 'throw undefined', 'strategy.mts throws while loading: undefined'],
    ['imports what is not there', "import 'no-such-package'", /strategy\.mts.*no-such-package/],
    [
      'asks for an engine that there is not',
      "export const engines = ['oracle']\nexport const create = () => {}",
      'oracle',
    ],
    ['names no ledger', "export const ledger = 'paper'\nexport const create = () => {}", 'paper'],
    [
      'promises too much',
      "export const promises = { safe: 'yes' }\nexport const create = () => {}",
      'promises.safe',
    ],
  ] as const)('that %s is told', async ([, text, why]) => {
    await rm(at('one/strategy.mts'))
    if (text !== undefined) await writeFile(at('one/strategy.mts'), text)
    expect(await refused(at('one'))).toMatch(why)
  })

  it('that is a folder is told', async () => {
    await rm(at('one/strategy.mts'))
    await mkdir(at('one/strategy.mts'))
    expect(await refused(at('one'))).toContain('is not a file')
  })
})

describe('a file of progress', () => {
  it.for(['{', '', '[]', '{"format":1,"predictions":[7],"exercises":{}}', '{"format":2}'])(
    'that is %j is told, and kept',
    async (text) => {
      await writeFile(at('other.json'), text)
      expect(await refused(at('one'), '--progress', at('other.json'))).toContain('other.json')
      expect(await readFile(at('other.json'), 'utf8')).toBe(text)
    },
  )

  it('that is a folder, or cannot be written, is told before anything is run', async () => {
    await mkdir(at('other'))
    expect(await refused(at('one'), '--progress', at('other'))).toContain('move it away')
    expect(await refused(at('one'), '--progress', at('progress.json/p.json'))).toContain('cannot write to')
    expect(await refused(at('one'), '--progress', '/proc/p.json')).toContain('cannot write to /proc')
  })
})
