/**
 * Goal: a line outlives the command that made it, and one of its processes: the same place, before and after a kill. Method: real
 * commands over servers of their own, ended by SIGKILL, and a visitor who keeps cookies.
 * @module-tag full
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { openEngines } from '../../harness/engines/open.ts'
import { UsageError } from '../../harness/entries/usage-error.ts'
import { attachRoom, makeRoom } from '../../shop/waiting-room/open-room.ts'
import { ROOM_ENGINES, type RoomEngine } from '../../shop/waiting-room/stores/room-stores.ts'
import { until } from '../service/serving.ts'
import { withEngines } from '../with-engines.ts'
import { SETTINGS, visitor } from './rooms.ts'

const { engines, lacks } = await withEngines([...ROOM_ENGINES])
const STARTER = path.resolve(import.meta.dirname, '../../bin/holdfast.js')
const SECRET = { HOLDFAST_ROOM_SECRET: 'a secret of more than thirty-two characters' }
const ROOM = ['--waiting-room', 'fifo', '--room-work', '0'] as const
const CALLED_WITHIN_MS = 30_000
const STARTED_WITHIN_MS = 110_000
const BUSY_MS = 20_000
const OVERLOADED = 503

/** The servers of this file, as an operator would name them: they outlive the commands. */
function named(): NodeJS.ProcessEnv {
  const postgres = engines.postgres ?? expect.fail('no PostgreSQL')
  const redis = engines.redis ?? expect.fail('no Redis')
  return {
    ...process.env,
    POSTGRES_URL: postgres.connectionString(),
    REDIS_URL: redis.nodes[0].connectionString(),
  }
}

/** As an operator removes rooms: other files use these servers after this one. */
afterAll(async () => {
  const { postgres, redis } = engines
  if (postgres !== undefined) {
    const client = new pg.Client({ connectionString: postgres.connectionString() })
    await client.connect()
    const { rows } = await client.query<{ name: string }>(
      `select nspname as name from pg_namespace where nspname like 'holdfast\\_kept\\_%'`,
    )
    for (const { name } of rows) await client.query(`drop schema ${client.escapeIdentifier(name)} cascade`)
    await client.end()
  }
  if (redis !== undefined) {
    const client = new Redis(redis.nodes[0].connectionString())
    const keys = await client.keys('holdfast-kept:*')
    if (keys.length > 0) await client.unlink(keys)
    await client.quit()
  }
})

interface Command extends AsyncDisposable {
  readonly url: string
  /** What it has written so far. */
  said(): string
  kill(): Promise<void>
}

/** Settles when it says where it is. */
async function command(args: readonly string[], says: RegExp): Promise<Command> {
  const env = { ...named(), ...SECRET, NO_COLOR: '1' }
  const child = spawn(process.execPath, [STARTER, ...args, '--port', '0', ...ROOM], { env })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
  const deadline = performance.now() + STARTED_WITHIN_MS
  for (;;) {
    const [, url] = says.exec(said) ?? []
    if (url !== undefined) {
      return {
        url,
        said: () => said,
        kill: () => ended(child, 'SIGKILL'),
        [Symbol.asyncDispose]: () => ended(child, 'SIGTERM'),
      }
    }
    if (child.exitCode !== null) throw new Error(`it ended: ${said}`)
    if (performance.now() > deadline) {
      await ended(child, 'SIGKILL')
      throw new Error(`it did not start: ${said}`)
    }
    await delay(50)
  }
}

const shop = (args: readonly string[]) => command(['shop', ...args], /the shop is open at (http:\S+)/)

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  child.kill(signal)
  await closed
}

/** Keeps cookies, as a browser does. */
class Visitor {
  readonly #cookies = new Map<string, string>()

  /** Sent again while the service says that it is too busy, as it may be for a moment. */
  async ask(url: string, method: string, body?: Readonly<Record<string, unknown>>): Promise<Response> {
    const deadline = performance.now() + BUSY_MS
    for (;;) {
      const answer = await this.#sent(url, method, body)
      if (answer.status !== OVERLOADED || performance.now() > deadline) return answer
      await answer.text()
      await delay(100)
    }
  }

  async #sent(url: string, method: string, body?: Readonly<Record<string, unknown>>): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(url, {
      method,
      headers: { cookie, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    for (const each of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(each) ?? []
      this.#cookies.set(name, value)
    }
    return answer
  }

  async json(url: string, method = 'GET', body?: Readonly<Record<string, unknown>>) {
    return (await (await this.ask(url, method, body)).json()) as Readonly<Record<string, unknown>>
  }

  /** As soon as it is called. */
  async enter(url: string): Promise<void> {
    const deadline = performance.now() + CALLED_WITHIN_MS
    while ((await this.ask(`${url}/waiting-room/enter`, 'POST', {})).status !== 200) {
      if (performance.now() > deadline) expect.fail('it was never called')
      await delay(100)
    }
  }
}

