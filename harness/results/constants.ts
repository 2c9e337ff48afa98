/** What a writer of results needs to know of the format without loading its schema. */

/** What `format` says in a file of results. */
export const RESULTS_FORMAT = 'holdfast-results'

/**
 * The version that is written. It rises when a field is renamed, removed, added as required, or means
 * something else; `older.ts` then learns to read the version before. A new optional field needs no new
 * version: a reader that does not know it leaves it as it is.
 *
 * - 1 said `format: 1`, and left out a trial's `workInsideMs` where it was that of the settings.
 * - 2 names format and version apart, and every trial says its `criticalSectionMs`, as `workInsideMs` is
 *   called now; `overReservedUnits` was `overheldUnits`.
 */
export const RESULTS_VERSION = 2

/** As many buckets as a small chart can show; finer, and a results file grows for nobody. */
export const TIMELINE_BUCKETS_MAX = 60
