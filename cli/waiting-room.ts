/** The options of a waiting room, which `holdfast shop` and `holdfast serve` share. */
import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { UsageError } from '../harness/entries/usage-error.ts'
import { newSeed } from '../shop/waiting-room/queue/draw.ts'
import { STEERED_MIN } from '../shop/waiting-room/queue/room.ts'
import type { SteeringTarget } from '../shop/waiting-room/queue/steering.ts'
import {
  ROOM_IDENTITIES,
  STREAMS_MAX,
  type WaitingRoomSettings,
  WORK_BITS_MAX,
} from '../shop/waiting-room/settings.ts'
import { ROOM_ENGINES, roomEngineAmong } from '../shop/waiting-room/stores/room-stores.ts'
import { type Bounds, formatDuration, parseChoice } from './arguments.ts'
import { durationMsOr, wholeOr } from './options.ts'

/** The password of the admin, of shop and waiting room. */
export const ADMIN_VARIABLE = 'HOLDFAST_SHOP_ADMIN'

/** The secret of a room that is kept: one who has it can make tokens. */
const SECRET_VARIABLE = 'HOLDFAST_ROOM_SECRET'
const SECRET_CHARACTERS_MIN = 32
/** As part of the name of a schema. */
const KEPT_NAME = /^[a-z][a-z0-9_]{0,31}$/

const MODES = ['fifo', 'lottery', 'passthrough', 'closed'] as const
const ACTIVE_DEFAULT = 100
const COME_MS_DEFAULT = 60_000
const INSIDE_MS_DEFAULT = 600_000
const AWAY_MS_DEFAULT = 300_000
/** A fraction of a second for a telephone. */
const WORK_DEFAULT = 14
const WAITING_MAX = 2_000_000

const COUNT: Bounds = { min: 1, max: 1_000_000 }
const COUNT_OR_NONE: Bounds = { min: 0, max: 1_000_000 }
const TIME_MS: Bounds = { min: 1_000, max: 86_400_000 }
const TIME_MS_OR_NONE: Bounds = { min: 0, max: 86_400_000 }
const WORK: Bounds = { min: 0, max: WORK_BITS_MAX }
const P99_MS: Bounds = { min: 1, max: 60_000 }

export interface WaitingRoomOptions {
  readonly waitingRoom?: string
  readonly roomActive?: string
  readonly roomPerMinute?: string
  readonly roomP99?: string
  readonly roomOpensIn?: string
  readonly roomCome?: string
  readonly roomInside?: string
  readonly roomAway?: string
  readonly roomIdentity?: string
  readonly roomWork?: string
  readonly roomOn?: string
  readonly roomKeep?: string
}

export function withRoomOptions(command: Command): Command {
  return command
    .option('--waiting-room <mode>', `a waiting room before it: ${MODES.join(', ')} (default: none)`)
    .option('--room-active <number>', `those inside and called, at most (default: ${ACTIVE_DEFAULT})`)
    .option('--room-per-minute <number>', 'admissions a minute, at most; 0 for any number (default: 0)')
    .option(
      '--room-p99 <time>',
      'steers the number of those inside, up to --room-active, so that their p99 stays below this',
    )
    .option('--room-opens-in <time>', 'nobody is called before; a lottery needs it (default: 0s)')
    .option(
      '--room-come <time>',
      `how long one who is called may take (default: ${formatDuration(COME_MS_DEFAULT)})`,
    )
    .option(
      '--room-inside <time>',
      `how long one may be inside (default: ${formatDuration(INSIDE_MS_DEFAULT)})`,
    )
    .option(
      '--room-away <time>',
      `one who waits, and was not there for so long, has left; 0s: never (default: ${formatDuration(AWAY_MS_DEFAULT)})`,
    )
    .option('--room-identity <what>', `one place per ${ROOM_IDENTITIES.join(' or ')} (default: browser)`)
    .option(
      '--room-work <bits>',
      `zero bits that a join has to find; each one doubles its work; 0 for none (default: ${WORK_DEFAULT})`,
    )
    .option(
      '--room-keep <name>',
      `a name under which the room outlives this command, on a server of yours; ${SECRET_VARIABLE} has its secret`,
    )
    .option(
      '--room-on <engine>',
      `keeps the room in ${ROOM_ENGINES.join(' or ')} (default: ${ROOM_ENGINES.at(-1)} if it is used anyway, else ${ROOM_ENGINES[0]})`,
    )
}

/** Connections of those who wait, if there is a room, besides those of buyers. */
export function roomConnections({ waitingRoom }: WaitingRoomOptions): number {
  return waitingRoom === undefined ? 0 : STREAMS_MAX
}

