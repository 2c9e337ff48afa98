/** A command in this process, with what it prints and its exit code. */
import type { Command } from 'commander'
import type { Context } from '../../cli/context.ts'
import type { Sink } from '../../cli/output.ts'
import type { EngineKind } from '../../harness/engines/engine.ts'

export async function runCommand(
  command: (context: Context) => Command,
  args: readonly string[],
  engines: readonly EngineKind[] = [],
): Promise<{ readonly said: string; readonly code: number | undefined }> {
  let said = ''
  let code: number | undefined
  const sink: Sink = {
    write: (text) => {
      said += text
    },
    paint: (_, text) => text,
    isTerminal: false,
    columns: 80,
  }
  const finish = (with_: number) => {
    code = with_
  }
  const output = { out: sink, err: sink }
  const made = command({ output, env: process.env, engines, program: 'holdfast', finish })
  await made
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .parseAsync(args, { from: 'user' })
  return { said, code }
}
