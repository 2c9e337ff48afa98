/**
 * Goal: a service in another language is judged as a strategy is: the right one of each example passes the contract and every trial,
 * and the wrong one is convicted. The order of its statements is explored as well, without a change of its code.
 * Method: the examples in Python and Go, built and started here, with a PostgreSQL of this run. Where a language or its packages are
 * missing, nothing is proven of its example, and the exit code says so. `npm run test:services`, also by `.ci/run`.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { EXIT } from '../../cli/exit-codes.ts'
import { openEngines } from '../../harness/engines/open.ts'
import type { Body, BodyClient, BodyExplored, BodyOptions } from '../../harness/testing/bodies/body.ts'
import { exploreOnEngines } from '../../harness/testing/bodies/explore.ts'
import { run } from '../package/command.ts'
import { summedUp, told, toldNotProven } from '../told.ts'

const ROOT = path.resolve(import.meta.dirname, '../..')
const BUILD_DEADLINE_MS = 240_000
const START_DEADLINE_MS = 20_000

interface Language {
  readonly name: string
  /** In the folder of the example; each must succeed. */
  readonly build: readonly (readonly string[])[]
  readonly start: readonly string[]
}

const LANGUAGES: readonly Language[] = [
  {
    name: 'python',
    build: [
      ['python3', '-m', 'venv', '.venv'],
      ['.venv/bin/pip', 'install', '--quiet', '--disable-pip-version-check', '-r', 'requirements.txt'],
    ],
    start: ['.venv/bin/python', 'seats.py', '0'],
  },
  { name: 'go', build: [['go', 'build', '-o', 'seats', '.']], start: ['./seats', '0'] },
]

