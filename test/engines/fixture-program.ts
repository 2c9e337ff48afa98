/** A fixture program with an engine open, for tests that end it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface FixtureProgram {
  readonly pid: number
  /** What it printed when it was ready. */
  readonly firstLine: string
  signal(signal: NodeJS.Signals): void
  ended(): Promise<{ readonly exitCode: number | null; readonly signal: NodeJS.Signals | null }>
}

/** Throws if it ends before it has printed a line. */
export async function startFixture(
  file: URL,
  env: NodeJS.ProcessEnv,
  ...programArguments: readonly string[]
): Promise<FixtureProgram> {
  const child = spawn(process.execPath, [fileURLToPath(file), ...programArguments], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString()
  })
  const end = once(child, 'exit')
  const [line] = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    end.then(() => {
      throw new Error(`the program ended before it was ready: ${complaints}`)
    }),
  ])
  if (child.pid === undefined) throw new Error('the program has no process id')
  return {
    pid: child.pid,
    firstLine: String(line),
    signal: (signal) => void child.kill(signal),
    async ended() {
      await end
      return { exitCode: child.exitCode, signal: child.signalCode }
    },
  }
}
