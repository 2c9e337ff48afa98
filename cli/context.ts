/** What every command is given. */
import path from 'node:path'
import type { EngineKind } from '../harness/engines/engine.ts'
import { quoted } from '../harness/report/format.ts'
import type { EngineName } from '../strategies/strategy.ts'
import type { ExitCode } from './exit-codes.ts'
import type { Output } from './output.ts'

export { quoted }

export interface Context {
  readonly output: Output
  readonly env: NodeJS.ProcessEnv
  /** All known engines: those of the registry, and those that a test adds. */
  readonly engines: readonly EngineKind[]
  /** The name of the program, to be printed in commands. */
  readonly program: string
  /** Sets the exit code. */
  readonly finish: (code: ExitCode | number) => void
}

/** The names of all known engines. */
export function engineNames({ engines }: Pick<Context, 'engines'>): readonly EngineName[] {
  return engines.map(({ name }) => name)
}

/**
 * The program as it was called, from the same folder: by npm or npx, by the path of its starter, or by its
 * name on the PATH.
 */
export function programName(
  starter: string | undefined,
  cwd: string,
  { npm_lifecycle_event: script, npm_package_name: project }: NodeJS.ProcessEnv,
): string {
  if (starter === undefined) return NAME
  if (project === NAME && script === NAME) return `npm run ${NAME} --`
  if (script === 'npx' || /[/\\]node_modules[/\\]/.test(starter)) return `npx ${NAME}`
  if (!starter.endsWith('.js')) return NAME
  const relative = path.relative(cwd, starter)
  const isInside = !relative.startsWith('..') && !path.isAbsolute(relative)
  return `node ${quoted(isInside ? relative : starter)}`
}

const NAME = 'holdfast'

export function stacksWanted(env: NodeJS.ProcessEnv): boolean {
  return env.HOLDFAST_DEBUG === '1'
}
