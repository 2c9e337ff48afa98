/** Figures of claims, shared by the tour that tests them and the report that judges them. */

/** Vetora's naive Ticketmaster (001) is said to collapse with this critical section and this many callers. */
export const CLAIMED_COLLAPSE = { criticalSectionMs: 50, callers: 200 } as const
