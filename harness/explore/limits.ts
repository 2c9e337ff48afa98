/** What an exploration does not show; printed with every proof. */
export const LIMITS: readonly string[] = [
  'Small scope: so many clients, and the few units of the scenario. A race that needs more of either is not in it.',
  'Step by step: a statement, a command or a request is one step. Races inside an engine need load, not schedules.',
  'What may happen besides (a deadline, a lease, a death) happens at most once in a schedule; a lease that expires is gone on every node.',
  'A client that is refused a lock asks again when something has changed, or until it gives up when nothing does.',
  'Requests that one client sends at once, to one server or to several, are one step.',
  'Where PostgreSQL itself picks among several that wait, the schedule has what it picked; what it picked once and never again was followed once.',
  'Of schedules that differ only in the order of neighbouring independent steps one is run: harness/explore/footprint.ts says which, and why.',
  'Of the strategies of the registry it is known that they look at no id but to compare it: there, of schedules that differ only in which of two clients is who, one is run.',
  "A deadline passes because the clocks move that the strategy reads: PostgreSQL's functions, Redis's TIME and expiry, and Date. A moment that is read otherwise (the literal 'now', a function library in Redis, a clock elsewhere) does not move.",
  'What a strategy keeps in one process for all its callers (a batch, a queue) is not shared: each client opens a strategy of its own.',
]
