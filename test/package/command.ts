/** Runs a command to its end, under a deadline: what it printed, and its exit code. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface Ended {
  /** Undefined where the deadline ended it. */
  readonly code: number | undefined
  /** Both streams, in the order in which they came. */
  readonly printed: string
}

export interface CommandOptions {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly deadlineMs?: number
}

const DEADLINE_MS = 120_000

export async function run(command: readonly string[], options: CommandOptions): Promise<Ended> {
  const { cwd, env, deadlineMs = DEADLINE_MS } = options
  const [program = '', ...rest] = command
  const child = spawn(program, rest, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: what it started ends with it.
    detached: true,
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (printed += data))
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }, deadlineMs)
  try {
    const [code] = (await once(child, 'close')) as [number | null]
    return { code: isLate ? undefined : (code ?? undefined), printed }
  } finally {
    clearTimeout(timer)
  }
}
