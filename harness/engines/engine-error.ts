/**
 * Why an engine cannot be used, as one sentence, and the one step that would fix it. Never holds a password.
 */
export { reasonOf } from '../errors.ts'

export type EngineProblem =
  /** Nothing on this machine provides the engine. */
  | 'missing'
  /** The given address or account is not usable as written. */
  | 'misconfigured'
  | 'unreachable'
  /** Something answered, but it is another kind of server or a version that is too old. */
  | 'wrong-server'
  | 'refused-access'
  /** The folder for downloads and runs cannot be used. */
  | 'storage'
  | 'start-failed'
  /** It works, but cannot provide as much as was requested. */
  | 'too-small'
  /** A strategy wrote outside its namespace. */
  | 'strays'
  | 'aborted'

export class EngineError extends Error {
  readonly engine: string
  readonly problem: EngineProblem
  /** A command or a setting, ready to be typed. */
  readonly remedy: string

  constructor(details: {
    readonly engine: string
    readonly problem: EngineProblem
    readonly message: string
    readonly remedy: string
    readonly cause?: unknown
  }) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'EngineError'
    this.engine = details.engine
    this.problem = details.problem
    this.remedy = details.remedy
  }

  get code(): `engine-${EngineProblem}` {
    return `engine-${this.problem}`
  }
}

/** The code of a system or SQL error, if it has one. */
export function codeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined
  return typeof thrown.code === 'string' ? thrown.code : undefined
}
