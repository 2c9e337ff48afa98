/** Every exercise, in the order of the lessons. */
import { allOrNothing } from '../../harness/conformance/all-or-nothing.ts'
import { anotherSeat, lastTicket, otherTicket, roomIsNotLost, roomLimits, sameSeat } from './checks.ts'
import type { Exercise } from './exercise.ts'

export const exercises: readonly Exercise[] = [
  {
    number: 1,
    start: '01-row-lock',
    scenarios: ['hold'],
    workloads: ['drain'],
    hints: [
      'Between the select and the update another buyer may do the same. Write the two as columns, and move Bob’s lines between Alice’s.',
      'At READ COMMITTED a plain select waits for nobody, and nobody waits for it. Which form of select does both?',
      'With several lines, in which order do you lock? Lesson 10 has the reason.',
    ],
  },
  {
    number: 2,
    isSeenInside: true,
    start: '02-bystanders',
    scenarios: ['hold', 'two-seats'],
    checks: [anotherSeat],
    workloads: ['drain', 'seat-map'],
    hints: [
      'Which row does a buyer of Z40 lock? And one of A1?',
      'A lock protects what is read under it. How many rows does this claim read?',
      'Lock those rows and no other, in one order for all buyers.',
    ],
  },
  {
    number: 3,
    isSeenInside: true,
    start: '03-slow-call',
    scenarios: ['hold'],
    checks: [sameSeat],
    workloads: ['drain'],
    hints: [
      'Where is Alice’s lock while she pays? What would have to be committed so that Bob could be told the truth?',
      '`inTransaction` has committed when it returns. What it returns says whether there is anything to pay for.',
      'Who is refused pays nothing; and a hold that nobody pays for has a deadline.',
    ],
  },
  {
    number: 4,
    mayBeContended: true,
    start: '04-optimistic',
    scenarios: ['hold'],
    workloads: ['drain', 'sell-out'],
    hints: [
      'The comparison is true when it is made. What may happen between it and the update?',
      'Who compares under the row’s lock: your code, or the statement that writes?',
      'An update says how many rows it has changed. What does 0 mean, and what do you do with the lines before it?',
    ],
  },
  {
    number: 5,
    isSeenInside: true,
    start: '05-durable',
    scenarios: ['hold'],
    workloads: ['drain'],
    faults: ['engine-killed'],
    hints: [
      'Which sales are gone: the first of the sale, or the last before the kill? How long before it were they answered?',
      'When does PostgreSQL answer COMMIT, and which setting moves that moment?',
      '“Short-lived” is true of a hold until it is confirmed. What does the confirm find after the restart?',
    ],
  },
  {
    number: 6,
    mayBeContended: true,
    isSeenInside: true,
    start: '06-lease-and-pause',
    scenarios: ['hold', 'pause'],
    workloads: ['drain'],
    faults: ['client-paused'],
    hints: [
      'The lease may expire between any two lines. What can Alice look at that is still true when her update arrives?',
      'No look helps before the write. So which statement has to notice that Alice is late?',
      'Two ways: a write that only matches if the units are there, or a number for each lease that the row remembers from the read on.',
    ],
  },
  {
    number: 7,
    mayBeContended: true,
    isSeenInside: true,
    start: '07-redlock',
    scenarios: ['hold', 'pause', 'forgetting'],
    workloads: ['drain'],
    faults: ['client-paused'],
    hints: [
      'With three nodes, on how many may Alice and Bob each have the lease at once?',
      'Two majorities share a node. How many are a majority of three, and of five?',
      'A right lease is still convicted: read lesson 6 again. Agreement of nodes does not stop a late write.',
    ],
  },
  {
    number: 8,
    mayBeContended: true,
    start: '08-isolation',
    scenarios: ['hold'],
    workloads: ['drain'],
    hints: [
      'Which row do Alice and Bob both write? If there is none, what could the database notice at this level?',
      'The name of it is write skew. SERIALIZABLE finds it, by what was read. But this count reads the whole table: with whom does a buyer of another seat conflict then?',
      'Give them a row to meet at: one that both lock before they count, at a level where the count sees what was committed meanwhile. Then nobody retries any more, and `promises` says so.',
    ],
  },
  {
    number: 9,
    isSeenInside: true,
    start: '09-loser',
    scenarios: ['hold', 'one-of-two'],
    checks: [lastTicket, otherTicket],
    workloads: ['drain', 'sell-out'],
    hints: [
      'A row that was skipped is not sold. What may its buyer still do?',
      'SKIP LOCKED is good for picking. Is it good for saying that nothing is left?',
      'If the quick way finds too few, let go of everything and try once more in a way that waits for those who are at the last ones.',
    ],
  },
  {
    number: 10,
    start: '10-two-seats',
    scenarios: ['two-seats', 'one-of-two'],
    // Asked first: the whole suite takes long where buyers wait for a deadlock to be found.
    checks: allOrNothing.filter(({ name }) => name.includes('no deadlock')),
    workloads: ['drain', 'multi-seat'],
    hints: [
      'Draw who has which lock, and who waits for which. Where does the chain of waits return to its begin?',
      'If every buyer only ever waits for a higher id than all that he has, can there be a circle?',
      'The lines of the request that a claim receives are sorted. And one select may lock several rows, if it says in which order.',
    ],
  },
  {
    number: 11,
    start: '11-deadline',
    scenarios: ['expiry', 'confirm-release'],
    workloads: ['drain', 'sweep'],
    hints: [
      'What may happen to the hold between the select and the update? Let the deadline pass there.',
      'An update can have the condition itself. Which two things must still be so when it writes?',
      'Count the rows that it has changed. If it is none, the hold may have been confirmed before: a repeated confirm has the same answer.',
    ],
  },
  {
    number: 12,
    start: '12-lost-answer',
    scenarios: ['same-id'],
    workloads: ['drain', 'retry'],
    faults: ['commit-answer-lost'],
    hints: [
      'Send the same hold twice to a tier of ten tickets. How many are taken, and how many lines are there?',
      'The insert does nothing the second time. What did nothing undo?',
      'What must fail, so that everything of the second call is rolled back? `insertHold` lets it fail, and reservationsOn answers as the first time.',
    ],
  },
  {
    number: 13,
    start: '13-batching',
    // Not `batch`: one by one, its callers have too many orders.
    scenarios: ['hold'],
    workloads: ['drain', 'sell-out'],
    hints: [
      'Ten tickets are left, and a batch of eleven comes. Who is told what?',
      '“Not enough for all” is not “not enough for each”. What does the batch know about a single caller then?',
      'There is a way in this file that already gives one caller his own answer. When is it worth its price?',
    ],
  },
  {
    number: 14,
    start: '14-abandoned',
    scenarios: ['hold', 'expiry'],
    workloads: ['drain', 'churn'],
    hints: [
      'The seat’s counter still counts a hold that is past its deadline. Who takes it out?',
      'A claim that finds too little has not yet asked whether something is due.',
      'It must be freed once only, and not while its own buyer confirms it: under which lock, and compared with which clock? See what `{ kind: "short" }` makes reservationsOn do.',
    ],
  },
  {
    number: 15,
    mayBeContended: true,
    isSeenInside: true,
    start: '15-waiting-room',
    scenarios: ['hold'],
    checks: [roomIsNotLost, roomLimits],
    workloads: ['drain'],
    hints: [
      'Which lines are run when `reservations.hold` throws?',
      'A place must be left on every way out. Which construct of the language is for that?',
      'Between the wake-up of a waiter and his `inside++` another buyer may come by. Can the place be handed over instead of being put back?',
    ],
  },
]

/** Undefined if there is none. */
export function exerciseOf(number: number): Exercise | undefined {
  return exercises.find((each) => each.number === number)
}
