/**
 * Goal: 15,000 visitors wait in one process, each with a stream, and all are told at once that everything is sold. Method: that process, and
 * another one with 15,000 bare sockets.
 */
import { describe, expect, test } from 'vitest'
import { BenchProcess } from '../../shop/waiting-room/bench/bench-child.ts'
import { makeRoom } from '../../shop/waiting-room/open-room.ts'
import { FULL, isFull } from '../size.ts'
import { withEngines } from '../with-engines.ts'
import { LIMITS, RULES, SETTINGS } from './rooms.ts'

const STREAMS = 15_000
const { engines, lacks } = await withEngines(isFull ? ['redis'] : [])

describe.skipIf(!isFull || lacks(['redis']))('one process', FULL, () => {
  test('tells 15,000', { ...FULL, timeout: 400_000 }, async () => {
    const rules = { ...RULES, opensInMs: 3_600_000, waitingMax: 2 * STREAMS }
    await using room = await makeRoom(engines, { ...SETTINGS, engine: 'redis', rules, limits: LIMITS }, 4)
    await using server = new BenchProcess()
    await using crowd = new BenchProcess()
    const { port } = await server.ask({ kind: 'serve', job: room.job })
    const opened = await crowd.ask({
      kind: 'streams',
      count: STREAMS,
      job: room.job,
      ports: [port],
      from: '127.0.0.2',
    })
    expect(opened).toMatchObject({ open: STREAMS, failed: 0 })
    const listening = crowd.ask({ kind: 'told', text: '"stock":"gone"' })
    await room.store.set({ stock: 'gone' })
    expect(await listening).toMatchObject({ missing: 0 })
  })
})
