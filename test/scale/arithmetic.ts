/** The arithmetic of docs/scale.md: what an onsale needs, from what was measured of one. Pure. */

/** What 002 assumes: a stadium tour, everybody in the first minute, holds of eight minutes. */
export const ONSALE = {
  visitors: 10_000_000,
  seats: 50_000,
  arriveWithinS: 60,
  holdS: 8 * 60,
  /** Ours: 002 does not say how many tickets a buyer takes. */
  seatsPerBuyer: 2,
  /** Ours: how soon the venue is to be sold. */
  soldWithinS: 10 * 60,
} as const

/** Seats per second at which the venue is sold in time. */
export const SEATS_PER_SECOND = ONSALE.seats / ONSALE.soldWithinS

/** Little's law: buyers who are inside at once at that pace, if each stays as long as a hold lasts. */
export const INSIDE_AT_ONCE = (SEATS_PER_SECOND / ONSALE.seatsPerBuyer) * ONSALE.holdS

/** Two bits a seat, in base64: the first message of a seat map. */
export function mapBytes(seats: number): number {
  return Math.ceil(Math.ceil(seats / 4) / 3) * 4
}

/** Of one changed seat within a delta, `[at, state, …]`, on average over the seats. */
export function changeBytes(seats: number): number {
  let bytes = 0
  for (let at = 0; at < seats; at += 1) bytes += `${at},1,`.length
  return bytes / seats
}

/** Held, then booked. */
const CHANGES_PER_SALE = 2

interface MapTraffic {
  readonly firstBytes: number
  /** Of all deltas until the venue is sold. */
  readonly laterBytes: number
  readonly bytesPerSecond: number
}

/** What one viewer of the map is sent. */
export function mapTraffic(): MapTraffic {
  const perSale = CHANGES_PER_SALE * changeBytes(ONSALE.seats)
  return {
    firstBytes: mapBytes(ONSALE.seats),
    laterBytes: ONSALE.seats * perSale,
    bytesPerSecond: SEATS_PER_SECOND * perSale,
  }
}

interface SellingFigures {
  /** In a venue. */
  readonly salesPerSecond: number
  readonly salesPerCpuSecond: number | undefined
  readonly connectionMs: number | undefined
  /** Of one seat that everybody wants. */
  readonly answersPerSecond: number | undefined
}

export interface Selling {
  readonly soldAfterS: number
  readonly cpuS: number | undefined
  /** Processors that are busy at the pace of the onsale: of the machine, with its servers and callers. */
  readonly processors: number | undefined
  /** Connections to PostgreSQL in use at the pace of the onsale, by Little's law. */
  readonly connections: number | undefined
  /** Until all visitors have an answer, if all of them ask for a seat themselves. */
  readonly allAnsweredAfterS: number | undefined
  /** Machines like that of the study which answer all of them within a minute, if nothing is shared. */
  readonly machines: number | undefined
}

const ANSWERED_WITHIN_S = 60

export function sellingOf(figures: SellingFigures): Selling {
  const { salesPerSecond, salesPerCpuSecond, connectionMs, answersPerSecond } = figures
  const per = (total: number, rate: number | undefined): number | undefined =>
    rate === undefined ? undefined : total / rate
  const allAnsweredAfterS = per(ONSALE.visitors, answersPerSecond)
  return {
    soldAfterS: ONSALE.seats / salesPerSecond,
    cpuS: per(ONSALE.seats, salesPerCpuSecond),
    processors: per(SEATS_PER_SECOND, salesPerCpuSecond),
    connections: connectionMs === undefined ? undefined : (SEATS_PER_SECOND * connectionMs) / 1_000,
    allAnsweredAfterS,
    machines: allAnsweredAfterS === undefined ? undefined : Math.ceil(allAnsweredAfterS / ANSWERED_WITHIN_S),
  }
}

export interface RoomFigures {
  readonly joinCpuMs: number
  readonly processKib: number
  readonly storeKib: number
  readonly storeKibWithoutStream: number
  readonly streamsOfOneProcess: number
  /** Processor time to tell so many that everything is sold. */
  readonly toldCpuS: number
  readonly joinsTried: number
}

const KIB_PER_GIB = 2 ** 20

export function roomOf(room: RoomFigures) {
  const { visitors, arriveWithinS } = ONSALE
  const joinCpuS = (visitors * room.joinCpuMs) / 1_000
  return {
    joinsPerSecond: visitors / arriveWithinS,
    joinCpuS,
    processors: joinCpuS / arriveWithinS,
    minutesAtTriedRate: visitors / room.joinsTried / 60,
    processGib: (visitors * room.processKib) / KIB_PER_GIB,
    processes: visitors / room.streamsOfOneProcess,
    storeGib: (visitors * room.storeKib) / KIB_PER_GIB,
    storeGibWithoutStream: (visitors * room.storeKibWithoutStream) / KIB_PER_GIB,
    toldCpuS: (visitors / room.streamsOfOneProcess) * room.toldCpuS,
  }
}
