/** The operator's view of the room, and the settings that can change while it works. */
import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import Value from 'typebox/value'
import { html } from '../../../harness/report/page/html.ts'
import { Problem } from '../../../harness/service/problems.ts'
import type { Admin } from '../../web/admin-password.ts'
import { refuseOtherSites } from '../../web/other-sites.ts'
import { withinWaiting } from '../deadline.ts'
import type { Latencies } from '../latencies.ts'
import type { RoomSetting } from '../queue/room.ts'
import type { WaitingRoom } from '../waiting-room.ts'
import { frame } from './frame.ts'
import { ROOM_PATH } from './paths.ts'
import { sendPage } from './send-page.ts'

const ACTIVE_MAX_MAX = 1_000_000
const TARGET_MS_MAX = 60_000
const SettingBody = Type.Object(
  {
    activeMax: Type.Optional(Type.Integer({ minimum: 0, maximum: ACTIVE_MAX_MAX })),
    perMinute: Type.Optional(Type.Integer({ minimum: 0, maximum: ACTIVE_MAX_MAX })),
    targetMs: Type.Optional(Type.Integer({ minimum: 0, maximum: TARGET_MS_MAX })),
    door: Type.Optional(
      Type.Union([Type.Literal('queue'), Type.Literal('passthrough'), Type.Literal('closed')]),
    ),
    opened: Type.Optional(Type.Literal(true)),
  },
  { additionalProperties: false },
)

const SETTINGS_TOLD =
  `the settings are activeMax and perMinute (0 to ${ACTIVE_MAX_MAX}), targetMs (0 to ${TARGET_MS_MAX}), ` +
  'door (queue, passthrough or closed) and opened (true)'

export interface AdminRoomOptions {
  readonly room: WaitingRoom
  readonly latencies: Latencies
  readonly admin: Admin
}

/** Of what is seen, the answers are of the process that gives them. */
export function adminRoutes(app: FastifyInstance, { room, latencies, admin }: AdminRoomOptions): void {
  const told = () => ({
    ...room.news,
    listening: room.listeners.size,
    ...(latencies.last && { p99Ms: latencies.last.p99Ms }),
  })
  app.get(`${ROOM_PATH}/admin`, async (request, reply) => {
    admin.require(request, reply)
    return sendPage(reply, adminPage())
  })
  app.get(`${ROOM_PATH}/admin/figures`, async (request, reply) => {
    admin.require(request, reply)
    return told()
  })
  app.post(`${ROOM_PATH}/admin/settings`, async (request, reply) => {
    admin.require(request, reply)
    refuseOtherSites(request)
    const { body } = request
    if (!Value.Check(SettingBody, body)) {
      throw new Problem('invalid-request', SETTINGS_TOLD)
    }
    await withinWaiting(room.store.set(body as Partial<RoomSetting>))
    await withinWaiting(room.refresh())
    return told()
  })
}

function adminPage(): string {
  return frame({
    title: 'The waiting room, for its operator',
    script: 'admin.js',
    body: html`<div id="room-admin" data-path="${ROOM_PATH}">
<h1>The waiting room</h1>
<p id="alive" class="quiet" role="status"></p>
<div class="tiles" id="tiles"></div>
<h2>Limits and door</h2>
<form id="setting" class="fields">
<label for="activeMax">Inside and called, at most</label>
<input id="activeMax" type="number" min="0" max="${ACTIVE_MAX_MAX}" required>
<label for="perMinute">Admissions a minute, at most (0: any number)</label>
<input id="perMinute" type="number" min="0" max="${ACTIVE_MAX_MAX}" required>
<label for="targetMs">Steered so that the p99 of those inside stays below, in ms (0: not steered)</label>
<input id="targetMs" type="number" min="0" max="${TARGET_MS_MAX}" required>
<label for="door">Door</label>
<select id="door">
<option value="queue">queue: one after another</option>
<option value="passthrough">passthrough: everybody may go in</option>
<option value="closed">closed: nobody joins, nobody is called</option>
</select>
<button class="strong">Change</button>
</form>
<p><button id="opened" hidden>Open now</button></p>
</div>`,
  })
}
