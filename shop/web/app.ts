/** The shop over HTTP: pages, the JSON of TigerFans, the reports of the provider. */
import Fastify, { type FastifyError, type FastifyInstance, LogController } from 'fastify'
import { Admission, admitThrough } from '../../harness/service/admission.ts'
import { strictJson } from '../../harness/service/bodies.ts'
import { closeInTime, closeUnusedConnections, refuseWhenClosing } from '../../harness/service/drain.ts'
import { refuseOtherHosts } from '../../harness/service/hosts.ts'
import { limitClients } from '../../harness/service/limits.ts'
import type { ServiceLog } from '../../harness/service/log.ts'
import type { ServiceMetrics } from '../../harness/service/metrics.ts'
import type { ServiceSettings } from '../../harness/service/parts.ts'
import { Problem, tellProblem } from '../../harness/service/problems.ts'
import { answerAndEnd, parserProblem } from '../../harness/service/raw-answers.ts'
import { tellRefusals } from '../../harness/service/refusals.ts'
import { requestIds } from '../../harness/service/request-ids.ts'
import { tellAnswers } from '../../harness/service/request-log.ts'
import type { WaitingRoom } from '../waiting-room/waiting-room.ts'
import { standBefore } from '../waiting-room/web/stand-before.ts'
import { errorPage } from './pages/layout.ts'
import { adminRoutes } from './routes/admin.ts'
import { apiRoutes } from './routes/api.ts'
import { assetRoutes } from './routes/assets.ts'
import { acceptForms, HTML_TYPE } from './routes/forms.ts'
import { liveRoutes } from './routes/live.ts'
import { mockpayRoutes } from './routes/mockpay.ts'
import { pageRoutes } from './routes/pages.ts'
import { webhookRoutes } from './routes/webhook.ts'
import { SECURITY_HEADERS } from './security-headers.ts'
import { SHOP_OPENINGS } from './shop-openings.ts'
import type { ShopWeb } from './shop-web.ts'

const BODY_BYTES_MAX = 16_384
const HEADERS_BYTES_MAX = 16_384
/** Time limit for a request to arrive completely. */
const REQUEST_MS_MAX = 15_000
const SILENCE_MS_MAX = 30_000
const LATE_CHECKED_EVERY_MS = 1_000

export type ShopLimits = Pick<
  ServiceSettings,
  'inFlightMax' | 'connectionsMax' | 'clientConnectionsMax' | 'clientRequestsPerSecond' | 'allowedHosts'
>

export interface ShopAppOptions {
  readonly web: ShopWeb
  readonly limits: ShopLimits
  readonly metrics: ServiceMetrics
  readonly log: ServiceLog
  readonly room?: WaitingRoom
}

export interface ShopServer {
  /** Returns the address. */
  listen(host: string, port: number): Promise<string>
  /** Answers what is in flight, and closes what is left after the time limit. */
  close(drainMsMax?: number): Promise<void>
}

export async function createShopApp({
  web,
  limits,
  metrics,
  log,
  room,
}: ShopAppOptions): Promise<ShopServer> {
  const app = bareApp(log)
  const admission = new Admission(limits.inFlightMax, metrics)
  tellAnswers(app, metrics)
  secure(app)
  tellRefusals(app)
  refuseWhenClosing(app)
  closeUnusedConnections(app)
  refuseOtherHosts(app, limits.allowedHosts)
  await limitClients(app, settingsOf(limits), metrics)
  admitThrough(app, admission)
  if (room !== undefined) {
    const { admin, parts } = web
    await standBefore(app, { room, openings: SHOP_OPENINGS, admin, warn: parts.warn })
  }
  // Each with content types and an error handler of its own.
  await app.register((pages, _options, done) => {
    pages.setErrorHandler(asPage)
    acceptForms(pages)
    pageRoutes(pages, web)
    mockpayRoutes(pages, web)
    adminRoutes(pages, web)
    done()
  })
  await app.register((reports, _options, done) => {
    webhookRoutes(reports, web)
    done()
  })
  apiRoutes(app, web)
  liveRoutes(app, web)
  assetRoutes(app)
  app.get('/healthz', async () => ({ status: 'alive' }))
  await app.ready()
  return {
    listen: (host, port) => app.listen({ host, port }),
    close: (drainMsMax) => closeInTime(app, admission, drainMsMax),
  }
}

function bareApp(log: ServiceLog): FastifyInstance {
  const app = Fastify({
    loggerInstance: log,
    // By route: a URL contains an order's id, which is the key to it.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestIds(),
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    connectionTimeout: SILENCE_MS_MAX,
    http: {
      headersTimeout: REQUEST_MS_MAX,
      connectionsCheckingInterval: LATE_CHECKED_EVERY_MS,
      maxHeaderSize: HEADERS_BYTES_MAX,
      requireHostHeader: false,
    },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    clientErrorHandler: (error, socket) => answerAndEnd(socket, parserProblem(error)),
  })
  strictJson(app)
  return app
}

function secure(app: FastifyInstance): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(SECURITY_HEADERS)
    done()
  })
}

/** For a person with a browser. */
function asPage(
  error: FastifyError,
  request: Parameters<typeof tellProblem>[1],
  reply: Parameters<typeof tellProblem>[2],
): void {
  if (!(error instanceof Problem) || !(request.headers.accept ?? '').includes('text/html')) {
    tellProblem(error, request, reply)
    return
  }
  if (error.mayBeRetried) reply.header('retry-after', 1)
  reply
    .code(error.status)
    .type(HTML_TYPE)
    .send(errorPage(titleOf(error), `${error.message}.`))
}

function titleOf({ kind }: Problem): string {
  if (kind === 'sold-out') return 'Sold out'
  if (kind === 'not-found' || kind === 'unknown-event') return 'Not found'
  return 'That did not work'
}

function settingsOf(limits: ShopLimits): ServiceSettings {
  return {
    ...limits,
    bulkReadsMax: 0,
    shedsLoad: true,
    mapAgeMsMax: 0,
    ttlMsMax: 0,
    unitsMax: 0,
    hasOwnerSecrets: false,
    hasAudit: false,
    hasSetup: false,
  }
}
