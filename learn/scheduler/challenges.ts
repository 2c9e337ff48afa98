/** What the reader is asked to bring about, or to find out that he cannot. A test plays each of them. */
import type { Challenge } from './data/challenge.ts'

const TWO = { clients: 2 } as const

export const challenges: readonly Challenge[] = [
  {
    ...TWO,
    id: 'sell-it-twice',
    title: 'Sell it twice',
    task: 'Check, then act: each buyer reads how many units are free, and writes if there is one. Let both be told that the last seat is theirs.',
    strategy: 'postgres-naive',
    scenario: 'hold',
    goal: { kind: 'oversold' },
    lesson:
      'Both read “1 free” before either wrote. The second write does not look at what the first one changed: nothing was locked, and nothing was compared.',
  },
  {
    ...TWO,
    id: 'row-lock',
    title: 'Now with FOR UPDATE',
    task: 'The same code, but the read locks the row. Try the same trick: let both read before either writes.',
    strategy: 'postgres-select-for-update',
    scenario: 'hold',
    goal: { kind: 'event', event: 'waits', pattern: '' },
    question: {
      ask: 'Why can the second buyer not read “1 free”, too?',
      answers: [
        {
          text: 'PostgreSQL does not answer the second SELECT before the first transaction has ended.',
          isRight: true,
          reply:
            'Yes. The branch in which both read first is not there: the second buyer waits. When the first commits, he reads the row as it is then.',
        },
        {
          text: 'The second buyer reads an old row, and his write is refused.',
          isRight: false,
          reply:
            'That is a version check. Here he gets no row at all until the lock is free: look at what he was told.',
        },
        {
          text: 'His code sees the lock, and gives up.',
          isRight: false,
          reply:
            'That would be NOWAIT. His code does not know of the lock: his SELECT has had no answer yet.',
        },
      ],
    },
    lesson:
      'A row lock makes read, check and write one piece for everybody who asks for the same lock. The price is that the loser waits, with a connection in hand.',
  },
  {
    ...TWO,
    id: 'stale-version',
    title: 'Catch a stale read',
    task: 'Nobody waits here: the write names the version that was read. Let one buyer write with a version that is no longer true.',
    strategy: 'postgres-optimistic-version',
    scenario: 'hold',
    goal: { kind: 'event', event: 'answers', pattern: '^0 rows' },
    lesson:
      'The update matched no row, since its version was gone: it had no effect, and the buyer looked again. Under contention most of the work is done for nothing, but nothing is sold twice.',
  },
  {
    ...TWO,
    id: 'serialization-failure',
    title: 'Let PostgreSQL refuse',
    task: 'Plain read, check and write at SERIALIZABLE. Let PostgreSQL find out that no order of the two transactions explains what they did.',
    strategy: 'postgres-serializable',
    scenario: 'hold',
    goal: { kind: 'event', event: 'answers', pattern: '40001' },
    lesson:
      'Error 40001 is no failure of the database: it is the answer “again, please”. Code that runs at SERIALIZABLE must repeat the whole transaction.',
  },
  {
    ...TWO,
    id: 'deadlock',
    title: 'Find the deadlock',
    task: 'Alice wants seat-a and seat-b, Bob wants seat-b and seat-a, and each locks in that order. Let them wait for each other.',
    strategy: 'postgres-locks-as-named',
    scenario: 'two-seats',
    goal: { kind: 'event', event: 'answers', pattern: '40P01' },
    lesson:
      'PostgreSQL ends one of the two: which one, is its own choice. No strategy of Holdfast can come here, because all lock in id order, whatever the buyer asks for first.',
  },
  {
    ...TWO,
    id: 'lease',
    title: 'Outlive a lease',
    task: 'A lease in Redis lets one buyer at a time read and write. It lasts three seconds, and a process can pause for longer. Sell the seat twice.',
    strategy: 'redis-setnx',
    scenario: 'pause',
    goal: { kind: 'oversold' },
    lesson:
      'Alice could not know that her lease had expired. A lock that expires protects nothing that is written after its end: the database has to look as well.',
  },
  {
    ...TWO,
    id: 'redlock',
    title: 'Make Redlock sell twice',
    task: 'The lease is now on a majority of independent nodes, and its owner checks how much of it is left before the commit. Sell the seat twice all the same.',
    strategy: 'redlock',
    scenario: 'pause',
    goal: { kind: 'oversold' },
    lesson:
      'One round trip lies between the check and the commit, and a pause fits into it. More nodes make the lease survive a crash; they do not make it last longer.',
  },
  {
    ...TWO,
    id: 'fence',
    title: 'Now with a fencing token',
    task: 'The same lease, but with each one comes a higher number, which PostgreSQL compares. Let the lease expire and both buyers write.',
    strategy: 'redis-setnx-fenced',
    scenario: 'pause',
    goal: { kind: 'event', event: 'happens', pattern: 'lease expires' },
    question: {
      ask: 'Why does the seat stay sold once, although the lease is gone?',
      answers: [
        {
          text: 'The write of the buyer who was overtaken names a token that the row no longer has: no row matches.',
          isRight: true,
          reply: 'Yes. The store that keeps the seat compares, in the same statement that writes.',
        },
        {
          text: 'The buyer who was overtaken sees that her lease is gone, and stops.',
          isRight: false,
          reply:
            'She could pause again after having looked. What counts is what PostgreSQL compares with her write.',
        },
        {
          text: 'Redis refuses the second lease.',
          isRight: false,
          reply: 'Play it: after the lease has expired, Redis gives the next one, with a higher token.',
        },
      ],
    },
    lesson:
      'The fence alone keeps the seat sold once; the lease only keeps load off the database. A fence is a version check with a lease around it.',
  },
  {
    ...TWO,
    id: 'lost-memory',
    title: 'Redis loses its memory',
    task: 'One script in Redis holds the seat, and no two scripts run at once. Sell it twice all the same.',
    strategy: 'redis-lua',
    scenario: 'forgetting',
    goal: { kind: 'oversold' },
    lesson:
      'What was promised lived in memory alone. Between two writes to disk, or between a server and its follower, an acknowledged hold can be lost, and the seat looks free.',
  },
  {
    ...TWO,
    id: 'too-late',
    title: 'Pay too late',
    task: 'Alice has a hold and pays at the deadline, while Bob wants the same seat. Let her money arrive and the seat be gone.',
    strategy: 'postgres-conditional-update',
    scenario: 'expiry',
    goal: { kind: 'event', event: 'ends', pattern: '^confirm first: gone' },
    lesson:
      'The confirm was refused, rightly: the deadline had passed by the clock of the database. A shop that charged first owes her a refund now: confirm the hold before you charge.',
  },
  {
    ...TWO,
    id: 'one-request',
    title: 'Nothing to interleave',
    task: 'In TigerBeetle a hold is one pending transfer. Play both buyers to their end.',
    strategy: 'tigerbeetle-pending-transfer',
    scenario: 'hold',
    goal: { kind: 'end' },
    question: {
      ask: 'Why are there so few orders?',
      answers: [
        {
          text: 'The whole hold is one request: check and write are done inside, and nobody comes between them.',
          isRight: true,
          reply:
            'Yes. One step for each buyer leaves two orders, and TigerBeetle itself compares credits with debits.',
        },
        {
          text: 'TigerBeetle locks the accounts until the hold ends.',
          isRight: false,
          reply: 'It has no locks at all: it runs requests one after another.',
        },
        {
          text: 'The explorer left the others out.',
          isRight: false,
          reply: 'It left out none: the page says under the board what was recorded.',
        },
      ],
    },
    lesson:
      'The fewer steps a hold has, the fewer races there are to think about. A conditional update, one script and one transfer share this.',
  },
]
