/** What is counted. The outcomes are kept apart: fast refusals must not look like success. */
import { Counter, Rate, Trend } from 'k6/metrics'

export const held = new Counter('held')
export const soldOut = new Counter('sold_out')
export const contended = new Counter('contended')
export const confirmed = new Counter('confirmed')
/** Holds that nobody ended, and that were gone when they were paid for, long before their deadline. */
export const gone = new Counter('gone')
export const released = new Counter('released')
/** Holds that were live, and were not released when it was asked. */
export const failedReleases = new Counter('failed_releases')
/** Nobody knows whether it took effect: no answer, or one that says so. */
export const unknown = new Counter('unknown')
export const unknownRate = new Rate('unknown_rate')
/** Answered 503 at once: no effect. */
export const turnedAway = new Counter('turned_away')
export const turnedAwayRate = new Rate('turned_away_rate')
/** Answers that no buyer should get. */
export const unexpected = new Counter('unexpected')
/** Buyers who were not through when the run ended. */
export const unfinished = new Counter('unfinished')
/** 1 where a run has begun: there is a service, and it can show what the script is for. */
export const prepared = new Counter('prepared')
/** 1 where the run was ended before its time. */
export const cutShort = new Counter('cut_short')

/** Seats for which rivals asked at the same moment, and one of them got it. */
export const decided = new Counter('decided')
/** Rivals who were told that a seat is theirs while another was told so, too. */
export const heldTwice = new Counter('held_twice')
/** Seats that were told sold out to everybody, although nobody has had them or they were released. */
export const falseSoldOut = new Counter('false_sold_out')
/** Sales that a buyer was told of, and that the store has no booking of a moment later. */
export const missingBookings = new Counter('missing_bookings')

/** Milliseconds, whatever the answer was. */
export const holdMs = new Trend('hold_ms', true)
export const confirmMs = new Trend('confirm_ms', true)
export const mapMs = new Trend('map_ms', true)
export const mapsSeen = new Counter('maps_seen')
/** How old the seat maps were that were seen, milliseconds. */
export const mapAgeMs = new Trend('map_age_ms', true)

/** Audits that were made: without them, nothing below means anything. What was there before is subtracted. */
export const auditsCompleted = new Counter('audits_completed')
export const oversoldUnits = new Counter('oversold_units')
export const storeSoldUnits = new Counter('store_sold_units')
export const storeComplaints = new Counter('store_complaints')
/** Units that buyers were told are theirs, less those that the store has sold. Above 0: sales were lost. */
export const lostSales = new Counter('lost_sales')
/** The same, and the units of confirms of unknown outcome. Below 0: the store sold what nobody bought. */
export const phantomSales = new Counter('phantom_sales')
/**
 * Seat by seat: the sum of a number for each unit that buyers were told is theirs, less the same sum over
 * what the store has sold. Other than 0: it sold other seats than they were told.
 */
export const misplacedSales = new Counter('misplaced_sales')
/** Sales of which nobody knows in the end whether they were made: seat by seat nothing can be said then. */
export const unsettled = new Counter('unsettled')
/** Operations that were handed over, one record each. */
export const tallied = new Counter('tallied')
