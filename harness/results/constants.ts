/** Constants of the results format, usable without loading its schema. */

/** The value of `format` in a results file. */
export const RESULTS_FORMAT = 'holdfast-results'

/**
 * The version that is written. Renaming, removing or changing the meaning of a field, or adding a required
 * one, needs a new version and a step in `older.ts`. New optional fields do not: older readers keep them.
 *
 * - 1: `format: 1`; a trial's `workInsideMs` was omitted if it was that of the settings.
 * - 2: separate `format` and `version`; `workInsideMs` became `criticalSectionMs`, which is required;
 *   `overheldUnits` became `overReservedUnits`.
 */
export const RESULTS_VERSION = 2

/** As many buckets as a small chart can show. */
export const TIMELINE_BUCKETS_MAX = 60
