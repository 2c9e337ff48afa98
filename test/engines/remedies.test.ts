/**
 * Goal: a remedy is one of this system's, and no part of a password is ever printed.
 * Method: descriptions of many systems; passwords with every sign that means something in a URL, raw and percent-encoded, in
 * every variable that takes an address.
 * @module-tag full
 */
import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { withoutAccounts } from '../../harness/engines/address.ts'
import { EngineError } from '../../harness/engines/engine-error.ts'
import { printableUrl } from '../../harness/engines/postgres/connection.ts'
import { connectFailure } from '../../harness/engines/postgres/failures.ts'
import { parsePostgresUrl } from '../../harness/engines/postgres/url.ts'
import { printableUrl as printableRedis } from '../../harness/engines/redis/connection.ts'
import { connectFailure as redisFailure } from '../../harness/engines/redis/failures.ts'
import { installRemedy } from '../../harness/engines/redis/install.ts'
import { addressesIn } from '../../harness/engines/redis/url.ts'
import { addressesIn as tigerbeetleAddresses } from '../../harness/engines/tigerbeetle/addresses.ts'

const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000)

describe('how a server is installed', () => {
  it.for([
    ['Alpine', 'linux', 'ID=alpine\n', /^sudo apk add valkey /],
    ['Debian', 'linux', 'PRETTY_NAME="Debian"\nID=debian\n', /^sudo apt-get install redis-server /],
    ['Ubuntu', 'linux', 'ID=ubuntu\nID_LIKE=debian\n', /^sudo apt-get install /],
    [
      'a Debian of another name',
      'linux',
      'ID=linuxmint\nID_LIKE="ubuntu debian"\n',
      /^sudo apt-get install /,
    ],
    ['Fedora', 'linux', 'ID=fedora\n', /^sudo dnf install valkey /],
    ['Rocky Linux', 'linux', 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', /^sudo dnf install /],
    ['openSUSE', 'linux', 'ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', /^sudo zypper install /],
    ['Arch', 'linux', 'ID=arch\n', /^sudo pacman -S /],
    ['macOS', 'darwin', '', /^brew install valkey /],
    ['a Linux that is not known', 'linux', 'ID=nixos\n', /^put redis-server or valkey-server on the PATH /],
    ['a Linux that says nothing', 'linux', '', /^put redis-server /],
  ] as const)('on %s', ([, platform, osRelease, wanted]) => {
    const remedy = installRemedy({ platform, osRelease, isRoot: false })
    expect(remedy).toMatch(wanted)
    expect(remedy).toContain('REDIS_URL=')
    if (osRelease !== 'ID=alpine\n') expect(remedy).not.toContain('apk')
  })

  it('without sudo by root', () => {
    expect(installRemedy({ platform: 'linux', osRelease: 'ID=debian', isRoot: true })).toMatch(
      /^apt-get install/,
    )
  })
})

/** Parts of it, so that a piece is found wherever it is printed. */
const PIECES = ['pAsS1', 'wOrD2', 'tHiRd3']
const SIGNS = [
  '/',
  '?',
  '#',
  '@',
  ':',
  '%',
  ',',
  ' ',
  '&',
  '=',
  '[',
  ']',
  '\\',
  '"',
  '//',
  '@/',
  '?@',
  '/?#',
  '%2',
  ';',
  '|',
]
const passwords = SIGNS.flatMap((sign) => [
  PIECES.join(sign),
  // A piece that can be taken for a port.
  `6379${sign}${PIECES.join(sign)}`,
  `${sign}${PIECES[0]}`,
  `${PIECES[0]}${sign}`,
])

/** Everything that a reader may get to see of what was thrown, or of a target that was read. */
function shownOf(read: () => readonly string[]): string {
  try {
    return read().join('\n')
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    return `${error.message}\n${error.remedy}\n${error.stack}\n${JSON.stringify(error)}`
  }
}

const postgresOf = (url: string) =>
  shownOf(() => {
    const target = parsePostgresUrl(url)
    const failures = ['ECONNREFUSED', 'ENOTFOUND', '28P01', '28000', '3D000', '53300', '42501', '57P03', '?']
    return [
      printableUrl(target),
      ...failures.map((code) => {
        const { message, remedy } = connectFailure(
          target,
          Object.assign(new Error(`no: ${target.password}`), { code }),
        )
        return `${message} ${remedy}`
      }),
    ]
  })
const redisOf = (variable: 'REDIS_URL' | 'REDIS_URLS') => (url: string) =>
  shownOf(() =>
    (addressesIn({ [variable]: url }, 1)?.targets ?? []).flatMap((target) => {
      const { message, remedy } = redisFailure(target, new Error(`ERR no: ${target.password}`))
      return [printableRedis(target), message, remedy]
    }),
  )
const tigerbeetleOf = (url: string) =>
  shownOf(() => tigerbeetleAddresses({ TIGERBEETLE_ADDRESSES: url }, 1)?.addresses ?? [])

const READERS = [
  ['POSTGRES_URL', postgresOf, (p: string) => `postgres://me:${p}@db.example:5432/shop`],
  ['POSTGRES_URL without a port', postgresOf, (p: string) => `postgres://me:${p}@db.example/shop`],
  [
    'POSTGRES_URL with options',
    postgresOf,
    (p: string) => `postgres://me:${p}@db.example/shop?sslmode=disable`,
  ],
  ['POSTGRES_URL by its option', postgresOf, (p: string) => `postgres://me@db.example/shop?password=${p}`],
  ['REDIS_URL', redisOf('REDIS_URL'), (p: string) => `redis://:${p}@cache.example:6379/0`],
  ['REDIS_URL of a user', redisOf('REDIS_URL'), (p: string) => `rediss://me:${p}@cache.example:6379`],
  ['REDIS_URLS', redisOf('REDIS_URLS'), (p: string) => `redis://:${p}@one.example,redis://:${p}@two.example`],
  ['TIGERBEETLE_ADDRESSES', tigerbeetleOf, (p: string) => `tb://me:${p}@here`],
] as const

describe('a password', () => {
  it.for(READERS)('of %s is never printed, in part or as a whole', ([, read, urlOf]) => {
    for (const password of passwords) {
      for (const written of [password, encodeURIComponent(password)]) {
        const shown = read(urlOf(written))
        for (const piece of [...PIECES, '6379/', '6379?']) {
          if (urlOf('').includes(piece)) continue
          expect(shown.includes(piece), `${piece} of ${urlOf(written)} in ${shown}`).toBe(false)
        }
      }
    }
  })

  it(`of any signs is never printed, seed ${seed}`, () => {
    const signs = fc
      .array(fc.constantFrom(...SIGNS, '1', '12'), { maxLength: 4 })
      .map((some) => some.join(''))
    const any = fc.tuple(signs, signs, signs).map(([a, b, c]) => `${a}${PIECES[0]}${b}${PIECES[1]}${c}`)
    fc.assert(
      fc.property(any, fc.constantFrom(...READERS), (password, [, read, urlOf]) => {
        const shown = read(urlOf(password))
        expect(shown).not.toContain(PIECES[0])
        expect(shown).not.toContain(PIECES[1])
      }),
      { seed, numRuns: 2_000 },
    )
  })

  it('that is percent-encoded is read as it is', () => {
    for (const password of passwords) {
      const encoded = encodeURIComponent(password)
      expect(parsePostgresUrl(`postgres://me:${encoded}@h/d`)).toMatchObject({
        password,
        host: 'h',
        database: 'd',
      })
      const redis = addressesIn({ REDIS_URLS: `redis://:${encoded}@h:1` }, 1)
      expect(redis?.targets[0]).toMatchObject({ password, host: 'h', port: 1 })
    }
  })

  it('whose signs are not encoded is refused with the way to write it', () => {
    for (const sign of ['/', '?', '#']) {
      const error = postgresOf(`postgres://me:12${sign}x@h:5432/d`)
      expect(error).toContain('write / as %2F')
      expect(redisOf('REDIS_URL')(`redis://me:12${sign}x@h:5432/0`)).toContain('write / as %2F')
    }
  })

  it('of a proxy or an index is not repeated from what another program printed', () => {
    for (const sign of ['', '/', '?', '@', '#', ':']) {
      const printed = `error: http://me:pAsS1${sign}wOrD2@proxy.example:3128 refused`
      expect(withoutAccounts(printed)).toBe('error: http://proxy.example:3128 refused')
    }
  })

  it('is in nothing that the doctor prints', { timeout: 120_000 }, async () => {
    const bin = path.resolve(import.meta.dirname, '../../bin/holdfast.js')
    const raw = '12/pAsS1@wOrD2#tHiRd3'
    const encoded = encodeURIComponent(raw)
    for (const password of [raw, encoded]) {
      const env = {
        ...process.env,
        HOLDFAST_DEBUG: '1',
        POSTGRES_URL: `postgres://me:${password}@127.0.0.1:1/shop`,
        REDIS_URL: `redis://me:${password}@127.0.0.1:1/0`,
        TIGERBEETLE_ADDRESSES: `tb://me:${password}@127.0.0.1:1`,
      }
      const said: { stdout: string; stderr: string; code?: number } = await promisify(execFile)(
        process.execPath,
        [bin, 'doctor'],
        { env },
      ).catch((error) => error)
      expect(said.code).toBe(4)
      for (const piece of PIECES) expect(`${said.stdout}${said.stderr}`).not.toContain(piece)
    }
  })
})
