/** Whether statements are prepared, and the reason where they are not. */
import { EngineError } from '../engine-error.ts'

const VARIABLE = 'POSTGRES_PREPARED'

/**
 * Whether the user asks for it: everybody does who says nothing. Throws an `EngineError` for another value.
 */
export function asksToPrepare(env: NodeJS.ProcessEnv): boolean {
  const value = env[VARIABLE]?.trim() ?? ''
  if (value === '' || value === 'on') return true
  if (value === 'off') return false
  throw new EngineError({
    engine: 'postgres',
    problem: 'misconfigured',
    message: `${VARIABLE} is ${JSON.stringify(value)}; it can be on or off.`,
    remedy: `unset ${VARIABLE}`,
  })
}

/** A clause for the results and beside the verdicts; undefined where statements are prepared. */
export function whyUnprepared({
  prepares,
  isAsked,
}: {
  readonly prepares: boolean
  readonly isAsked: boolean
}): string | undefined {
  if (prepares) return undefined
  return isAsked
    ? 'statements are not prepared: the pooler before it loses them between transactions'
    : `statements are not prepared: ${VARIABLE} is off, as every run with a fault sets it, so that the fault can tell a commit from other statements`
}
