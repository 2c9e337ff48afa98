/**
 * Refuses requests for a host name that is not this service's. Another site can point its own name at this
 * machine (DNS rebinding), and a browser would then treat the service as part of that site; but the site
 * cannot change the `Host` header. An IP address cannot be rebound.
 */
import { isIP } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { Problem } from './problems.ts'

const HOST = 'host'

/** `allowed`: names besides localhost and IP addresses; `*` for any. */
export function refuseOtherHosts(app: FastifyInstance, allowed: readonly string[]): void {
  const names = new Set(['localhost', ...allowed.map((name) => name.toLowerCase())])
  // Most requests name the same one.
  let served: string | undefined
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    const [host, ...others] = hostsIn(raw.rawHeaders)
    if (host === undefined || others.length > 0)
      return done(new Problem('invalid-request', 'a request must name exactly one host'))
    if (host === served) return done()
    const refusal = refusalOf(host, names)
    if (refusal === undefined) served = host
    done(refusal)
  })
}

function refusalOf(host: string, names: ReadonlySet<string>): Problem | undefined {
  const name = nameIn(host)
  if (name !== undefined && (names.has('*') || names.has(name) || isIP(name) !== 0)) return undefined
  return new Problem(
    'wrong-host',
    'this service does not serve the requested host: its operator can allow it with --allow-host',
  )
}

/** Of a list of names and values in turn. */
function hostsIn(rawHeaders: readonly string[]): readonly string[] {
  const hosts: string[] = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = [rawHeaders[at], rawHeaders[at + 1]]
    if (name.length === HOST.length && name.toLowerCase() === HOST) hosts.push(value)
  }
  return hosts
}

/** Without port and brackets; undefined if it is not a host. */
function nameIn(host: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::\d{1,5})?$/i.exec(host) ?? []
  return (bracketed ?? plain)?.toLowerCase()
}
