/** A folder over HTTP, below a path, as a site is put somewhere: files, and 404 for everything else. */
import { createReadStream, statSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

export interface Served extends AsyncDisposable {
  /** Ends with a slash. */
  readonly address: string
}

/** `below`: begins and ends with a slash. */
export async function served(folder: string, below: string): Promise<Served> {
  const server = createServer(({ url = '' }, response) => {
    const asked = decodeURIComponent(new URL(url, 'http://site').pathname)
    const file = asked.startsWith(below) ? path.join(folder, asked.slice(below.length)) : undefined
    if (file === undefined || statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
      response.writeHead(404).end()
    else send(file, response)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    address: `http://127.0.0.1:${port}${below}`,
    [Symbol.asyncDispose]: () => closed(server),
  }
}

/** What all pages share is asked for once. */
function send(file: string, response: ServerResponse): void {
  const type = TYPES[path.extname(file)] ?? 'application/octet-stream'
  response.writeHead(200, { 'content-type': type, 'cache-control': 'max-age=3600' })
  createReadStream(file).pipe(response)
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((ended) => server.close(() => ended()))
}
