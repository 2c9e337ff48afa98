/** A process that serves a room, and tells every call of its store as soon as it is answered: it may be killed at any time. */
import Fastify from 'fastify'
import { tellProblem } from '../../harness/service/problems.ts'
import { attachRoom, type RoomJob } from '../../shop/waiting-room/open-room.ts'
import { RoomRecorder } from '../../shop/waiting-room/recorded-room.ts'
import { WaitingRoom } from '../../shop/waiting-room/waiting-room.ts'
import { standBefore } from '../../shop/waiting-room/web/stand-before.ts'
import { Admin } from '../../shop/web/admin-password.ts'

process.on('disconnect', () => process.exit(1))
process.once('message', async ({ settings, attachment }: RoomJob) => {
  const { store } = await attachRoom({ settings, attachment })
  const recorder = new RoomRecorder(settings.rules, settings.limits, (record) => process.send?.({ record }))
  const warn = () => undefined
  const room = await WaitingRoom.open({ store: recorder.watch(store), settings, warn })
  const app = Fastify()
  app.setErrorHandler(tellProblem)
  await standBefore(app, { room, openings: { open: [], finishing: [] }, admin: new Admin(undefined), warn })
  process.send?.({ url: await app.listen({ host: '127.0.0.1', port: 0 }) })
})
