/** For test suites that create their own resources. Registered only if the service allows it. */
import Type from 'typebox'
import type { ResourceId } from '../../../strategies/strategy.ts'
import type { RouteParts } from '../parts.ts'
import { ExpireRequest, ResourcesRequest } from '../schemas.ts'
import type { TypedApp } from './typed.ts'

export function setupRoutes(app: TypedApp, { strategy }: RouteParts): void {
  app.put(
    '/setup/resources',
    { schema: { hide: true, body: ResourcesRequest, response: { 204: Type.Null() } } },
    async ({ body }, reply) => {
      // The strategy's own validation reports what is wrong with them.
      await strategy.createResources(
        body.resources.map(({ id, capacity }) => ({ id: id as ResourceId, capacity })),
      )
      return reply.code(204).send(null)
    },
  )
  app.post(
    '/setup/expire-due',
    {
      schema: {
        hide: true,
        body: ExpireRequest,
        response: { 200: Type.Object({ expired: Type.Integer() }) },
      },
    },
    async ({ body }) => ({ expired: await strategy.expireDue(body.limit) }),
  )
}