class Service implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly url: Promise<string>

  constructor(command: readonly string[], cwd: string, databaseUrl: string) {
    const [program = '', ...rest] = command
    this.#child = spawn(program, rest, {
      cwd,
      env: { ...process.env, DATABASE_URL: databaseUrl },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.url = this.#listening()
  }

  async #listening(): Promise<string> {
    if (this.#child.stdout === null) throw new Error('it has no output')
    const signal = AbortSignal.timeout(START_DEADLINE_MS)
    for await (const line of createInterface({ input: this.#child.stdout, signal })) {
      const url = /^listening on (http:\S+)$/.exec(line)?.[1]
      if (url !== undefined) return url
    }
    throw new Error(`it did not listen within ${START_DEADLINE_MS} ms`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}

async function builtIn(folder: string, { name, build }: Language): Promise<string | undefined> {
  cpSync(path.join(ROOT, 'examples/services', name), folder, { recursive: true })
  for (const command of build) {
    const env = { GOCACHE: path.join(folder, '.cache'), GOFLAGS: '-modcacherw' }
    const ended = await run(command, { cwd: folder, env, deadlineMs: BUILD_DEADLINE_MS }).catch(
      (error: Error) => ({ code: undefined, printed: error.message }),
    )
    if (ended.code !== 0) return `${command.join(' ')}: ${ended.printed.trim().split('\n').at(-1) ?? ''}`
  }
  return undefined
}

async function judge({ name, start }: Language, folder: string, databaseUrl: string): Promise<void> {
  const holdfast = (...given: string[]) =>
    run(['node', path.join(ROOT, 'bin/holdfast.js'), ...given], { cwd: folder })
  await using right = new Service(start, folder, databaseUrl)
  const rightUrl = await right.url
  const conform = await holdfast('conform', '--strategy', rightUrl)
  const summary = conform.printed.trim().split('\n').at(-1) ?? ''
  told(`${name}: the right one passes the contract`, conform.code === 0 ? undefined : summary)
  await using wrong = new Service([...start, '--wrong'], folder, databaseUrl)
  const both = ['--strategy', rightUrl, '--strategy', await wrong.url, '--strategies', 'none']
  const how = [
    '--workloads',
    'drain,hot-seat',
    '--concurrency',
    '16',
    '--duration',
    '500ms',
    '--durability',
    'relaxed',
  ]
  const { code, printed } = await holdfast('compare', ...both, ...how, '--out', folder)
  const nameOf = (url: string) => url.replace('http://', '').replace(':', '-')
  const says = (url: string, what: string) => new RegExp(`^${nameOf(url)}\\s+${what}`, 'm').test(printed)
  told(
    `${name}: compare ends as a conviction`,
    code === EXIT.convicted ? undefined : `exit code ${code}\n${printed}`,
  )
  told(`${name}: the right one is valid`, says(rightUrl, 'valid in all') ? undefined : printed)
  told(`${name}: the wrong one is convicted`, says(await wrong.url, 'CONVICTED') ? undefined : printed)
  told(
    `${name}: and it is said that the store was not read`,
    /store not read/.test(printed) ? undefined : printed,
  )
}

/** Exercise 4 is seen from outside; what exercise 3 asks is not. */
async function grade({ name, start }: Language, folder: string, databaseUrl: string): Promise<void> {
  const holdfast = (...given: string[]) =>
    run(['node', path.join(ROOT, 'bin/holdfast.js'), ...given], { cwd: folder })
  await using right = new Service(start, folder, databaseUrl)
  await using wrong = new Service([...start, '--wrong'], folder, databaseUrl)
  for (const number of ['3', '4']) await holdfast('exercise', number)
  const graded = async (number: string, service: Service) =>
    holdfast('grade', `exercise-${number}`, '--strategy', await service.url)
  const passed = await graded('4', right)
  const isPassed = passed.code === EXIT.asPromised && /– the explorer:[\s\S]*PASSED/.test(passed.printed)
  told(
    `${name}: the right one passes exercise 4, without the explorer`,
    isPassed ? undefined : passed.printed,
  )
  const failed = await graded('4', wrong)
  const isFailed = failed.code === EXIT.convicted && /NOT YET/.test(failed.printed)
  told(`${name}: the wrong one is convicted in exercise 4`, isFailed ? undefined : failed.printed)
  const unseen = await graded('3', right)
  const isUnseen = unseen.code === EXIT.notProven && /cannot be seen/.test(unseen.printed)
  told(`${name}: exercise 3 cannot be passed from outside`, isUnseen ? undefined : unseen.printed)
}

/** Two of a service, each with the address of its client: which of them reserves the last seat? */
class Rivals implements AsyncDisposable {
  readonly #command: readonly string[]
  readonly #folder: string
  readonly #services = new Map<string, Service>()

  constructor(command: readonly string[], folder: string) {
    this.#command = command
    this.#folder = folder
  }

  /** It makes its tables when it starts. */
  async makeTables(client: BodyClient): Promise<void> {
    await using service = new Service(this.#command, this.#folder, await client.postgresUrl())
    await service.url
  }

  async reserve(client: BodyClient): Promise<number> {
    const { name } = client
    const service =
      this.#services.get(name) ?? new Service(this.#command, this.#folder, await client.postgresUrl())
    this.#services.set(name, service)
    const json = { event_id: 'open', hold_id: name, lines: [{ id: 'A', quantity: 1 }], ttl: 60 }
    const answer = await fetch(`${await service.url}/reservations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(json),
    })
    await answer.text()
    return answer.status
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const service of this.#services.values()) await service[Symbol.asyncDispose]()
  }
}

async function exploredBy(command: readonly string[], folder: string): Promise<BodyExplored | Error> {
  await using rivals = new Rivals(command, folder)
  const options: BodyOptions = {
    engines: ['postgres'],
    name: 'the last seat',
    setup: (client) => rivals.makeTables(client),
    before: ({ pg }) => pg.query("insert into seat (id, capacity) values ('A', 1)"),
    random: { schedules: 40, seed: 1, depth: 2 },
    patienceMs: START_DEADLINE_MS,
  }
  const body: Body = async ({ client }) => {
    const statuses = await Promise.all([rivals.reserve(client('alice')), rivals.reserve(client('bob'))])
    if (statuses.filter((status) => status === 201).length !== 1)
      throw new Error(`the last seat: ${statuses.join(' and ')}`)
  }
  return await exploreOnEngines(opened.engines, body, options).catch((error: Error) => error)
}

async function explore({ name, start }: Language, folder: string): Promise<void> {
  const right = await exploredBy(start, folder)
  const problem = right instanceof Error ? right.message : undefined
  told(`${name}: no race is found in the statements of the right one`, problem)
  const wrong = await exploredBy([...start, '--wrong'], folder)
  const race = wrong instanceof Error ? wrong.message : wrong.text
  const isFound = /the last seat: 201 and 201/.test(race) && /HOLDFAST_REPLAY='body\//.test(race)
  told(`${name}: a race is found in those of the wrong one`, isFound ? undefined : race)
}

await using opened = await openEngines(['postgres'], { durability: 'relaxed' })
const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-services-'))
try {
  for (const language of LANGUAGES) {
    const own = path.join(folder, language.name)
    const why = opened.missing[0]?.why ?? (await builtIn(own, language))
    if (why !== undefined) {
      toldNotProven(language.name, why)
      continue
    }
    // Another schema for each, since both have tables of the same names.
    const { postgres } = opened.engines
    if (postgres === undefined) throw new Error('PostgreSQL was opened')
    await using space = await postgres.openNamespace({ label: language.name, poolSize: 1 })
    const { url, schema } = space.attachment(1) as { readonly url: string; readonly schema: string }
    const databaseUrl = `${url}${url.includes('?') ? '&' : '?'}options=-csearch_path%3D${schema}`
    await judge(language, own, databaseUrl)
    await grade(language, own, databaseUrl)
    await explore(language, own)
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
const { engines: notProven, passed, failed } = summedUp()
console.log(`services: ${passed} passed, ${failed} failed, ${notProven.length} not proven`)
if (failed > 0) process.exitCode = EXIT.failed
else if (notProven.length > 0) process.exitCode = EXIT.notProven
