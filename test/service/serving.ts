/** `holdfast serve` as a user starts it: a process with workers of its own, and everything that it writes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

const CHECKOUT = path.resolve(import.meta.dirname, '../..')
const STARTER = path.join(CHECKOUT, 'bin/holdfast.js')
/** For whatever is waited for: far above what it takes. */
const LIMIT_MS = 90_000
const LOOK_EVERY_MS = 25

interface LogLine {
  readonly level: number
  readonly msg: string
  readonly worker?: number
  readonly [field: string]: unknown
}

export interface Serving extends AsyncDisposable {
  readonly url: string
  readonly child: ChildProcess
  /** Lines of the log so far. */
  log(): readonly LogLine[]
  /** Everything on standard error. */
  err(): string
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number | null>
}

export async function serve(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Serving> {
  const child = spawn(process.execPath, [STARTER, 'serve', '--port', '0', ...args], {
    cwd: CHECKOUT,
    env: { ...process.env, ...env, NO_COLOR: '1' },
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const address = () => / at (http:\S+) /.exec(out)?.[1]
  try {
    await until(() => {
      if (child.exitCode !== null) throw new Error(`it ended: ${err}`)
      return address() !== undefined
    })
  } catch (error) {
    // Nobody else knows it.
    child.kill('SIGTERM')
    throw error
  }
  return {
    url: address() ?? '',
    child,
    err: () => err,
    log: () =>
      err
        .split('\n')
        .filter((line) => line.startsWith('{') && line.endsWith('}'))
        .map((line) => JSON.parse(line) as LogLine),
    ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill('SIGTERM')
      await ended
    },
  }
}

/** Waits for something to be so. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + LIMIT_MS
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`it was not so within ${LIMIT_MS} ms: ${isSo}`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}
