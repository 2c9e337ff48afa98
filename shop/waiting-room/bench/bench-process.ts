/** A process of the benchmark: it serves a room, or it is its visitors. */
import Fastify from 'fastify'
import { reasonOf } from '../../../harness/errors.ts'
import { tellProblem } from '../../../harness/service/problems.ts'
import { Admin } from '../../web/admin-password.ts'
import { attachRoom, type RoomJob } from '../open-room.ts'
import { WaitingRoom } from '../waiting-room.ts'
import { standBefore } from '../web/stand-before.ts'
import type { FromBench, ToBench } from './messages.ts'
import { Joiners, Streams } from './visitors.ts'

const MS_PER_US = 0.001
const BACKLOG = 4_096

const undo = new AsyncDisposableStack()
const streams = new Streams()
const joiners = new Joiners()

process.on('disconnect', () => process.exit(1))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined)
process.on('message', (message: ToBench) => {
  carryOut(message).then(tell, (error: unknown) => tell({ kind: 'failed', why: reasonOf(error) }))
})

async function carryOut(message: ToBench): Promise<FromBench> {
  switch (message.kind) {
    case 'serve':
      return { kind: 'serve', port: await serve(message.job) }
    case 'memory': {
      globalThis.gc?.()
      return { kind: 'memory', residentBytes: process.memoryUsage.rss() }
    }
    case 'cpu': {
      const { user, system } = process.cpuUsage()
      return { kind: 'cpu', ms: (user + system) * MS_PER_US }
    }
    case 'streams':
      return { kind: 'streams', ...(await streams.start(message)) }
    case 'told':
      return { kind: 'told', ...(await streams.told(message.text)) }
    case 'joins':
      return { kind: 'joins', figures: await joiners.run(message) }
    case 'close':
      streams.close()
      joiners.close()
      await undo.disposeAsync()
      process.exit(0)
  }
}

/** The room alone: a gate before an app that has one route. */
async function serve(job: RoomJob): Promise<number> {
  const { store } = undo.use(await attachRoom(job))
  const warn = (error: unknown, what: string): void => console.error(`${what}: ${reasonOf(error)}`)
  const room = undo.use(await WaitingRoom.open({ store, settings: job.settings, warn }))
  const app = Fastify({ forceCloseConnections: true })
  app.setErrorHandler(tellProblem)
  undo.defer(() => app.close())
  await standBefore(app, { room, openings: { open: [], finishing: [] }, admin: new Admin(undefined), warn })
  app.get('/', async () => 'inside')
  await app.listen({ host: '127.0.0.1', port: 0, backlog: BACKLOG })
  const address = app.server.address()
  if (address === null || typeof address === 'string') throw new Error('there is no port')
  return address.port
}

function tell(message: FromBench): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}
