/**
 * Where engines keep their templates and their running data: one folder in the user's cache.
 *
 * It is not the temporary folder, which is memory on many systems: a flush to disk costs nothing there, and
 * "durable" would be measured as free. If root runs the program, the unprivileged account that must own a
 * PostgreSQL server needs access to the folder, so root's own cache (below /root, closed to others) is
 * usually skipped.
 */
import { execFileSync } from 'node:child_process'
import { accessSync, chmodSync, constants, lstatSync, mkdirSync, realpathSync, statSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'
import { makeFolders } from '../../folders.ts'
import { codeOf, EngineError, reasonOf } from '../engine-error.ts'

/** The account that owns a server process: set only where this process may not own it itself. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

export interface CacheHome {
  readonly folder: string
  readonly account: Account | undefined
}

/** Accounts with no rights of their own that systems usually have, the least entitled first. */
const UNPRIVILEGED_ACCOUNTS = ['nobody', 'daemon', 'postgres'] as const

const ID_DEADLINE_MS = 5_000

export function openCacheHome(engine: string, env: NodeJS.ProcessEnv): CacheHome {
  const isRoot = process.geteuid?.() === 0
  const account = isRoot ? unprivilegedAccount(engine) : undefined
  const obstacles: string[] = []
  for (const candidate of candidates(env, isRoot)) {
    const obstacle = makeUsable(candidate, account)
    if (obstacle === undefined) return { folder: realpathSync(candidate), account }
    obstacles.push(obstacle)
    // An explicit choice is followed or refused. Only root's default may be skipped: its cache is closed to
    // the server.
    if (env.XDG_CACHE_HOME && !isRoot) break
  }
  throw new EngineError({
    engine,
    problem: 'storage',
    message: `No folder for the ${engine} server's data can be used: ${obstacles.join('; ')}.`,
    remedy: 'export XDG_CACHE_HOME=<a folder of yours on a disk with 1 GB free>',
  })
}

function candidates(env: NodeJS.ProcessEnv, isRoot: boolean): string[] {
  const own: string[] = []
  if (env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME)) own.push(env.XDG_CACHE_HOME)
  if (isRoot) own.push('/var/cache')
  else own.push(join(env.HOME && isAbsolute(env.HOME) ? env.HOME : homedir(), '.cache'))
  return [
    ...own.map((cache) => join(cache, 'holdfast')),
    join(tmpdir(), `holdfast-${process.geteuid?.() ?? 0}`),
  ]
}

/** Creates the folder, or returns a clause that says why it cannot be used. */
function makeUsable(folder: string, account: Account | undefined): string | undefined {
  try {
    makeFolders(dirname(folder), 0o700)
    try {
      mkdirSync(folder, { mode: account ? 0o755 : 0o700 })
      chmodSync(folder, account ? 0o755 : 0o700)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
    // In a folder that everyone may write to, another user could have taken the name, or it could be a link.
    const found = lstatSync(folder)
    if (!found.isDirectory()) return `${folder} is not a folder`
    if (found.uid !== process.geteuid?.()) return `${folder} belongs to another user`
    if ((found.mode & 0o022) !== 0) return `${folder} can be written to by other users`
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    return `${folder}: ${reasonOf(error)}`
  }
  if (account && !isReachableFor(account, folder)) {
    return `${folder} is closed to the account "${account.name}", which has to own the server as root may not`
  }
  return undefined
}

/** Whether an account outside our groups can enter the folder: every folder above must allow it. */
export function isReachableFor(account: Account, folder: string): boolean {
  for (let path = realpathSync(folder); ; path = dirname(path)) {
    const { mode, uid, gid } = statSync(path)
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001
    if ((mode & bit) === 0) return false
    if (path === dirname(path)) return true
  }
}

function unprivilegedAccount(engine: string): Account {
  for (const name of UNPRIVILEGED_ACCOUNTS) {
    const uid = numberFromId('-u', name)
    const gid = numberFromId('-g', name)
    if (uid !== undefined && gid !== undefined && uid !== 0) return { name, uid, gid }
  }
  throw new EngineError({
    engine,
    problem: 'misconfigured',
    message: `A ${engine} server is not run as root, and none of the accounts ${UNPRIVILEGED_ACCOUNTS.join(', ')} exists.`,
    remedy: `run as a normal user, or export ${engine.toUpperCase()}_URL=<the address of a running server>`,
  })
}

function numberFromId(flag: '-u' | '-g', name: string): number | undefined {
  try {
    const printed = execFileSync('id', [flag, name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: ID_DEADLINE_MS,
    })
    const id = Number(printed.trim())
    // On macOS the account "nobody" is -2, which is 4294967294 as an unsigned id.
    return Number.isInteger(id) ? id >>> 0 : undefined
  } catch {
    return undefined
  }
}
