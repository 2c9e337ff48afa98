/** What was found with these judges, in programs of other people and in this one, and the test that shows it. */

/** A test of this checkout, by what it is called in its file. */
interface ShownBy {
  /** From the checkout's root. */
  readonly file: string
  /** A part of its name, as it stands in the file. */
  readonly test: string
}

interface Source {
  readonly title: string
  /** As a reader looks it up: `owner/name#number`, or a file. */
  readonly where: string
  readonly url: string
}

export interface Finding extends ShownBy {
  /** Of the record of when it was last reproduced; never changed. */
  readonly id: string
  readonly what: string
  readonly where: string
  /** Where it was reported or can be read; of our own defects, what put it right. */
  readonly sources: readonly Source[]
  readonly fixedBy?: string
  /** Strategies of our own that show it: that test convicts one, and not the repaired one. */
  readonly isShownOnOurOwn?: true
}

const OTHERS = 'test/track-record/others.test.ts'
const REDLOCK = 'https://github.com/mike-marcacci/node-redlock'
const SEMAPHORE = 'https://github.com/swarthy/redis-semaphore'

export const others: readonly Finding[] = [
  {
    id: 'tigerfans-batcher',
    what: 'A batcher tells refused buyers that they were granted: the place in the batch from which each caller’s results are taken is never advanced, so everybody gets those of the first. It goes unnoticed until something sells out.',
    where: 'TigerFans (000), `ChainedTransferBatcher`',
    sources: [
      {
        title: 'tigerfans/model/accounting/_tigerbeetle.py, in which `current_size` stays 0',
        where: 'renerocksai/tigerfans at 119ec2c',
        url: 'https://github.com/renerocksai/tigerfans/blob/119ec2c2dcee11f20876989a36541c48e86b22e0/tigerfans/model/accounting/_tigerbeetle.py',
      },
    ],
    file: OTHERS,
    test: 'a batcher that tells the refused they were granted',
    isShownOnOurOwn: true,
  },
  {
    id: 'redlock-validity',
    what: 'A lock on a majority is handed out although acquiring it took longer than it lasts: its first keys have expired, and the next buyer has a majority, too.',
    where: 'node-redlock',
    sources: [
      {
        title: 'fix: resolve lock validity check, retry self-blocking, timer leak, …',
        where: 'mike-marcacci/node-redlock#369',
        url: `${REDLOCK}/pull/369`,
      },
    ],
    file: OTHERS,
    test: 'a lock on a majority that took longer than it lasts',
    isShownOnOurOwn: true,
  },
  {
    id: 'redlock-expired',
    what: 'A lock that was waited for has already expired when it is had: its end counts from the first try, and not from the one that succeeded. Who sells by that end promises a seat until a moment that has passed.',
    where: 'node-redlock',
    sources: [
      {
        title: 'Expiration time is in the past',
        where: 'mike-marcacci/node-redlock#296',
        url: `${REDLOCK}/issues/296`,
      },
      {
        title: 'Wrong acquire() lock duration',
        where: 'mike-marcacci/node-redlock#299',
        url: `${REDLOCK}/issues/299`,
      },
    ],
    file: OTHERS,
    test: 'a lock that has already expired when it is had',
    isShownOnOurOwn: true,
  },
  {
    id: 'semaphore-reacquire',
    what: 'A mutex whose refresh comes late takes its lock again without a word, although somebody else had it and sold in between.',
    where: 'redis-semaphore, until it was fixed there (#177)',
    sources: [
      {
        title: 'Mutex silently reacquires lock when expired between refreshes',
        where: 'swarthy/redis-semaphore#175',
        url: `${SEMAPHORE}/issues/175`,
      },
      {
        title: 'fix: dont reacquire lost (and potentially already acquired and released) lock',
        where: 'swarthy/redis-semaphore#177',
        url: `${SEMAPHORE}/pull/177`,
      },
    ],
    file: OTHERS,
    test: 'a lock that is silently taken again after it was lost',
    isShownOnOurOwn: true,
  },
  {
    id: 'tigerbeetle-half-open',
    what: 'A replica goes on answering on a connection that is gone at the client’s end, and on none when it is told so: a client that has connected again once waits without end.',
    where: 'TigerBeetle 0.17.9',
    sources: [{ title: 'What was found so far', where: 'docs/faults.md', url: 'faults.md' }],
    file: 'test/network/tigerbeetle-half-open.test.ts',
    test: 'the replica answers on the connection that is gone',
  },
]

const EXPLORED = 'test/explore/verdicts.test.ts'
const JUDGED = 'test/checker/right-verdicts.test.ts'

function own(id: string, what: string, where: string, shown: ShownBy, fixedBy: string): Finding {
  return { id, what, where, sources: [], ...shown, fixedBy }
}

const PROVED = '4f7a760 Explore what was seen, and call nothing else proved'
const JUDGES = '6ce8f1f Judge deadlines, repeated releases and the order of versions'

