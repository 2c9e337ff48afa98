/**
 * Goal: a service at an address is judged as what it is: names of each trial are its own, an answer that is late, cut or no answer of
 * its API is of unknown outcome, and an address that is none, or where nothing answers, is told before anything is run.
 * Method: the service of `serve` in this process, and servers that break one rule each.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { contractStrategy } from '../../harness/entries/service/contract.ts'
import { loadService } from '../../harness/entries/service/load-service.ts'
import { askAt } from '../../harness/entries/service/service-client.ts'
import { strategyNamed } from '../../harness/entries/strategy-named.ts'
import { UsageError } from '../../harness/entries/usage-error.ts'
import type { HoldId, ReservationStrategy, ResourceId } from '../../strategies/strategy.ts'

const SETTINGS = { criticalSection: async () => {}, random: () => 0 }
const SEAT = 'seat-1' as ResourceId
const HOLD = { holdId: 'hold-1' as HoldId, lines: [{ resourceId: SEAT, quantity: 1 }], ttlMs: 1_000 }
const TIGERFANS = fileURLToPath(new URL('../../examples/adapters/tigerfans.ts', import.meta.url))

async function serving(answer: RequestListener): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer(answer)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as { readonly port: number }
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

async function openedAt(url: string, adapter?: string): Promise<ReservationStrategy> {
  const entry = await loadService(url, adapter)
  return await entry.open({}, SETTINGS)
}

describe('a call of unknown outcome', () => {
  const broken: Readonly<Record<string, RequestListener>> = {
    'is one that is cut': ({ socket }) => socket.destroy(),
    'is one that is redirected': (_, response) =>
      response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    'is one whose answer is no answer of the API': (_, response) => response.writeHead(200).end('held'),
    'is one that is answered 504': (_, response) =>
      response.writeHead(504).end('{"type":"unknown-outcome","title":"nobody knows"}'),
    'is one that is answered held without a deadline': (_, response) =>
      response.writeHead(201).end('{"hold_id":"x"}'),
  }
  for (const [name, answer] of Object.entries(broken)) {
    it(name, async () => {
      await using service = await serving(answer)
      await expect(contractStrategy(askAt(new URL(service.url))).hold(HOLD)).rejects.toThrow()
    })
  }

  it('is one that takes longer than its deadline', async () => {
    await using service = await serving(() => {})
    await expect(contractStrategy(askAt(new URL(service.url), 50)).hold(HOLD)).rejects.toThrow(/timeout/)
  })
})

describe('names', () => {
  it('are sent with a mark of their own for each trial, and are told without it', async () => {
    const sent: string[] = []
    await using service = await serving((request, response) => {
      let text = ''
      request.on('data', (data) => (text += data))
      request.on('end', () => {
        if (request.url !== '/reservations') return response.writeHead(204).end()
        const { hold_id, lines } = JSON.parse(text)
        sent.push(hold_id)
        return response.writeHead(409).end(JSON.stringify({ type: 'sold-out', sold_out: [lines[0].id] }))
      })
    })
    for (let trial = 0; trial < 2; trial++) {
      const strategy = await openedAt(service.url)
      await strategy.createResources([{ id: SEAT, capacity: 1 }])
      expect(await strategy.hold(HOLD)).toEqual({ kind: 'sold-out', resourceId: SEAT, attempts: 1 })
    }
    expect(sent.every((each) => each.endsWith('hold-1'))).toBe(true)
    expect(new Set(sent).size).toBe(2)
  })
})

describe('an address', () => {
  it.for([
    ['http://', 'is not an address'],
    ['http://me:secret@127.0.0.1:1', 'with a password would be printed'],
    ['http://127.0.0.1:1/?a=b', 'only an address and a path'],
    ['http://127.0.0.1:1', 'no service answers at http://127.0.0.1:1'],
  ] as const)('%s is told: %s', async ([given, why]) => {
    const refused = await loadService(given).catch((error: Error) => error)
    expect(refused).toBeInstanceOf(UsageError)
    expect(String(refused)).toContain(why)
    expect(String(refused)).not.toContain('secret')
  })

  it('is refused where a strategy’s own connections are needed', async () => {
    await expect(strategyNamed('http://127.0.0.1:1')).rejects.toThrow('judged by compare and conform alone')
  })
})

describe('an adapter', () => {
  it('maps the routes of TigerFans', async () => {
    let left = 1
    const states = new Map<string, string>()
    await using service = await serving((request, response) => {
      let text = ''
      request.on('data', (data) => (text += data))
      request.on('end', () => {
        const [, first, second, id = ''] = /^\/(\w+)\/?(\w+)?\/?(\w+)?/.exec(request.url ?? '') ?? []
        const json = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body))
        if (second === 'checkout') {
          if (left === 0) return json(409, { detail: 'sold out' })
          left--
          return json(200, { order_id: 'o1', redirect_url: '/mockpay/p1' })
        }
        if (first === 'mockpay') {
          states.set('o1', text === 't=succeeded' ? 'PAID' : 'CANCELED')
          return response.writeHead(303, { location: '/done' }).end()
        }
        if (second === 'orders') return json(states.has(id) ? 200 : 404, { status: states.get(id) })
        return json(200, { A: { available: left } })
      })
    })
    const strategy = await openedAt(service.url, TIGERFANS)
    await strategy.createResources([{ id: SEAT, capacity: 1 }])
    expect(await strategy.hold(HOLD)).toMatchObject({ kind: 'held' })
    const other = { ...HOLD, holdId: 'hold-2' as HoldId }
    expect(await strategy.hold(other)).toMatchObject({ kind: 'sold-out', resourceId: SEAT })
    expect(await strategy.confirm(HOLD.holdId)).toEqual({ kind: 'confirmed' })
    expect(await strategy.availability([SEAT])).toEqual([{ resourceId: SEAT, available: 0 }])
    await expect(strategy.hold({ ...HOLD, lines: [{ resourceId: SEAT, quantity: 2 }] })).rejects.toThrow()
    expect(await strategy.release('hold-3' as HoldId)).toEqual({ kind: 'gone' })
    const things = ['one', 'more'].map((id) => ({ id: id as ResourceId, capacity: 1 }))
    await expect(strategy.createResources(things)).rejects.toThrow('it sells no more than A, B')
  })

  it('of orders takes another refusal than sold out for an unknown outcome', async () => {
    await using service = await serving((_, response) => response.writeHead(500).end())
    const strategy = await openedAt(service.url, TIGERFANS)
    await strategy.createResources([{ id: SEAT, capacity: 1 }])
    await expect(strategy.hold(HOLD)).rejects.toThrow('POST /api/checkout was answered 500')
  })

  it.for([
    ['export const adapter = undefined', 'must export adapter: a function of ask, or an OrderAdapter'],
    ['export const adapter = { sells: ["A"], soldOut: 409 }', 'adapter has no function order'],
    [
      'const f = () => {}; export const adapter = { order: f, confirm: f, release: f, available: f }',
      'adapter needs sells, a list of names, and soldOut, a status',
    ],
  ] as const)('%s is refused', async ([text, why]) => {
    await using service = await serving((_, response) => response.end())
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'holdfast-adapter-')), 'mine.mjs')
    writeFileSync(file, text)
    await expect(loadService(service.url, file)).rejects.toThrow(why)
    rmSync(path.dirname(file), { recursive: true })
  })
})
