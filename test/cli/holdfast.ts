/** Runs the command line as a user does: through its starter, in a process of its own. */
import { spawn } from 'node:child_process'
import path from 'node:path'

const CHECKOUT = path.resolve(import.meta.dirname, '../..')
const STARTER = path.join(CHECKOUT, 'bin/holdfast.js')

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Called with the process and everything it has said on stderr so far. */
  readonly onErr?: (said: string, kill: (signal: NodeJS.Signals) => void) => void
}

export async function holdfast(
  args: readonly string[],
  { env = {}, cwd = CHECKOUT, onErr }: RunOptions = {},
): Promise<Ended> {
  const inherited = { ...process.env, NO_COLOR: '1' }
  // A test runner's own settings are not a user's.
  for (const name of ['FORCE_COLOR', 'POSTGRES_URL', 'NODE_OPTIONS', 'npm_lifecycle_event'])
    Reflect.deleteProperty(inherited, name)
  const child = spawn(process.execPath, [STARTER, ...args], { cwd, env: { ...inherited, ...env } })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
    onErr?.(err, (signal) => child.kill(signal))
  })
  const { promise, resolve, reject } = Promise.withResolvers<Ended>()
  child.on('error', reject)
  child.on('close', (code) => resolve({ code, out, err }))
  return promise
}
