/**
 * Goal: a process that carries out calls dies, stands still and goes on as real ones do, a call is never answered twice or
 * forgotten, and no process is left. Method: real signals, on a real engine.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { fresh, LONG_TTL_MS, request, until } from '../../harness/conformance/subject.ts'
import { prepareGround } from '../../harness/ground/ground.ts'
import { ClientProcess } from '../../harness/processes/client-process.ts'
import { registry } from '../../strategies/registry.ts'
import { resourceId } from '../../strategies/validation.ts'
import { FULL } from '../size.ts'
import { withEngines } from '../with-engines.ts'

const entry =
  registry.find(({ name }) => name === 'postgres-select-for-update') ?? expect.fail('there is no such entry')
const opened = await withEngines(['postgres'])
const SEAT = fresh('seat')

test.skipIf(opened.lacks(['postgres']))('killed, stopped, continued and started again', FULL, async () => {
  await using undo = new AsyncDisposableStack()
  const ground = await prepareGround(entry, opened.engines, 2)
  undo.defer(() => ground.dispose())
  const settings = { criticalSection: async () => {}, random: () => 0.5 }
  const here = await entry.open(ground.connections, settings)
  await here.createResources([{ id: resourceId(SEAT), capacity: 3 }])
  const one = undo.use(
    await ClientProcess.open({
      strategy: { name: entry.name },
      attachment: ground.attachment(2),
      criticalSectionMs: 300,
      seed: 1,
    }),
  )
  const asked = () => request({ [SEAT]: 1 }, { ttlMs: LONG_TTL_MS })

  const killed = one.call('hold', asked())
  const rejected = expect(killed).rejects.toThrow(/has ended \(SIGKILL\)/)
  await until('the call to be between read and write', () => one.within() === 1)
  expect(await one.kill()).toBe(1)
  await rejected
  expect(one.isServing()).toBe(false)
  await expect(one.call('hold', asked())).rejects.toThrow(/not there/)

  await one.start()
  let isAnswered = false
  const stopped = one.call('hold', asked()).finally(() => {
    isAnswered = true
  })
  await until('the call to be between read and write', () => one.within() === 1)
  one.stop()
  await delay(600)
  expect(isAnswered).toBe(false)
  await one.goOn()
  expect(one.whenStopped()).toEqual({ calls: 1, within: 1 })
  expect(await stopped).toMatchObject({ kind: 'held' })

  // What the killed one had not committed is gone.
  expect(await here.availability([resourceId(SEAT)])).toMatchObject([{ available: 2 }])
  await here.close()
})
