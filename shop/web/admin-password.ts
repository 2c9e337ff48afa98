/** The admin's password, from the environment. Without one there is no admin, and no admin's page. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../harness/service/problems.ts'

export class Admin {
  readonly #expected: Buffer | undefined

  constructor(password: string | undefined) {
    this.#expected = password === undefined || password === '' ? undefined : digest(password)
  }

  get exists(): boolean {
    return this.#expected !== undefined
  }

  /** Whether the request carries the password (HTTP Basic, any name). */
  isAskedBy({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
    const [scheme, given = ''] = (headers.authorization ?? '').split(' ')
    if (this.#expected === undefined || scheme?.toLowerCase() !== 'basic') return false
    const text = Buffer.from(given, 'base64').toString('utf8')
    return timingSafeEqual(digest(text.slice(text.indexOf(':') + 1)), this.#expected)
  }

  /** Throws a `Problem`: 404 without an admin, else 401 with a request for the password. */
  require(request: Pick<FastifyRequest, 'headers'>, reply: FastifyReply): void {
    if (!this.exists)
      throw new Problem('not-found', 'this shop has no admin: HOLDFAST_SHOP_ADMIN sets a password')
    if (this.isAskedBy(request)) return
    reply.header('www-authenticate', 'Basic realm="Holdfast shop", charset="UTF-8"')
    throw new Problem('no-secret', 'this is for the admin')
  }
}

/** Of equal length, whatever was given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
