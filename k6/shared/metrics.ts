/** The metrics. Outcomes are counted separately: fast refusals must not look like success. */
import { Counter, Gauge, Rate, Trend } from 'k6/metrics'

export const held = new Counter('held')
export const soldOut = new Counter('sold_out')
export const contended = new Counter('contended')
export const confirmed = new Counter('confirmed')
/** Holds that were not ended, but were gone long before their deadline when they were paid for. */
export const gone = new Counter('gone')
export const released = new Counter('released')
/** Live holds whose release was refused. */
export const failedReleases = new Counter('failed_releases')
/** Unknown outcomes: no answer, or an answer that says so. */
export const unknown = new Counter('unknown')
export const unknownRate = new Rate('unknown_rate')
/** Answered 503 at once: no effect. */
export const turnedAway = new Counter('turned_away')
export const turnedAwayRate = new Rate('turned_away_rate')
/** Answers that no buyer should get. */
export const unexpected = new Counter('unexpected')
/** Buyers that had not finished when the run ended. */
export const unfinished = new Counter('unfinished')
/** 1 if the run has started: there is a service, and it has what the script needs. */
export const prepared = new Counter('prepared')
/** 1 if the run was ended early. */
export const cutShort = new Counter('cut_short')

/** Seats that rivals requested at the same moment and one of them got. */
export const decided = new Counter('decided')
/** Rivals to whom a seat was granted that another one had. */
export const heldTwice = new Counter('held_twice')
/** Seats that were answered sold out to all rivals although they were free. */
export const falseSoldOut = new Counter('false_sold_out')
/** Confirmed sales for which the store has no booking a moment later. */
export const missingBookings = new Counter('missing_bookings')

/** Milliseconds, for every answer. */
export const holdMs = new Trend('hold_ms', true)
export const confirmMs = new Trend('confirm_ms', true)
export const mapMs = new Trend('map_ms', true)
export const mapsSeen = new Counter('maps_seen')
/** Age of the seat maps, milliseconds. */
export const mapAgeMs = new Trend('map_age_ms', true)

/** In a spike: from its instant until a buyer has a ticket or knows that there is none, in milliseconds. */
export const knowsMs = new Trend('knows_ms', true)
/** That instant, by the wall clock. */
export const spikeStartedMs = new Gauge('spike_started_ms')

/** Completed audits: without them, the metrics below mean nothing. What was sold before is subtracted. */
export const auditsCompleted = new Counter('audits_completed')
export const oversoldUnits = new Counter('oversold_units')
export const storeSoldUnits = new Counter('store_sold_units')
export const storeComplaints = new Counter('store_complaints')
/** Units that were confirmed to buyers, minus those that the store has sold. Above 0: sales were lost. */
export const lostSales = new Counter('lost_sales')
/** The same, plus the units of confirms of unknown outcome. Below 0: the store has sales without a buyer. */
export const phantomSales = new Counter('phantom_sales')
/**
 * The sum of the hashes of all confirmed units, minus the same sum over what the store has sold. Not 0: it
 * sold other seats than were confirmed.
 */
export const misplacedSales = new Counter('misplaced_sales')
/** Sales of unknown outcome at the end: seats cannot be compared then. */
export const unsettled = new Counter('unsettled')
/** Recorded operations. */
export const tallied = new Counter('tallied')
