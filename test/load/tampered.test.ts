/**
 * Goal: k6 alone turns red, and says why, on a service that lies in any one way; on an honest one it is green, on a second run,
 * too. Method: the real k6 and the real service, over a strategy that lives in this process and lies.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { reasonOf } from '../../harness/errors.ts'
import { locateK6 } from '../../harness/load/k6-program.ts'
import { loadVenue } from '../../harness/service/service.ts'
import { served } from '../service/over-http.ts'
import { until } from '../service/serving.ts'
import { FULL } from '../size.ts'
import { type Counter, honest, TAMPERED, venueOf } from './tampered.ts'

const NAME = 'under test'
const SCRIPT = path.resolve(import.meta.dirname, '../../k6/shared/any.ts')
const DEADLINE_MS = 90_000

const folder = await mkdtemp(path.join(tmpdir(), 'holdfast-tampered-'))
afterAll(() => rm(folder, { recursive: true }))

const k6 = await locateK6({ env: process.env, log: () => undefined, mayFetch: false }).catch(
  (error: unknown) => {
    console.log(`k6: NOT PROVEN: ${reasonOf(error)}. To fix it: npm run load -- --strategy postgres-naive`)
    return undefined
  },
)

interface Ran {
  readonly exitCode: number
  readonly headline: string
  readonly printed: string
}

function run(url: string, ...args: readonly string[]): Promise<Ran> {
  return started(url, ...args).ended
}

function started(url: string, ...args: readonly string[]) {
  const all = [
    'run',
    '--quiet',
    '--no-usage-report',
    '--address=',
    '-e',
    `BASE_URL=${url}`,
    '-e',
    `STRATEGY=${NAME}`,
  ]
  const { promise, resolve, reject } = Promise.withResolvers<Ran>()
  const child = execFile(
    k6?.path ?? expect.fail('there is no k6'),
    [...all, ...args, SCRIPT],
    { cwd: folder, timeout: DEADLINE_MS, env: { PATH: process.env.PATH ?? '', HOME: folder } },
    (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') return reject(error)
      const headline = stdout.split('\n')[0] ?? ''
      resolve({ exitCode: Number(error?.code ?? 0), headline, printed: `${stdout}${stderr}` })
    },
  )
  return { child, ended: promise }
}

async function service(counter: Counter, venue = venueOf(300)) {
  await loadVenue(counter.strategy, venue)
  return served(counter.strategy, { name: NAME, store: counter.store, venue, settings: { hasAudit: true } })
}

/** Of the tampered services, so many from the first on are in the slice. */
const IN_SLICE = 5

/** As briefly as it shows anything. */
const FEW = ['--vus', '3', '--iterations', '60']

describe.skipIf(k6 === undefined)('k6', { timeout: DEADLINE_MS, ...FULL }, () => {
  test('passes an honest service, whose second run is judged by what it adds', async () => {
    await using it = await service(honest())
    for (let times = 0; times < 2; times++) {
      const ran = await run(it.url, ...FEW)
      expect(ran, ran.printed).toMatchObject({ exitCode: 0, headline: expect.stringContaining(': valid: ') })
    }
  })

  test('takes the number of buyers and the duration from the command line', async () => {
    await using it = await service(honest())
    const ran = await run(it.url, '--vus', '5', '--duration', '2s')
    expect(ran, ran.printed).toMatchObject({ exitCode: 0, headline: expect.stringContaining(': valid: ') })
  })

  for (const [at, { lie, tamper, venue, headline }] of TAMPERED.entries()) {
    test(`convicts a service that ${lie}`, at < IN_SLICE ? {} : FULL, async () => {
      const truth = honest()
      await using it = await service({ ...truth, ...tamper(truth) }, venue)
      const ran = await run(it.url, ...FEW)
      expect(ran.exitCode, ran.printed).not.toBe(0)
      expect(ran.headline, ran.printed).toMatch(headline)
    })
  }

  test.for(['smoke', 'steady', 'hot-seat', 'sell-out', 'viewers', 'maximum'])(
    'passes an honest service under %s',
    FULL,
    async (profile) => {
      await using it = await service(honest())
      // Slow enough for a busy machine: of speed, its figures tell, and this is about the verdict.
      const settings = [`PROFILE=${profile}`, 'SECONDS=2', 'RATE=20', 'VIEWERS_RATE=20', 'VUS=40']
      const ran = await run(it.url, ...settings.flatMap((setting) => ['-e', setting]))
      const slow = ran.headline.includes('TOO SLOW')
      expect(ran.headline, ran.printed).toContain(slow ? 'TOO SLOW' : ': valid: ')
      expect(ran.exitCode === 0, ran.printed).toBe(!slow)
    },
  )

  test('says that it was not judged where thresholds are left out', FULL, async () => {
    await using it = await service(honest())
    expect((await run(it.url, ...FEW, '--no-thresholds')).headline).toContain('NOT JUDGED')
  })

  test('is not run against a service that wants a secret of its clients', FULL, async () => {
    const { strategy, store } = honest()
    await loadVenue(strategy, venueOf(300))
    const settings = { hasAudit: true, hasOwnerSecrets: true }
    await using it = await served(strategy, { name: NAME, store, venue: venueOf(300), settings })
    const ran = await run(it.url, ...FEW)
    expect(ran.exitCode).not.toBe(0)
    expect(ran.headline, ran.printed).toContain('NOT RUN')
    expect(ran.printed).toContain('--owner-secrets')
  })

  test('does not pass a run that was ended before its time', FULL, async () => {
    await using it = await service(honest(), venueOf(2_000))
    const { child, ended } = started(it.url, '--vus', '2', '--duration', '30s')
    await until(async () =>
      JSON.stringify(await (await fetch(`${it.url}/audit`)).json()).includes('"sold":1'),
    )
    child.kill('SIGINT')
    const ran = await ended
    expect(ran.exitCode).not.toBe(0)
    expect(ran.headline, ran.printed).toContain('NOT PROVEN: the run was ended before its time')
  })

  test('does not pass what is not audited', async () => {
    const { strategy, store } = honest()
    await loadVenue(strategy, venueOf(300))
    await using it = await served(strategy, { name: NAME, store, venue: venueOf(300) })
    const ran = await run(it.url, ...FEW)
    expect(ran.exitCode).not.toBe(0)
    expect(ran.headline).toContain('NOT RUN')
    expect(ran.printed).toContain('start it with --audit')
  })
})
