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
    empty: {
      ground: 'counter-rows',
      task: 'Each unit is sold once, in whatever order buyers come, by a row lock: who comes second waits for the row, and then looks.',
    },
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
    empty: {
      ground: 'counter-rows',
      task: 'Each seat is sold once, and buyers of different seats never wait for each other, whatever one of them does meanwhile.',
    },
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
    empty: {
      ground: 'counter-rows',
      task: 'A buyer pays for his hold before it is answered: `settings.criticalSection()` is the payment, once for each hold that is granted, and it may take minutes. Meanwhile another buyer of the same seat is answered, truthfully.',
    },
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
    empty: {
      ground: 'counter-rows',
      task: 'Optimistic: read without a lock, write only if nothing has changed since, and try again a limited number of times. `promises` says what yours does.',
    },
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
    empty: {
      ground: 'counter-rows',
      task: 'Each unit is sold once, and what was answered is kept when the server is killed a moment later.',
      hints: [
        'What must the server have done before it may answer COMMIT? What does your claim do before it answers `held`?',
        'Which settings of a session move that moment, and have you changed one? What does each of them promise?',
        'A hold that was answered becomes a sale by its confirm. What does the confirm find after the restart?',
      ],
    },
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
    empty: {
      ground: 'leases',
      task: 'A lease in Redis around a read, a check and a write: one buyer at a time is at a seat. It stands a pause of any length between any two lines; the lease may be gone by then.',
    },
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
    empty: {
      ground: 'leases',
      task: 'Redlock by hand, on all nodes of `redis`: a lease counts if a majority has accepted it, and is released on all. No seat is sold twice all the same, when a lease is lost or a node has lost its memory.',
    },
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
    empty: {
      ground: 'counter-rows',
      task: 'Each unit is sold once because of the isolation level, without a lock of your own: choose the level, say what becomes of those whom the database aborts, and say it in `promises`.',
      hints: [
        'At which level does the database notice that Alice and Bob have read the same, and each written? What does it tell the second one?',
        'Whom it aborts has had no effect, and does not know the answer yet. Who tries again, and how often at most?',
        'reservationsOn takes `attemptsMax`, and answers `contended` after them. Which rows does your check read: those of the request, or also those of strangers, with whom you conflict then?',
      ],
    },
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
    empty: {
      ground: 'unit-rows',
      task: 'Pick units of a tier without waiting, by SKIP LOCKED. “Sold out” is true when it is said; as long as there are units at which nobody is, nobody waits.',
    },
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
    empty: {
      ground: 'counter-rows',
      task: 'Several seats in one hold, all or none, and no hold ends in a deadlock, whatever the order of the clicks.',
    },
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
    empty: {
      ground: 'counter-rows',
      task: 'Write `confirm` yourself: it is in time or it has no effect, and no hold is both confirmed and expired. The rest may come from `reservationsOn`.',
    },
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
    empty: {
      ground: 'counter-rows',
      task: 'Write `hold` yourself, so that it can be sent again: the same id has one effect and one answer, however often it comes, also at the same moment; the same id with other lines is `id-reused`. The rest may come from `reservationsOn`.',
      hints: [
        'Send the same hold twice to a tier of ten tickets. How many are taken, and how many lines are there?',
        'Id and units have one fate if they are in one transaction. In which order do you write them, and what fails the second time?',
        'Who fails because the id is there reads the first answer, and compares the lines. What does he read if the first one has not committed yet?',
      ],
    },
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
    empty: {
      ground: 'counter-rows',
      task: 'Batch the callers: while one batch is under way, the next ones collect; then one transaction takes what they want. Each caller gets an answer of its own, and nobody is refused because of what others want of the same batch. Declare `batches: true` in `promises`.',
      hints: [
        'Ten tickets are left, and a batch of eleven comes. Who is told what?',
        '“Not enough for all” is not “not enough for each”. What does the batch know about a single caller then?',
        'Two ways: decide in order inside the batch, or let each of them ask for itself. When is the second one worth its price?',
      ],
    },
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
    empty: {
      ground: 'counter-rows',
      task: 'Holds of buyers who have left are freed without any other process: the next who wants a unit has it, as soon as its hold is due, once, and never while its own buyer confirms it.',
      hints: [
        'The seat’s counter still counts a hold that is past its deadline. Who takes it out?',
        'A claim that finds too little has not yet asked whether something is due.',
        'It must be freed once only, and not while its own buyer confirms it: under which lock, and compared with which clock? `{ kind: "short" }` makes reservationsOn look for what is due.',
      ],
    },
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
    empty: {
      ground: 'counter-rows',
      task: 'A waiting room inside one process: eight claims are at work at most, 32 wait in their order, and all others are told to come again (`contended`, `queue-full`). These limits hold whatever happens inside, and nobody waits while a place is free. Await `settings.criticalSection()` inside.',
      hints: [
        'Who takes a place, and on which ways out is it left: also when a claim throws?',
        'Which construct of the language is run on every way out?',
        'Between the wake-up of a waiter and the moment in which he counts himself in, another buyer may come by. Can the place be handed over instead of being put back?',
      ],
    },
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