export interface RoomPlace {
  /** The engines that are opened in any case. */
  readonly engines: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** Where one goes who is let in. */
  readonly home: string
}

/** Undefined without `--waiting-room`. Throws a `UsageError`. */
export function roomSettingsOf(
  options: WaitingRoomOptions,
  place: RoomPlace,
): WaitingRoomSettings | undefined {
  if (options.waitingRoom === undefined) return refuseOptionsWithoutRoom(options)
  const mode = parseChoice(options.waitingRoom, '--waiting-room', MODES)
  const activeMax = wholeOr(ACTIVE_DEFAULT, options.roomActive, '--room-active', COUNT)
  const opensInMs = durationMsOr(0, options.roomOpensIn, '--room-opens-in', TIME_MS_OR_NONE)
  if (mode === 'lottery' && opensInMs === 0)
    throw new UsageError('--waiting-room lottery needs --room-opens-in: it is drawn at the opening')
  const steering = steeringOf(options, activeMax)
  const adminPassword = place.env[ADMIN_VARIABLE]
  return {
    engine: parseChoice(options.roomOn ?? roomEngineAmong(place.engines), '--room-on', ROOM_ENGINES),
    rules: {
      order: mode === 'lottery' ? mode : 'fifo',
      seed: newSeed(),
      opensInMs,
      comeMs: durationMsOr(COME_MS_DEFAULT, options.roomCome, '--room-come', TIME_MS),
      insideMs: durationMsOr(INSIDE_MS_DEFAULT, options.roomInside, '--room-inside', TIME_MS),
      awayMs: durationMsOr(AWAY_MS_DEFAULT, options.roomAway, '--room-away', TIME_MS_OR_NONE),
      waitingMax: WAITING_MAX,
    },
    limits: {
      activeMax: steering?.activeMin ?? activeMax,
      perMinute: wholeOr(0, options.roomPerMinute, '--room-per-minute', COUNT_OR_NONE),
    },
    door: mode === 'passthrough' || mode === 'closed' ? mode : 'queue',
    identity: parseChoice(options.roomIdentity ?? 'browser', '--room-identity', ROOM_IDENTITIES),
    workBits: wholeOr(WORK_DEFAULT, options.roomWork, '--room-work', WORK),
    ...(steering && { steering }),
    ...keptAs(options, place.env),
    ...(adminPassword && { adminPassword }),
    home: place.home,
  }
}

/** Its secret, and its name if it is kept: cookies must be good for the next command as well. */
function keptAs(
  { roomKeep }: WaitingRoomOptions,
  env: NodeJS.ProcessEnv,
): Pick<WaitingRoomSettings, 'secret' | 'keep'> {
  if (roomKeep === undefined) return { secret: randomBytes(32).toString('base64url') }
  if (!KEPT_NAME.test(roomKeep))
    throw new UsageError(
      `--room-keep must be a small letter and up to 31 small letters, digits or underscores, not "${roomKeep}"`,
    )
  const secret = env[SECRET_VARIABLE] ?? ''
  if (secret.length < SECRET_CHARACTERS_MIN)
    throw new UsageError(
      `--room-keep needs a secret of at least ${SECRET_CHARACTERS_MIN} characters in ${SECRET_VARIABLE}, the same at each start`,
    )
  return { secret, keep: roomKeep }
}

/** It begins with few, and finds out how many the backend carries. */
function steeringOf({ roomP99 }: WaitingRoomOptions, activeMax: number): SteeringTarget | undefined {
  if (roomP99 === undefined) return undefined
  const p99Ms = durationMsOr(0, roomP99, '--room-p99', P99_MS)
  return { p99Ms, activeMin: Math.min(STEERED_MIN, activeMax), activeMax }
}

function refuseOptionsWithoutRoom(options: WaitingRoomOptions): undefined {
  const given = Object.keys(options).find((name) => /^room[A-Z]/.test(name))
  if (given === undefined) return undefined
  const flag = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  throw new UsageError(`--${flag} needs --waiting-room`)
}

/** One line for the terminal. */
export function roomLine({ engine, rules, limits, door, steering, keep }: WaitingRoomSettings): string {
  const mode = door === 'queue' ? rules.order : door
  const most =
    steering === undefined
      ? `at most ${limits.activeMax}`
      : `as many as keep p99 below ${steering.p99Ms} ms, at most ${steering.activeMax},`
  const pace = limits.perMinute === 0 ? '' : `, ${limits.perMinute} a minute`
  return `waiting room: ${mode}, ${most} inside${pace}, kept in ${engine}${keep === undefined ? '' : ` as ${keep}`}`
}
