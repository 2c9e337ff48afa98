/**
 * Figures that others name, for what a run plays in order to put them to the test, and for the report
 * that tells what came of it.
 */

/**
 * Vetora's naive Ticketmaster (001): so long with the row locked, and so many callers at whom the
 * service is said to collapse.
 */
export const CLAIMED_COLLAPSE = { criticalSectionMs: 50, callers: 200 } as const
