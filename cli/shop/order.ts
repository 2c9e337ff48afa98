/** Parses the options of `holdfast shop`. Throws a `UsageError` before anything is started. */
import type { Durability } from '../../harness/engines/engine.ts'
import { strategyNamed } from '../../harness/entries/strategy-named.ts'
import { UsageError } from '../../harness/entries/usage-error.ts'
import { LOG_LEVELS } from '../../harness/service/log.ts'
import { LIMITS_FOR_STRANGERS, LIMITS_ON_LOOPBACK } from '../../harness/service/settings.ts'
import { VenueError, venueFor } from '../../harness/service/venue.ts'
import type { ShopOrderForm } from '../../shop/open-shop.ts'
import { enginesOfLevel, SHOP_LEVELS } from '../../shop/stores/levels.ts'
import { LINES_MAX, TTL_MS_MAX, UNITS_MAX } from '../../strategies/validation.ts'
import { type Bounds, parseChoice, SEED } from '../arguments.ts'
import { type Context, engineNames } from '../context.ts'
import { durabilityOf, durationMsOr, poolSizeOf, wholeOr } from '../options.ts'
import { rethrowAsUsage } from '../usage.ts'
import { ADMIN_VARIABLE, roomConnections, roomSettingsOf } from '../waiting-room.ts'
import {
  CUSTOMER_MAX_DEFAULT,
  HOLD_MS_DEFAULT,
  SHOP_IN_FLIGHT_DEFAULT,
  SHOP_PORT_DEFAULT,
  type ShopOptions,
  TICKETS_MAX_DEFAULT,
} from './options.ts'

const PORT: Bounds = { min: 0, max: 65_535 }
const IN_FLIGHT: Bounds = { min: 1, max: 10_000 }
const CONNECTIONS: Bounds = { min: 0, max: 1_000_000 }
const HOLD_MS: Bounds = { min: 1_000, max: TTL_MS_MAX }
const TICKETS: Bounds = { min: 1, max: LINES_MAX }
const CUSTOMER_TICKETS: Bounds = { min: 0, max: UNITS_MAX }
/** Each is a connection, and a few requests a second. */
const CROWD: Bounds = { min: 1, max: 500 }
/** A provider's clock may be off by as much, and a report on its way for as long. */
const REPORT_AGE_MS_MAX = 300_000
const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])

/** The environment variable that is a secret, besides the admin's. */
const REPORT_SECRET_VARIABLE = 'MOCKPAY_SECRET'

export interface ShopCommandOrder extends Omit<ShopOrderForm, 'engines' | 'logSink'> {
  readonly durability: Durability
  readonly host: string
  readonly port: number
  /** Buyers at once; 0 for none. */
  readonly crowd: number
}

export async function shopOrderOf(
  options: ShopOptions,
  { env, engines }: Pick<Context, 'env' | 'engines'>,
): Promise<ShopCommandOrder> {
  const entry = await strategyNamed(options.strategy, engineNames({ engines }))
  const level = SHOP_LEVELS.find((each) => String(each) === options.level)
  if (level === undefined)
    throw new UsageError(`--level must be ${SHOP_LEVELS.join(', ')}, not ${options.level}`)
  const { host } = options
  const isTigerfans = options.tigerfans === true
  const limits = LOOPBACK.has(host) ? LIMITS_ON_LOOPBACK : LIMITS_FOR_STRANGERS
  const adminPassword = env[ADMIN_VARIABLE]
  const reportSecret = env[REPORT_SECRET_VARIABLE]
  const names = [...entry.engines, ...enginesOfLevel(level)]
  const waitingRoom = roomSettingsOf(options, { engines: names, env, home: '/' })
  const crowd = wholeOr(0, options.crowd, '--crowd', CROWD)
  if (crowd > 0 && waitingRoom !== undefined && waitingRoom.door !== 'passthrough') {
    throw new UsageError('--crowd does not wait in line, so --waiting-room can only be passthrough with it')
  }
  return {
    entry,
    level,
    durability: durabilityOf(options.durability),
    host,
    port: wholeOr(SHOP_PORT_DEFAULT, options.port, '--port', PORT),
    poolSize: poolSizeOf(options.pool),
    settings: {
      holdMs: durationMsOr(HOLD_MS_DEFAULT, options.hold, '--hold', HOLD_MS),
      ticketsMax: wholeOr(TICKETS_MAX_DEFAULT, options.ticketsMax, '--tickets-max', TICKETS),
      customerMax: wholeOr(
        isTigerfans ? 0 : CUSTOMER_MAX_DEFAULT,
        options.customerMax,
        '--customer-max',
        CUSTOMER_TICKETS,
      ),
      reportAgeMsMax: isTigerfans ? 0 : REPORT_AGE_MS_MAX,
    },
    limits: {
      ...limits,
      inFlightMax: wholeOr(SHOP_IN_FLIGHT_DEFAULT, options.inFlight, '--in-flight', IN_FLIGHT),
      connectionsMax: wholeOr(
        limits.connectionsMax + roomConnections(options),
        options.connections,
        '--connections',
        CONNECTIONS,
      ),
      allowedHosts: [host, ...options.allowHost],
    },
    crowd,
    isTigerfans,
    ...(options.mischief !== undefined && { mischiefSeed: wholeOr(0, options.mischief, '--mischief', SEED) }),
    ...(waitingRoom && { waitingRoom }),
    ...(adminPassword && { adminPassword }),
    ...(reportSecret && { reportSecret }),
    logLevel: parseChoice(options.log ?? 'warn', '--log', LOG_LEVELS),
    venue: await venueFor(options.venue).catch(rethrowAsUsage(VenueError, '--venue: ')),
  }
}
