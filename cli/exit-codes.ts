/** All exit codes. `holdfast --help` lists them. */
export const EXIT = {
  asPromised: 0,
  failed: 1,
  usage: 2,
  convicted: 3,
  notProven: 4,
  thresholdBreached: 5,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** Signals that end a run early; by convention 128 plus the number of the signal. */
export const EXIT_BY_SIGNAL = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

export type EndingSignal = keyof typeof EXIT_BY_SIGNAL

export const EXIT_CODES_HELP = `
Exit codes:
  0    every strategy behaved as it promises; for check: the history is valid; for conform: every case passed
  1    Holdfast itself failed; HOLDFAST_DEBUG=1 shows where
  2    wrong usage: nothing was run
  3    convicted: a strategy broke its promise; for check: the history is invalid; for conform: a case failed
  4    not proven: a verdict is unknown, the control was not caught, or a required engine is missing: PostgreSQL,
       one needed by a strategy given by name, or one listed in REQUIRE_ENGINES
  5    for load: a threshold was missed (latency, dropped requests, unknown outcomes)
  129, 130, 143   ended by SIGHUP, SIGINT, SIGTERM; results so far are saved`
