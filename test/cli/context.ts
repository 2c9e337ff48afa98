/** What a command is given, and what it says, without a process of its own. */
import type { Context } from '../../cli/context.ts'
import type { Sink } from '../../cli/output.ts'
import { engineKinds } from '../../harness/engines/registry.ts'

export interface HeardContext extends Context {
  /** Everything on standard output so far. */
  out(): string
  err(): string
  exitCode(): number | undefined
}

/** `env`: nothing else is set. */
export function contextWith(env: NodeJS.ProcessEnv = {}, engines = engineKinds): HeardContext {
  const heard = { out: '', err: '' }
  let exitCode: number | undefined
  return {
    output: { out: sinkOf(heard, 'out'), err: sinkOf(heard, 'err') },
    env,
    engines,
    program: 'holdfast',
    finish: (code) => {
      exitCode = code
    },
    out: () => heard.out,
    err: () => heard.err,
    exitCode: () => exitCode,
  }
}

function sinkOf(heard: Record<'out' | 'err', string>, name: 'out' | 'err'): Sink {
  return {
    write: (text) => {
      heard[name] += text
    },
    paint: (_tone, text) => text,
    isTerminal: false,
    columns: 120,
  }
}
