/** Serves the live page of a run to browsers on this machine, and its report at the end. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { CompareEvent } from '../compare/parts.ts'
import type { ComparisonPlan } from '../compare/plan.ts'
import { reasonOf } from '../errors.ts'
import type { Sample } from '../performance/sampler.ts'
import { livePage } from './page.ts'
import { LiveRun } from './state.ts'

/** The page is only for the user who started the run. */
const HOST = '127.0.0.1'
/** More open pages would affect the measurement. */
const CLIENTS_MAX = 16
/** A page that reads too slowly is disconnected; it reconnects by itself and gets the current state. */
const BACKLOG_BYTES_MAX = 1_000_000
/** For open pages to fetch the report, which is also saved as a file. */
const REPORT_WAIT_MS = 10_000

/** The page cannot be served on this port. The message is one sentence for the user. */
export class LiveError extends Error {
  override readonly name = 'LiveError'
  readonly code = 'live-page'
}

export interface Live extends AsyncDisposable {
  readonly url: string
  onEvent(event: CompareEvent): void
  sample(sample: Sample): void
  /**
   * Makes every open page show the report, or one sentence that says why there is none. Resolves when all
   * have fetched it, or after `REPORT_WAIT_MS`.
   */
  finish(end: { readonly report: string } | { readonly over: string }): Promise<void>
}

/** `port`: 0 for any free port. Rejects with a `LiveError` if the port is not available. */
export async function openLive(plan: ComparisonPlan, { port }: { readonly port: number }): Promise<Live> {
  const run = new LiveRun(plan)
  const clients = new Clients()
  const report = new FinalReport()
  const server = createServer((request, response) => {
    if (!isOwnName(server, request.headers.host)) {
      refuse(response, 403, 'this page is only served to this machine')
    } else if (request.method !== 'GET' && request.method !== 'HEAD') {
      refuse(response, 405, 'only GET and HEAD are allowed')
    } else {
      answer(request, response, { run, clients, report })
    }
  })
  await listening(server, port)
  return {
    url: `http://${HOST}:${portOf(server)}/`,
    onEvent(event) {
      run.onEvent(event)
      clients.toAll('state', run.state())
    },
    sample(sample) {
      clients.toAll('sample', run.sample(sample))
    },
    async finish(end) {
      if ('over' in end) {
        clients.toAll('over', end.over)
        clients.endAll()
        return
      }
      const fetched = report.publish(end.report, clients.count)
      clients.toAll('report', {})
      await fetched
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
      server.closeAllConnections()
      await closed
    },
  }
}

/** The open pages, each with a stream of events. */
class Clients {
  readonly #all = new Set<ServerResponse>()

  get count(): number {
    return this.#all.size
  }

  add(client: ServerResponse, state: unknown): void {
    client.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    this.#all.add(client)
    client.on('close', () => this.#all.delete(client))
    // A closed page is not an error.
    client.on('error', () => this.#all.delete(client))
    send(client, 'state', state)
  }

  toAll(event: string, data: unknown): void {
    for (const client of this.#all) send(client, event, data)
  }

  endAll(): void {
    for (const client of this.#all) client.end()
  }
}

function send(client: ServerResponse, event: string, data: unknown): void {
  if (client.writableLength > BACKLOG_BYTES_MAX) client.destroy()
  else client.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
}

/** The report, and how many open pages have not fetched it yet. */
class FinalReport {
  readonly #fetched = Promise.withResolvers<void>()
  #page: string | undefined
  #awaited = 0

  get page(): string | undefined {
    return this.#page
  }

  /** Resolves when `awaited` pages have fetched it, or after `REPORT_WAIT_MS`. */
  async publish(page: string, awaited: number): Promise<void> {
    this.#page = page
    this.#awaited = awaited
    if (awaited === 0) return
    let timer: NodeJS.Timeout | undefined
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, REPORT_WAIT_MS)
    })
    await Promise.race([this.#fetched.promise, enough])
    clearTimeout(timer)
  }

  wasFetched(): void {
    this.#awaited--
    if (this.#awaited <= 0) this.#fetched.resolve()
  }
}

interface Served {
  readonly run: LiveRun
  readonly clients: Clients
  readonly report: FinalReport
}

function answer(request: IncomingMessage, response: ServerResponse, { run, clients, report }: Served): void {
  const isHead = request.method === 'HEAD'
  switch (request.url?.split('?', 1)[0]) {
    case '/':
      if (report.page === undefined) sendPage(response, isHead, livePage())
      else response.writeHead(302, { location: '/report' }).end()
      return
    case '/report':
      if (report.page === undefined) {
        refuse(response, 404, 'the run has not finished')
        return
      }
      response.on('finish', () => report.wasFetched())
      sendPage(response, isHead, report.page)
      return
    case '/events':
      if (isHead) refuse(response, 405, 'events are a stream')
      else if (clients.count >= CLIENTS_MAX) refuse(response, 503, `at most ${CLIENTS_MAX} pages at a time`)
      else clients.add(response, run.state())
      return
    default:
      refuse(response, 404, 'not found')
      return
  }
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
}

function sendPage(response: ServerResponse, isHead: boolean, content: string): void {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
  response.end(isHead ? undefined : content)
}

function portOf(server: Server): number | undefined {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : undefined
}

/** Refuses other host names, which a page of another site could use (DNS rebinding). */
function isOwnName(server: Server, host: string | undefined): boolean {
  const port = portOf(server)
  return host === `${HOST}:${port}` || host === `localhost:${port}`
}

async function listening(server: Server, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, HOST, resolve)
    })
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : ''
    const why =
      code === 'EADDRINUSE'
        ? 'another program uses it'
        : code === 'EACCES'
          ? 'permission denied'
          : reasonOf(cause)
    throw new LiveError(`cannot serve on port ${port} of ${HOST}: ${why}`, { cause })
  }
}
