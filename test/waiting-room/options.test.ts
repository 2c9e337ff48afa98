/** Goal: options of a waiting room become its settings, and what is wrong is said. Method: as a command line gives them. */
import { describe, expect, test } from 'vitest'
import {
  ADMIN_VARIABLE,
  roomConnections,
  roomLine,
  roomSettingsOf,
  type WaitingRoomOptions,
} from '../../cli/waiting-room.ts'

const settingsOf = (options: WaitingRoomOptions, env: NodeJS.ProcessEnv = {}, engines = ['postgres']) =>
  roomSettingsOf(options, { engines, env, home: '/' })

describe('a room', () => {
  test('is not there unless it is asked for', () => {
    expect(settingsOf({})).toBeUndefined()
    expect(roomConnections({})).toBe(0)
    expect(roomConnections({ waitingRoom: 'fifo' })).toBeGreaterThanOrEqual(15_000)
  })

  test('has defaults, and a secret and a seed of its own', () => {
    const settings = settingsOf({ waitingRoom: 'fifo' }) ?? expect.fail('no room')
    expect(settings).toMatchObject({
      engine: 'postgres',
      door: 'queue',
      identity: 'browser',
      workBits: 14,
      limits: { activeMax: 100, perMinute: 0 },
      rules: { order: 'fifo', opensInMs: 0, comeMs: 60_000, insideMs: 600_000, awayMs: 300_000 },
      home: '/',
    })
    expect(settings).not.toHaveProperty('steering')
    expect(settings).not.toHaveProperty('adminPassword')
    const other = settingsOf({ waitingRoom: 'fifo' }) ?? expect.fail('no room')
    expect(other.secret).not.toBe(settings.secret)
    expect(other.rules.seed).not.toBe(settings.rules.seed)
    expect(settings.secret.length).toBeGreaterThanOrEqual(43)
    expect(roomLine(settings)).toBe('waiting room: fifo, at most 100 inside, kept in postgres')
  })

  test('is as it is asked to be', () => {
    const settings = settingsOf(
      {
        waitingRoom: 'lottery',
        roomActive: '50',
        roomPerMinute: '600',
        roomP99: '80ms',
        roomOpensIn: '10m',
        roomCome: '30s',
        roomInside: '5m',
        roomAway: '0s',
        roomIdentity: 'address',
        roomWork: '0',
      },
      { [ADMIN_VARIABLE]: 'secret' },
      ['postgres', 'redis'],
    )
    expect(settings).toMatchObject({
      engine: 'redis',
      // Steering begins low.
      limits: { activeMax: 10, perMinute: 600 },
      steering: { p99Ms: 80, activeMin: 10, activeMax: 50 },
      rules: { order: 'lottery', opensInMs: 600_000, comeMs: 30_000, insideMs: 300_000, awayMs: 0 },
      identity: 'address',
      workBits: 0,
      adminPassword: 'secret',
    })
    expect(settings && roomLine(settings)).toBe(
      'waiting room: lottery, as many as keep p99 below 80 ms, at most 50, inside, 600 a minute, kept in redis',
    )
    expect(settingsOf({ waitingRoom: 'fifo', roomActive: '3', roomP99: '1s' })).toMatchObject({
      limits: { activeMax: 3 },
      steering: { activeMin: 3, activeMax: 3 },
    })
    for (const door of ['passthrough', 'closed'])
      expect(settingsOf({ waitingRoom: door })).toMatchObject({ door, rules: { order: 'fifo' } })
  })

  test('that is kept has a name, and a secret from the environment', () => {
    const secret = 's'.repeat(32)
    const kept = { waitingRoom: 'fifo', roomKeep: 'summer_2027' }
    const settings = settingsOf(kept, { HOLDFAST_ROOM_SECRET: secret }) ?? expect.fail('no room')
    expect(settings).toMatchObject({ keep: 'summer_2027', secret })
    expect(roomLine(settings)).toMatch(/kept in postgres as summer_2027$/)
    expect(() => settingsOf(kept)).toThrow(/HOLDFAST_ROOM_SECRET/)
    expect(() => settingsOf(kept, { HOLDFAST_ROOM_SECRET: secret.slice(1) })).toThrow(/32 characters/)
    for (const roomKeep of ['', 'Summer', '2027', 'a-b', 'a'.repeat(33), 'a"; drop schema public'])
      expect(() => settingsOf({ ...kept, roomKeep }, { HOLDFAST_ROOM_SECRET: secret })).toThrow(
        /--room-keep must/,
      )
  })

  test.for<readonly [WaitingRoomOptions, RegExp]>([
    [{ roomActive: '5' }, /--room-active needs --waiting-room/],
    [{ roomP99: '5ms' }, /--room-p99 needs --waiting-room/],
    [{ waitingRoom: 'polite' }, /--waiting-room must be fifo or lottery or passthrough or closed/],
    [{ waitingRoom: 'lottery' }, /--room-opens-in/],
    [{ waitingRoom: 'fifo', roomActive: '0' }, /--room-active/],
    [{ waitingRoom: 'fifo', roomPerMinute: 'many' }, /--room-per-minute/],
    [{ waitingRoom: 'fifo', roomP99: '0ms' }, /--room-p99/],
    [{ waitingRoom: 'fifo', roomCome: '1ms' }, /--room-come/],
    [{ waitingRoom: 'fifo', roomInside: 'soon' }, /--room-inside/],
    [{ waitingRoom: 'fifo', roomIdentity: 'passport' }, /--room-identity/],
    [{ waitingRoom: 'fifo', roomWork: '23' }, /--room-work/],
    [{ waitingRoom: 'fifo', roomOn: 'tigerbeetle' }, /--room-on/],
  ])('asked for by %o is refused', ([options, why]) => {
    expect(() => settingsOf(options)).toThrow(why)
  })
})
