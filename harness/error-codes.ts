/**
 * Every error that a user can see, by the stable code printed in brackets at the end of its message: what it
 * means, and what to do. `docs/ERRORS.md` is generated from this table.
 */

export interface CodedError {
  readonly means: string
  readonly remedy: string
}

const MESSAGE_NAMES_STEP = 'Follow the message: it names a command or a setting.'

export const errorCodes = {
  usage: {
    means: 'The command line is not valid. Nothing was run; the exit code is 2.',
    remedy: 'Correct what the message names; `holdfast COMMAND --help` lists the options.',
  },
  'promise-not-shown': {
    means:
      'A test of your own strategy found that it breaks its promise, or could not show that it keeps it.',
    remedy: 'Read the race in the message, and play it again with the command at its end.',
  },
  'packages-missing': {
    means: 'What was asked for needs npm packages that this project has not installed.',
    remedy: 'Run the command that the message names.',
  },
  'engine-missing': {
    means: 'The engine was not found on this machine.',
    remedy: MESSAGE_NAMES_STEP,
  },
  'engine-misconfigured': {
    means: 'The given address or account of the engine is not usable as written.',
    remedy: 'Correct the variable that the message names.',
  },
  'engine-unreachable': {
    means: 'Nothing answers at the engine’s address.',
    remedy:
      'Start the server, or correct its address. Without the variable, Holdfast starts a server itself.',
  },
  'engine-strays': {
    means:
      'A strategy has written keys outside the prefix of its trial, where another trial, or somebody else, would find them.',
    remedy:
      'Name every key of a script in KEYS: the prefix is put before those, and before the keys of commands.',
  },
  'engine-wrong-server': {
    means: 'Something answers, but it is a different kind of server, or too old.',
    remedy: MESSAGE_NAMES_STEP,
  },
  'engine-refused-access': {
    means: 'The server does not allow this account to do what a run needs.',
    remedy: 'Grant the account the rights that the message names, or use another account.',
  },
  'engine-storage': {
    means: 'The folder for downloads and temporary data cannot be used.',
    remedy: 'Free some space, or set XDG_CACHE_HOME to a writable folder.',
  },
  'engine-start-failed': {
    means: 'The engine’s program was found, but the server did not start or did not answer.',
    remedy: MESSAGE_NAMES_STEP,
  },
  'engine-too-small': {
    means: 'The engine works, but has fewer resources than were requested.',
    remedy: 'Request less, or raise the engine’s limit, as the message says.',
  },
  'engine-aborted': {
    means: 'The run was stopped while its engines were starting.',
    remedy: 'Start it again.',
  },
  'ownership-lost': {
    means: 'Another program removed the run’s ownership record on a server, so the run stopped.',
    remedy: 'Find out what cleans up that server, then start the run again.',
  },
  'not-saved': {
    means: 'A file or a folder could not be written.',
    remedy: 'Free some space, fix the permissions, or choose another folder with --out.',
  },
  'history-not-written': {
    means: 'A history could not be written, or not completely.',
    remedy: 'Free some space, or fix the permissions of its folder.',
  },
  'history-format': {
    means: 'A line of a history is not what the recorder writes.',
    remedy: 'Check the line that the message names: the file was truncated or edited.',
  },
  'results-file': {
    means: 'A file does not exist, or does not contain results that this version can read.',
    remedy: 'Give the JSON file of a run, or repeat the run.',
  },
  'schedule-format': {
    means: 'A text is not a schedule, or was made by another version.',
    remedy: 'Use a schedule exactly as `holdfast explore` printed it.',
  },
  'impossible-step': {
    means: 'A schedule contains a step that no client can make at that point.',
    remedy: 'Explore again: the strategy or Holdfast has changed since the schedule was made.',
  },
  venue: {
    means: 'The venue that a file describes is not valid.',
    remedy: 'Correct the file given with --venue, as the message says.',
  },
  address: {
    means: 'The service cannot listen on the given address.',
    remedy: 'Choose another --port or --host.',
  },
  'service-failed': {
    means: 'All workers of a service ended, one after another, and none could be started in their place.',
    remedy: 'Read in the log why they ended; what starts the service may start it again.',
  },
  'live-page': {
    means: 'The live page cannot be served on its port.',
    remedy: 'Choose another port with --live, or omit the option.',
  },
  'invalid-request': {
    means: 'A request to a strategy is malformed or out of bounds. It had no effect.',
    remedy: 'Correct what the message names.',
  },
  'unknown-resource': {
    means: 'A request names a resource that was never created. It had no effect.',
    remedy: 'Create the resource first, or correct its name.',
  },
  unexpected: {
    means: 'An error in Holdfast itself, or a situation it does not handle.',
    remedy: 'Run it again with HOLDFAST_DEBUG=1, which prints where it failed, and report the output.',
  },
} as const satisfies Readonly<Record<string, CodedError>>

export type ErrorCode = keyof typeof errorCodes

/** The code of a thrown value: its cause's code, if that is more specific. */
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
