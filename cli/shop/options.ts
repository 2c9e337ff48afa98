/** The options of `holdfast shop`. */
import { Command } from 'commander'
import { LOG_LEVELS } from '../../harness/service/log.ts'
import { LIMITS_ON_LOOPBACK } from '../../harness/service/settings.ts'
import { VENUES } from '../../harness/service/venue.ts'
import { STREAMS_MAX } from '../../shop/waiting-room/settings.ts'
import { formatDuration } from '../arguments.ts'
import { collected, DURABILITY_OPTION, POOL_DEFAULT } from '../options.ts'
import { SUMMARIES } from '../summaries.ts'
import { type WaitingRoomOptions, withRoomOptions } from '../waiting-room.ts'

const SHOP_STRATEGY_DEFAULT = 'postgres-conditional-update'
const SHOP_HOST_DEFAULT = '127.0.0.1'
export const SHOP_PORT_DEFAULT = 8_000
export const SHOP_IN_FLIGHT_DEFAULT = 1_000
/** As in the TigerFans talk (000). 002 uses 8 minutes, 001 uses 10. */
export const HOLD_MS_DEFAULT = 300_000
export const TICKETS_MAX_DEFAULT = 10
export const CUSTOMER_MAX_DEFAULT = 10

export interface ShopOptions extends WaitingRoomOptions {
  readonly strategy: string
  readonly level: string
  readonly venue: string
  readonly host: string
  readonly port?: string
  readonly allowHost: readonly string[]
  readonly hold?: string
  readonly ticketsMax?: string
  readonly customerMax?: string
  readonly crowd?: string
  readonly mischief?: string
  readonly inFlight?: string
  readonly connections?: string
  readonly pool?: string
  readonly durability?: string
  readonly tigerfans?: true
  readonly log?: string
}

export function shopOptions(): Command {
  return withRoomOptions(
    new Command('shop')
      .description(SUMMARIES.shop.about)
      .option(
        '--strategy <name>',
        'a strategy by name, or a file of your own (./mine.ts)',
        SHOP_STRATEGY_DEFAULT,
      )
      .option(
        '--level <number>',
        '1: everything in PostgreSQL; 2: sessions in Redis; 3: and orders commit in groups',
        '1',
      )
      .option('--venue <name or file>', `${Object.keys(VENUES).join(', ')}, or a JSON file`, 'small')
      .option('--host <address>', 'address to listen on', SHOP_HOST_DEFAULT)
      .option('--port <number>', `port to listen on; 0 for any free port (default: ${SHOP_PORT_DEFAULT})`)
      .option(
        '--allow-host <name>',
        'a host name that buyers use for the shop; can be repeated',
        collected,
        [],
      )
      .option(
        '--hold <time>',
        `how long tickets are held for a buyer (default: ${formatDuration(HOLD_MS_DEFAULT)})`,
      )
      .option('--tickets-max <number>', `maximum tickets per order (default: ${TICKETS_MAX_DEFAULT})`)
      .option(
        '--customer-max <number>',
        `maximum tickets per customer and event, 0 for no limit (default: ${CUSTOMER_MAX_DEFAULT}; --tigerfans: 0)`,
      )
      .option('--crowd <buyers>', 'so many buyers at once play an onsale behind the pages, for ten minutes')
      .option(
        '--mischief <seed>',
        'reports of payments come twice, late, in another order, or never, by this seed',
      )
      .option(
        '--in-flight <number>',
        `concurrent requests; further ones are answered 503 (default: ${SHOP_IN_FLIGHT_DEFAULT})`,
      )
      .option(
        '--connections <number>',
        `open connections; 0 for no limit (default: ${LIMITS_ON_LOOPBACK.connectionsMax}, with --waiting-room ${STREAMS_MAX} more)`,
      )
      .option(
        '--pool <number>',
        `connections to PostgreSQL, of strategy and shop each (default: ${POOL_DEFAULT})`,
      )
      .option(...DURABILITY_OPTION)
      .option(
        '--tigerfans',
        'behaves like TigerFans: everybody may read what is pending; reports have no age',
      )
      .option('--log <level>', `${LOG_LEVELS.join(', ')}; JSON on standard error (default: warn)`),
  )
}
