/** What is counted. The outcomes are kept apart: fast refusals must not look like success. */
import { Counter, Rate, Trend } from 'k6/metrics'

export const held = new Counter('held')
export const soldOut = new Counter('sold_out')
export const contended = new Counter('contended')
export const confirmed = new Counter('confirmed')
export const gone = new Counter('gone')
export const released = new Counter('released')
/** Nobody knows whether it took effect: no answer, or one that says so. */
export const unknown = new Counter('unknown')
/** Answered 503 at once: no effect. */
export const turnedAway = new Counter('turned_away')
/** Answers that no buyer should get. */
export const unexpected = new Counter('unexpected')
export const unknownRate = new Rate('unknown_rate')

/** Milliseconds, whatever the answer was. */
export const holdMs = new Trend('hold_ms', true)
export const confirmMs = new Trend('confirm_ms', true)
export const mapMs = new Trend('map_ms', true)
export const mapsSeen = new Counter('maps_seen')
/** How old the seat maps were that were seen, milliseconds. */
export const mapAgeMs = new Trend('map_age_ms', true)

/** Audits that were made: without one, nothing below means anything. */
export const auditsCompleted = new Counter('audits_completed')
export const oversoldUnits = new Counter('oversold_units')
export const storeSoldUnits = new Counter('store_sold_units')
export const storeComplaints = new Counter('store_complaints')
/** Units that buyers were told are theirs, less those that the store has sold. Above 0: sales were lost. */
export const lostSales = new Counter('lost_sales')
/** The same, and the units of confirms of unknown outcome. Below 0: the store sold what nobody bought. */
export const phantomSales = new Counter('phantom_sales')
