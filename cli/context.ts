/** What every command is handed. */
import path from 'node:path'
import type { EngineKind } from '../harness/engines/engine.ts'
import type { EngineName } from '../strategies/strategy.ts'
import type { ExitCode } from './exit-codes.ts'
import type { Output } from './output.ts'

export { quoted } from '../harness/report/format.ts'

export interface Context {
  readonly output: Output
  readonly env: NodeJS.ProcessEnv
  /** The engines that there are: the registry's, or a test's beside them. */
  readonly engines: readonly EngineKind[]
  /** How to type this command line again from here. */
  readonly program: string
  /** Told by a command when it is done. */
  readonly finish: (code: ExitCode | number) => void
}

/** By name. */
export function engineNames({ engines }: Pick<Context, 'engines'>): readonly EngineName[] {
  return engines.map(({ name }) => name)
}

/** From a checkout, its own starter; installed in a project, through npx; otherwise the name on the PATH. */
export function programName(starter: string | undefined, cwd: string): string {
  const relative = starter === undefined ? '' : path.relative(cwd, starter)
  const inside = relative.endsWith('.js') && !relative.startsWith('..') && !path.isAbsolute(relative)
  if (starter !== undefined && /[/\\]node_modules[/\\]/.test(starter)) return 'npx holdfast'
  return inside ? `node ${relative}` : 'holdfast'
}

export function stacksWanted(env: NodeJS.ProcessEnv): boolean {
  return env.HOLDFAST_DEBUG === '1'
}
