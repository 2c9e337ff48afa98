/** What every command is given. */
import path from 'node:path'
import type { EngineKind } from '../harness/engines/engine.ts'
import type { EngineName } from '../strategies/strategy.ts'
import type { ExitCode } from './exit-codes.ts'
import type { Output } from './output.ts'

export { quoted } from '../harness/report/format.ts'

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

/** The path of the starter in a checkout; `npx holdfast` in a project; otherwise the name on the PATH. */
export function programName(starter: string | undefined, cwd: string): string {
  const relative = starter === undefined ? '' : path.relative(cwd, starter)
  const inside = relative.endsWith('.js') && !relative.startsWith('..') && !path.isAbsolute(relative)
  if (starter !== undefined && /[/\\]node_modules[/\\]/.test(starter)) return 'npx holdfast'
  return inside ? `node ${relative}` : 'holdfast'
}

export function stacksWanted(env: NodeJS.ProcessEnv): boolean {
  return env.HOLDFAST_DEBUG === '1'
}
