/** For test suites that make their own resources; there only where the service was told so. */
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
      // Whatever is wrong with them is for the strategy's own outer skin to say.
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
