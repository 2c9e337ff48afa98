/** Shows a run to browsers of this machine while it goes on, and hands them the report at its end. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { CompareEvent } from '../compare/compare.ts'
import type { Plan } from '../compare/plan.ts'
import type { Sample } from '../performance/sampler.ts'
import { livePage } from './page.ts'
import { LiveRun } from './state.ts'

/** Nobody else's business: the page is for whoever started the run. */
const HOST = '127.0.0.1'
/** A few windows; more are a mistake, and would cost the run. */
const CLIENTS_MAX = 16
/** A window that takes nothing in is behind by so much, and is cut; it comes back by itself, to a fresh state. */
const BACKLOG_BYTES_MAX = 1_000_000
/** For open pages to fetch the report; it is a file beside that. */
const REPORT_WAIT_MS = 10_000

/** The page cannot be served there. The message is one sentence for the user. */
export class LiveError extends Error {
  override readonly name = 'LiveError'
  readonly code = 'live-page'
}

export interface Live extends AsyncDisposable {
  readonly url: string
  tell(event: CompareEvent): void
  sample(sample: Sample): void
  /**
   * Ends the view: every open page becomes the report, or says in a sentence why there is none. Resolves when all have it, after
   * `REPORT_WAIT_MS` at the latest: a page that is left open does not keep the process.
   */
  finish(end: { readonly report: string } | { readonly over: string }): Promise<void>
}

/** `port`: 0 for any that is free. Rejects with a `LiveError` where it is taken. */
export async function openLive(plan: Plan, { port }: { readonly port: number }): Promise<Live> {
  const run = new LiveRun(plan)
  const clients = new Set<ServerResponse>()
  let report: string | undefined
  /** Pages that were open at the end and have not fetched the report yet. */
  let awaited = 0
  const fetched = Promise.withResolvers<void>()

  function send(client: ServerResponse, event: string, data: unknown): void {
    if (client.writableLength > BACKLOG_BYTES_MAX) client.destroy()
    else client.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }
  function toAll(event: string, data: unknown): void {
    for (const client of clients) send(client, event, data)
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const refuse = (status: number, text: string): void => {
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
    }
    const page = (content: string): void => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
      response.end(request.method === 'HEAD' ? undefined : content)
    }
    if (!isOwnName(request.headers.host)) {
      refuse(403, 'this is served to this machine alone')
      return
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      refuse(405, 'there is nothing to change here')
      return
    }
    switch (request.url?.split('?', 1)[0]) {
      case '/':
        if (report === undefined) {
          page(livePage())
          return
        }
        response.writeHead(302, { location: '/report' }).end()
        return
      case '/report':
        if (report === undefined) {
          refuse(404, 'the run is not over')
          return
        }
        response.on('finish', () => {
          awaited--
          if (awaited <= 0) fetched.resolve()
        })
        page(report)
        return
      case '/events':
        if (request.method === 'HEAD') {
          refuse(405, 'events are a stream')
          return
        }
        if (clients.size >= CLIENTS_MAX) {
          refuse(503, `at most ${CLIENTS_MAX} pages at a time`)
          return
        }
        response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
        clients.add(response)
        response.on('close', () => clients.delete(response))
        // A page that is gone is no error of ours.
        response.on('error', () => clients.delete(response))
        send(response, 'state', run.state())
        return
      default:
        refuse(404, 'there is nothing here')
        return
    }
  }

  const server = createServer(answer)
  await listening(server, port)
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port

  function isOwnName(host: string | undefined): boolean {
    return host === `${HOST}:${bound}` || host === `localhost:${bound}`
  }

  return {
    url: `http://${HOST}:${bound}/`,
    tell(event) {
      run.tell(event)
      toAll('state', run.state())
    },
    sample(sample) {
      toAll('sample', run.sample(sample))
    },
    async finish(end) {
      if ('over' in end) {
        toAll('over', end.over)
        for (const client of clients) client.end()
        return
      }
      report = end.report
      awaited = clients.size
      if (awaited === 0) return
      toAll('report', {})
      let timer: NodeJS.Timeout | undefined
      const enough = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, REPORT_WAIT_MS)
      })
      await Promise.race([fetched.promise, enough])
      clearTimeout(timer)
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
        ? 'another program has it'
        : code === 'EACCES'
          ? 'permission denied'
          : cause instanceof Error
            ? cause.message
            : String(cause)
    throw new LiveError(`cannot serve on port ${port} of ${HOST}: ${why}`, { cause })
  }
}
