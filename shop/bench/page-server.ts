/** The live page of a bench: on loopback, read only. */
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { STYLE } from '../web/assets/style.ts'
import { amdahl, TALK_AFTER, TALK_BEFORE } from './amdahl.ts'
import { BENCH_SCRIPT, BENCH_STYLE, benchPage } from './page.ts'
import { type BenchState, breakdowns, YARDSTICKS } from './state.ts'

export interface BenchServer extends AsyncDisposable {
  readonly address: string
  /** Tells everybody who looks. */
  changed(): void
}

const HOST = '127.0.0.1'
const WATCHERS_MAX = 100
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
}

export async function serveBench(state: BenchState, port: number): Promise<BenchServer> {
  const watchers = new Set<ServerResponse>()
  const told = (): string => `data: ${JSON.stringify(shown(state))}\n\n`
  const files: Readonly<Record<string, readonly [type: string, text: string]>> = {
    '/': ['text/html', benchPage()],
    '/assets/shop.css': ['text/css', STYLE + BENCH_STYLE],
    '/assets/bench.js': ['text/javascript', BENCH_SCRIPT],
  }
  const server = createServer(({ url = '/', method, headers }, answer) => {
    const file = files[url]
    const isOwn = /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(headers.host ?? '')
    if (method !== 'GET' || !isOwn || (url !== '/live' && file === undefined)) {
      answer.writeHead(404, HEADERS).end()
    } else if (file !== undefined) {
      answer.writeHead(200, { ...HEADERS, 'content-type': `${file[0]}; charset=utf-8` }).end(file[1])
    } else if (watchers.size >= WATCHERS_MAX) answer.writeHead(503, HEADERS).end()
    else {
      answer.writeHead(200, { ...HEADERS, 'content-type': 'text/event-stream' }).write(told())
      watchers.add(answer)
      answer.once('close', () => watchers.delete(answer))
    }
  })
  server.listen(port, HOST)
  await once(server, 'listening')
  return {
    address: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    changed() {
      for (const each of watchers) each.write(told())
    },
    async [Symbol.asyncDispose]() {
      for (const each of watchers) each.end()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** What the page draws. */
function shown(state: BenchState) {
  return {
    ...state,
    yardsticks: YARDSTICKS,
    amdahl: [
      ...breakdowns(state),
      ...(state.isOver
        ? [{ of: 'the talk (000), from its figures', ...amdahl(TALK_BEFORE, TALK_AFTER) }]
        : []),
    ],
  }
}
