/**
 * Refuses forms that another site sends in a buyer's name. A browser says where a request comes from; a
 * program that says nothing (a load client) passes, because nobody's browser can be made to say nothing.
 */
import type { FastifyRequest } from 'fastify'
import { Problem } from '../../harness/service/problems.ts'

/** Throws a `Problem`. */
export function refuseOtherSites({ headers }: Pick<FastifyRequest, 'headers'>): void {
  const site = headers['sec-fetch-site']
  if (site === 'same-origin' || site === 'none') return
  if (site === undefined && (headers.origin === undefined || isOwn(headers.origin, headers.host))) return
  throw new Problem('not-owner', 'this form was sent from another site')
}

function isOwn(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host
}
