/** What an exploration does not show; printed with every proof. */
export const LIMITS: readonly string[] = [
  'Small scope: this number of clients, and the few units of the scenario. A race that needs more of either is not covered.',
  'Step by step: a statement, a command or a request is one step. Races inside an engine are found by load, not by schedules.',
  'Each event (a deadline, a lease, a death) happens at most once in a schedule; a lease that expires is gone on every node.',
  'A client that is refused a lock tries again when something has changed; if nothing changes, it tries until it gives up.',
  'Requests that one client sends at once, to one server or to several, are one step.',
  'If PostgreSQL itself picks among several waiting sessions, the schedule contains its pick; a pick that it never repeated was followed once.',
  'Of schedules that differ only in the order of neighbouring independent steps, one is run: harness/explore/footprint.ts says which, and why.',
  'The strategies of the registry are known to use ids for nothing but comparison: for them, of schedules that differ only in the names of two clients, one is run.',
  "A deadline passes by moving the clocks that the strategy reads: PostgreSQL's functions, Redis's TIME and expiry, and Date. Other clocks (the literal 'now', a function library in Redis, a clock elsewhere) do not move.",
  'State that a strategy shares between the callers of one process (a batch, a queue) is shared in the scenario batch alone: in all others each client opens its own strategy.',
]