describe.skipIf(lacks([...ROOM_ENGINES]))('a room', () => {
  test.for(ROOM_ENGINES)(
    'in %s outlives its command: the same place, and one goes in and buys',
    async (on) => {
      const args = ['--room-on', on, '--room-keep', `shop_on_${on}`]
      const ada = new Visitor()
      const before = await shop([...args, '--room-active', '1'])
      // Somebody is before her, so that she waits.
      await new Visitor().json(`${before.url}/waiting-room/join`, 'POST', { challenge: '', nonce: '' })
      const joined = await ada.json(`${before.url}/waiting-room/join`, 'POST', { challenge: '', nonce: '' })
      expect(joined).toMatchObject({ is_new: true, view: { kind: 'waiting', number: 2 } })
      await before.kill()
      await using after = await shop([...args, '--room-active', '5'])
      const again = await ada.json(`${after.url}/waiting-room/join`, 'POST', { challenge: '', nonce: '' })
      expect(again).toMatchObject({ is_new: false, place: joined.place, view: { number: 2 } })
      expect((await new Visitor().json(`${after.url}/waiting-room/join`, 'POST', {})).view).toMatchObject({
        number: 3,
      })
      await ada.enter(after.url)
      const basket = { cls: 'A', customer_email: 'ada@example.org' }
      const order = await ada.json(`${after.url}/api/checkout`, 'POST', basket)
      expect(order).toMatchObject({ redirect_url: expect.stringMatching(/^\/mockpay\/\w+$/) })
      await fetch(`${after.url}${String(order.redirect_url)}/emit`, {
        method: 'POST',
        body: new URLSearchParams({ t: 'succeeded' }),
        redirect: 'manual',
      })
      await until(
        async () => (await ada.json(`${after.url}/api/orders/${String(order.order_id)}`)).status === 'PAID',
      )
    },
  )

  test.for(ROOM_ENGINES)('in %s of a service goes on when one of its workers is killed', async (on) => {
    await using service = await command(
      ['serve', '--strategy', 'postgres-conditional-update', '--workers', '2', '--room-on', on],
      / at (http:\S+) /,
    )
    const ada = new Visitor()
    const joined = await ada.json(`${service.url}/waiting-room/join`, 'POST', { challenge: '', nonce: '' })
    expect(joined).toMatchObject({ is_new: true })
    const [, worker] = /"worker":(\d+)[^\n]*"a worker serves"/.exec(service.said()) ?? []
    process.kill(Number(worker ?? expect.fail('no worker serves')), 'SIGKILL')
    await until(() => new RegExp(`"worker":${worker}\\b[^\\n]*"a worker ended"`).test(service.said()))
    await ada.enter(service.url)
    const held = await ada.ask(`${service.url}/reservations`, 'POST', {
      event_id: 'gig',
      hold_id: 'held-after-a-kill-0000',
      lines: [{ id: 'A', quantity: 1 }],
      ttl: 60,
    })
    expect(held.status).toBe(201)
  })
})

const settingsOn = (engine: RoomEngine, keep: string) => ({ ...SETTINGS, engine, keep })

/** Another run on the servers of this file. */
async function otherRun() {
  return await openEngines([...ROOM_ENGINES], { durability: 'relaxed', servers: { redis: 1 }, env: named() })
}

describe.skipIf(lacks([...ROOM_ENGINES]))('a kept room', () => {
  test.for(ROOM_ENGINES)('in %s is of one run at a time, and stays when it ends', async (on) => {
    await using run = await otherRun()
    const settings = settingsOn(on, `one_${on}`)
    const first = await makeRoom(run.engines, settings, 2)
    await first.store.join([visitor(0)])
    await expect(makeRoom(run.engines, settings, 2)).rejects.toThrow(
      /another process has .* and may be alive/,
    )
    await first[Symbol.asyncDispose]()
    await using second = await makeRoom(
      run.engines,
      { ...settings, rules: { ...settings.rules, seed: 'cd'.repeat(32) } },
      2,
    )
    expect(await second.store.figures()).toMatchObject({ joined: 1, length: 1 })
    // A draw stays as it was committed to.
    expect(second.job.settings.rules.seed).toBe(settings.rules.seed)
    await using attached = await attachRoom(second.job)
    expect(await attached.store.figures()).toMatchObject({ joined: 1 })
  })

  test.for(ROOM_ENGINES)('in %s is not another one, and has one order', async (on) => {
    await using run = await otherRun()
    await using one = await makeRoom(run.engines, settingsOn(on, `apart_${on}`), 2)
    await using other = await makeRoom(run.engines, settingsOn(on, `beside_${on}`), 2)
    await one.store.join([visitor(0)])
    expect(await other.store.figures()).toMatchObject({ joined: 0 })
    await one[Symbol.asyncDispose]()
    const { rules } = SETTINGS
    const lottery = { ...settingsOn(on, `apart_${on}`), rules: { ...rules, order: 'lottery' as const } }
    await expect(makeRoom(run.engines, lottery, 2)).rejects.toThrow(/is a fifo, not a lottery/)
  })

  test.for(ROOM_ENGINES)('in %s needs a server that outlives the command', async (on) => {
    const made = makeRoom(engines, settingsOn(on, 'nowhere'), 2)
    await expect(made).rejects.toThrow(UsageError)
    await expect(made).rejects.toThrow(/ends with this command/)
  })

  test('does not take a schema that somebody else has made', async () => {
    await using run = await otherRun()
    const namespace = await engines.postgres?.openNamespace({ label: 'foreign', poolSize: 1 })
    await namespace?.observer.query('create schema holdfast_kept_foreign')
    await expect(makeRoom(run.engines, settingsOn('postgres', 'foreign'), 2)).rejects.toThrow(
      /was not made by Holdfast/,
    )
    await namespace?.[Symbol.asyncDispose]()
  })
})
