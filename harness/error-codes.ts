/**
 * Every error that a user can meet, by the code that it carries and that stands in brackets at the end of its
 * message: what it means, and what to do. `docs/ERRORS.md` is written from this table.
 */

export interface CodedError {
  readonly means: string
  readonly remedy: string
}

const MESSAGE_NAMES_STEP = 'The step that the message names: a command or a setting, ready to be typed.'

export const errorCodes = {
  usage: {
    means: 'The command line cannot be followed. Nothing was run; the exit code is 2.',
    remedy: 'Change what the message names; `holdfast COMMAND --help` lists what can be said.',
  },
  'engine-missing': {
    means: 'Nothing on this machine provides the engine.',
    remedy: MESSAGE_NAMES_STEP,
  },
  'engine-misconfigured': {
    means:
      'What was given to reach the engine by, an address or an account, cannot be used as it is written.',
    remedy: 'Correct the variable that the message names.',
  },
  'engine-unreachable': {
    means: 'Nothing answers at the address of the engine.',
    remedy:
      'Start the server, or correct its address; unset the variable for a server that starts by itself.',
  },
  'engine-strays': {
    means:
      'A strategy has written keys outside the prefix of its trial, where another trial, or somebody else, would find them.',
    remedy:
      'Name every key of a script in KEYS: the prefix is put before those, and before the keys of commands.',
  },
  'engine-wrong-server': {
    means: 'Something answers, but it is another kind of server, or a version that is too old.',
    remedy: MESSAGE_NAMES_STEP,
  },
  'engine-refused-access': {
    means: 'The server is there, and does not let this account do what a run needs.',
    remedy: 'Grant the account what the message names, or give another one.',
  },
  'engine-storage': {
    means: 'The folder for downloads and runs cannot be used.',
    remedy: 'Make room in it, or set XDG_CACHE_HOME to a folder that can be written to.',
  },
  'engine-start-failed': {
    means: 'The program of the engine is there, but did not become a server that answers.',
    remedy: MESSAGE_NAMES_STEP,
  },
  'engine-too-small': {
    means: 'The engine works, but cannot give as much as was asked for.',
    remedy: 'Ask for less, or give the engine more, as the message says.',
  },
  'engine-aborted': {
    means: 'The run was ended while its engines were being started.',
    remedy: 'Start it again.',
  },
  'ownership-lost': {
    means:
      'What the run had on a server is no longer its own: its record there was dropped. The run has stopped.',
    remedy: 'Find out who cleans up on that server, and start the run again.',
  },
  'not-saved': {
    means: 'A file or a folder could not be written.',
    remedy: 'Make room or give permission, or name another place with --out.',
  },
  'history-not-written': {
    means: 'A history could not be written, whole or at all.',
    remedy: 'Make room or give permission for its folder.',
  },
  'history-format': {
    means: 'A line of a history is not what the recorder writes.',
    remedy: 'Look at the line that the message names: the file was cut off, or changed by hand.',
  },
  'results-file': {
    means: 'A file is not there, or is not the results of a run that this version reads.',
    remedy: 'Name the JSON file of a run, or make the run again.',
  },
  'schedule-format': {
    means: 'A text is not a schedule, or is one of another version.',
    remedy: 'Take a schedule as `holdfast explore` prints it.',
  },
  'impossible-step': {
    means: 'A schedule has a step that nobody can make at that point.',
    remedy: 'Explore again: the strategy, or the steps that are told apart, have changed since.',
  },
  venue: {
    means: 'A venue of the service cannot be used as its file describes it.',
    remedy: 'Correct what the message names in the file that --venue names.',
  },
  address: {
    means: 'The service cannot listen on the address that it was given.',
    remedy: 'Choose another --port or --host.',
  },
  'service-failed': {
    means: 'All workers of a service ended, one after another, and none could be started in their place.',
    remedy: 'Read in the log why they ended; what starts the service may start it again.',
  },
  'live-page': {
    means: 'The page of a run that goes on cannot be served on its port.',
    remedy: 'Choose another port with --live, or leave it out.',
  },
  'invalid-request': {
    means: 'A request to a strategy has the wrong shape or is out of bounds. It had no effect.',
    remedy: 'Correct what the message names.',
  },
  'unknown-resource': {
    means: 'A request names a resource that was never created. It had no effect.',
    remedy: 'Create the resource first, or correct its name.',
  },
  unexpected: {
    means: 'A mistake of Holdfast itself, or something that it did not foresee.',
    remedy: 'Run it again with HOLDFAST_DEBUG=1, which shows where, and report what it prints.',
  },
} as const satisfies Readonly<Record<string, CodedError>>

export type ErrorCode = keyof typeof errorCodes

/** The code of what was thrown: of what caused it, where that says more than the error that passes it on. */
export function errorCodeOf(thrown: unknown): ErrorCode {
  const cause =
    thrown instanceof Error && thrown.cause !== undefined ? errorCodeOf(thrown.cause) : 'unexpected'
  if (cause !== 'unexpected') return cause
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return cause
  return isErrorCode(thrown.code) ? thrown.code : cause
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(errorCodes, code)
}