export const ours: readonly Finding[] = [
  own(
    'scripts-without-keys',
    'A strategy whose scripts are given no keys was called proved in one schedule, although it oversells.',
    'explorer',
    { file: EXPLORED, test: 'scripts that are given no keys' },
    PROVED,
  ),
  own(
    'connection-past-the-gate',
    'Commands on a connection that a strategy opened itself passed no gate, and the exploration called it proved.',
    'explorer',
    { file: EXPLORED, test: 'a connection that was opened from another' },
    PROVED,
  ),
  own(
    'statements-in-one-text',
    'Several statements in one text were one step, and nothing said so: the race between them was never explored.',
    'explorer',
    { file: EXPLORED, test: 'a race beside several statements in one text' },
    PROVED,
  ),
  own(
    'nothing-lost',
    'A strategy whose seats share one hash was called proved against lost memory, because nothing of it was ever lost.',
    'explorer',
    { file: EXPLORED, test: 'memory that all seats share and that is lost' },
    PROVED,
  ),
  own(
    'lock-by-its-name',
    'A lock that outlives its dead owner was convicted or not by the name of its key.',
    'explorer',
    { file: EXPLORED, test: 'of a lock that outlives its owner and never expires' },
    '8fac2e9 Convict who answers contended with nobody else there',
  ),
  own(
    'transaction-left-open',
    'An aborted transaction that went back to the pool ended the exploration with an error instead of a verdict.',
    'explorer',
    { file: EXPLORED, test: 'of a transaction left open in a connection that it releases' },
    '9e50c98 See a connection that was taken for a transaction',
  ),
  own(
    'random-token',
    'A right strategy with a random token in a command was unknown in nine of nine scenarios: requests were compared by their whole text.',
    'explorer',
    { file: EXPLORED, test: 'a token of chance in a command' },
    PROVED,
  ),
  own(
    'two-connections',
    'A right strategy with two connections in one call ended the exploration.',
    'explorer',
    { file: EXPLORED, test: 'a call with two connections' },
    PROVED,
  ),
  own(
    'versions-in-a-circle',
    'A history whose versions and real time contradict each other was valid.',
    'checker',
    { file: JUDGED, test: 'a newer version that was granted before an older one was asked for' },
    JUDGES,
  ),
  own(
    'deadlines-passed',
    'Five holds of one seat, each with a deadline that had passed when it was told, were valid.',
    'checker',
    {
      file: JUDGED,
      test: 'five holds of one seat, each told a deadline that had passed when it was answered',
    },
    JUDGES,
  ),
  own(
    'stored-deadline',
    'A stored deadline an hour after the one that the buyer was told was valid.',
    'checker',
    { file: JUDGED, test: 'a stored deadline an hour after the one that was told' },
    JUDGES,
  ),
  own(
    'sold-out-of-nothing',
    'Sold out, said of a line that nobody holds, was not told from a right refusal; two strategies of the registry answered so.',
    'checker, TigerBeetle strategies',
    { file: JUDGED, test: 'sold out of a line that nobody holds' },
    'a3b4d76 Judge the room for all lines of a hold at one moment',
  ),
  own(
    'several-payloads',
    'A false alarm: a legal history with two payloads of one id, both of unknown outcome, was convicted.',
    'checker',
    { file: JUDGED, test: 'two payloads of one id, both of unknown outcome, the second after its release' },
    JUDGES,
  ),
  own(
    'lost-line',
    'A history on disk that had lost a line convicted its strategy.',
    'history',
    {
      file: 'test/history/jsonl.test.ts',
      test: 'with any one line lost is refused, wherever a piece of the file ends',
    },
    'cb6d3bd Seal histories on disk, so that a lost line is noticed',
  ),
  own(
    'cells-dropped',
    'A run of one fault dropped the cells of all others from the results in its folder, and a resumed one the engines of its first part.',
    'holdfast faults',
    {
      file: 'test/faults/resume.test.ts',
      test: 'keeps what an earlier run has, whether it is planned now or not',
    },
    'Publish the table of faults as data, a page and a picture, merged from shards',
  ),
  own(
    'plans-by-statistics',
    'An exploration at SERIALIZABLE came to other answers if the server gathered statistics meanwhile: by the plan it decides what was read, and so who is refused.',
    'explorer',
    {
      file: 'test/explore/plans.test.ts',
      test: 'nothing is done to the tables of an exploration in the background',
    },
    '4bdd5f7 Keep the plans of an exploration, whatever the server does in the background',
  ),
  own(
    'scripts-dropped',
    'On a busy machine an exploration found steps that belong to no strategy: the moved clock made a script of its own for each distance, and Redis dropped those of the strategy.',
    'explorer',
    {
      file: 'test/engines/moved-clock.test.ts',
      test: 'however often it is moved, the server remembers the scripts that it knew, and their own arguments',
    },
    'a7784d7 Move the clock of scripts by an argument',
  ),
  own(
    'long-jsonl',
    'A JSONL history of more than about 900 MB, which is judged in windows, ended the check with an unexpected error; tests in windows had binary histories alone.',
    'checker',
    { file: 'test/checker/windows.test.ts', test: 'gets it from a JSONL file, too' },
    'Judge a long JSONL history in windows again',
  ),
]

export const findings: readonly Finding[] = [...others, ...ours]

/** Runs exactly the test that shows it. */
export function commandOf({ file, test }: ShownBy): string {
  return `HOLDFAST_TESTS=full npx vitest run ${file} -t "${test}"`
}
