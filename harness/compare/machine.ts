/** The machine and the commit, which belong to every figure. */
import { execFile } from 'node:child_process'
import { realpath } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Machine } from '../results/settings.ts'

const CHECKOUT = path.resolve(import.meta.dirname, '../..')
/** The commit is only a caption: a slow file system, or a prompt of git, is not waited for any longer. */
const GIT_TIMEOUT_MS = 3000
const BYTES_PER_GIB = 2 ** 30

export function machineFacts(): Machine {
  const cpu = os.cpus()[0]?.model.replace(/\s+/g, ' ').trim()
  return {
    os: `${os.type()} ${os.release()} ${os.arch()}`,
    cpu: cpu === undefined || cpu === '' ? 'unknown processor' : cpu,
    cores: os.availableParallelism(),
    memoryGib: Math.round((os.totalmem() / BYTES_PER_GIB) * 10) / 10,
    node: process.version,
  }
}

/** The commit of this checkout, with `-dirty` if it has changes; undefined without git or a checkout. */
export async function commitOfCheckout(directory = CHECKOUT): Promise<string | undefined> {
  const git = async (...args: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)('git', args, { cwd: directory, timeout: GIT_TIMEOUT_MS })
    return stdout.trim()
  }
  try {
    // If installed inside another repository, git would report the commit of that one.
    if ((await realpath(await git('rev-parse', '--show-toplevel'))) !== (await realpath(directory)))
      return undefined
    const commit = await git('rev-parse', '--short=12', 'HEAD')
    return (await git('status', '--porcelain')) === '' ? commit : `${commit}-dirty`
  } catch {
    return undefined
  }
}
