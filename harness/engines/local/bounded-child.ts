/** Runs a short program to its end, with a deadline, and returns its output. */
import { spawn } from 'node:child_process'
import type { Account } from './cache-home.ts'

export interface Ended {
  readonly exitCode: number | undefined
  /** Standard output and error in order of arrival, the last few kilobytes. */
  readonly printed: string
}

const PRINTED_CHARACTERS_MAX = 8_192

export function runToEnd(
  program: string,
  programArguments: readonly string[],
  options: {
    readonly deadlineMs: number
    readonly account: Account | undefined
    readonly cwd: string
    readonly input?: string
    /**
     * For a program that must find its own settings, such as a downloader its proxy. Otherwise nothing is
     * inherited.
     */
    readonly env?: NodeJS.ProcessEnv
    readonly signal?: AbortSignal | undefined
  },
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, programArguments, {
      cwd: options.cwd,
      env: options.env ?? childEnvironment(),
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.deadlineMs,
      killSignal: 'SIGKILL',
      ...(options.signal ? { signal: options.signal } : {}),
      ...asAccount(options.account),
    })
    // If a program ends before it has read all of the input, its exit status shows it.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.input)
    let printed = ''
    const keep = (chunk: Buffer): void => {
      printed = (printed + chunk.toString()).slice(-PRINTED_CHARACTERS_MAX)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.once('error', reject)
    child.once('close', (exitCode, signal) => {
      resolve({
        exitCode: exitCode ?? undefined,
        printed:
          signal === null
            ? printed
            : `${printed}\nended by ${signal}, at the latest after ${options.deadlineMs} ms`,
      })
    })
  })
}

/** Nothing is inherited: a PGPORT or PGDATA meant for another server would change what is started here. */
export function childEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
}

export function asAccount(account: Account | undefined): { uid?: number; gid?: number } {
  // The system call takes signed numbers.
  return account ? { uid: account.uid | 0, gid: account.gid | 0 } : {}
}
