/**
 * A limit that is steered, before a service that is really loaded: buyers inside hold and release seats as
 * fast as they are answered, on row locks with four connections and 20 ms of work in each. Without a limit
 * their waits grow with their number; the room must find the number at which p99 stays below its target.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Engines } from '../../../harness/engines/open.ts'
import { openService } from '../../../harness/service/running-service.ts'
import { UNLIMITED } from '../../../harness/service/settings.ts'
import { venueFor } from '../../../harness/service/venue.ts'
import { registry, type StrategyEntry } from '../../../strategies/registry.ts'
import { makeRoom } from '../open-room.ts'
import { MODULE } from '../service-gate.ts'
import type { WaitingRoomSettings } from '../settings.ts'
import type { InsideJob, InsideTold } from './messages.ts'

const STRATEGY = 'postgres-select-for-update'
const CONNECTIONS = 4
const WORK_MS = 20
const VISITORS = 150
const TARGET_P99_MS = 200
const PERIODS = 40
const PERIOD_MS = 2_000
const ROOM_POOL = 4

/** Of the strategy that is loaded. */
export function steeringEngines(): StrategyEntry['engines'] {
  return loadedEntry().engines
}

function loadedEntry(): StrategyEntry {
  const entry = registry.find(({ name }) => name === STRATEGY)
  if (entry === undefined) throw new Error(`there is no ${STRATEGY}`)
  return entry
}

export async function steering(
  engines: Engines,
  usual: WaitingRoomSettings,
  print: (line: string) => void,
): Promise<void> {
  const entry = loadedEntry()
  const settings: WaitingRoomSettings = {
    ...usual,
    rules: { ...usual.rules, opensInMs: 0 },
    limits: { activeMax: VISITORS, perMinute: 0 },
    steering: { p99Ms: TARGET_P99_MS, activeMin: 1, activeMax: VISITORS },
  }
  await using room = await makeRoom(engines, settings, ROOM_POOL)
  await using service = await openService({
    entry,
    engines,
    venue: await venueFor('stadium'),
    poolSize: CONNECTIONS,
    criticalSectionMs: WORK_MS,
    workers: 1,
    settings: {
      ...UNLIMITED,
      inFlightMax: 2 * VISITORS,
      mapAgeMsMax: 1_000,
      ttlMsMax: 600_000,
      unitsMax: 10,
      allowedHosts: [],
      hasOwnerSecrets: false,
      hasAudit: false,
    },
    logLevel: 'silent',
    logSink: process.stderr,
    extension: { module: MODULE, options: room.job },
  })
  const { address } = await service.listen('127.0.0.1', 0)
  const child = fork(new URL('./inside.ts', import.meta.url), { serialization: 'advanced' })
  try {
    child.on('error', () => undefined)
    child.send({ address, visitors: VISITORS } satisfies InsideJob, () => undefined)
    print(
      `steering   p99 below ${TARGET_P99_MS} ms, ${VISITORS} visitors, ${CONNECTIONS} connections with ${WORK_MS} ms of work each`,
    )
    for (let period = 1; period <= PERIODS; period++) {
      await delay(PERIOD_MS)
      const told = once(child, 'message') as Promise<[InsideTold]>
      child.send('report', () => undefined)
      const [{ holds, p99Ms, failed }] = await told
      const { activeMax, inside } = await room.store.figures()
      const seconds = (period * PERIOD_MS) / 1_000
      print(
        `           after ${seconds} s: at most ${activeMax} inside, ${inside} are; ${holds / (PERIOD_MS / 1_000)} holds/s, p99 ${p99Ms.toFixed(0)} ms${failed > 0 ? `, ${failed} failed` : ''}`,
      )
    }
  } finally {
    child.kill('SIGKILL')
  }
}
