/**
 * A PostgreSQL standby: a copy of the data folder, made while the server runs, which then streams its WAL and
 * takes its place when that is gone. The programs that come with this one have no pg_basebackup; this is its
 * way: everything between pg_backup_start and pg_backup_stop, with the label that the latter returns.
 */
import { chownSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { monotonicMs } from '../../clock.ts'
import type { Address } from '../../network/conditions.ts'
import type { Follower } from '../engine.ts'
import { runToEnd } from '../local/bounded-child.ts'
import type { CacheHome } from '../local/cache-home.ts'
import { adminConfig, type PostgresTarget } from './connection.ts'

interface ReplicatedServer {
  readonly folder: string
  readonly port: number
  startFirst(signal: AbortSignal | undefined): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
  crash(): Promise<void>
}

/** The servers of one run. */
export interface ReplicatedServers<Server extends ReplicatedServer = ReplicatedServer> {
  readonly server: Server
  readonly home: CacheHome
  /** One more, without a folder. */
  another(): Server
  /** Ends it, and removes its folder. */
  discard(server: Server): Promise<void>
}

/** The name by which the first server knows it. */
const STANDBY = 'holdfast_standby'
const COPY_DEADLINE_MS = 60_000
/** To have repeated what was done while it was copied. */
const IN_STEP_MS_MAX = 15_000
const PROMOTE_S_MAX = 15
const POLL_MS = 10
/** Of the other server's process, and what it would repeat instead of asking for it. */
const NOT_COPIED = ['postmaster.pid', 'postmaster.opts', 'standby.signal'] as const

/** `from` leads to the first server, whose administrator's pool `admin` is. */
export async function standbyOf<Server extends ReplicatedServer>(
  servers: ReplicatedServers<Server>,
  { admin, target }: { readonly admin: pg.Pool; readonly target: PostgresTarget },
  from: Address,
): Promise<Follower> {
  const { server, home } = servers
  const copy = servers.another()
  try {
    await backedUp(admin, { server, copy, home })
    beStandby(copy.folder, { from, target, home })
    await copy.startFirst(undefined)
    const written = await writtenUntilNow(admin)
    await until(() => hasOnDisk(admin, written), 'a standby was not in step')
  } catch (error) {
    await servers.discard(copy)
    throw error
  }
  return {
    address: { host: target.host, port: copy.port },
    async confirms(isSo) {
      // Of the server alone: synchronous_commit stays "on", which is "on the disk of the standby" then.
      await admin.query(
        isSo
          ? `alter system set synchronous_standby_names = '${STANDBY}'`
          : 'alter system reset synchronous_standby_names',
      )
      await admin.query('select pg_reload_conf()')
      if (isSo) await until(() => isSynchronous(admin), 'a standby was not synchronous')
    },
    promote: () =>
      onCopy({ ...target, port: copy.port }, async (client) => {
        const { rows } = await client.query<{ done: boolean }>(
          `select pg_promote(true, ${PROMOTE_S_MAX}) as done`,
        )
        if (rows[0]?.done !== true) throw new Error(`a standby was not promoted in ${PROMOTE_S_MAX} s`)
      }),
    async handBack() {
      await copy.stop()
      await server.crash()
      for (const name of readdirSync(server.folder)) {
        rmSync(join(server.folder, name), { recursive: true, force: true })
      }
      await copied(copy.folder, server.folder, home)
      for (const name of NOT_COPIED) rmSync(join(server.folder, name), { force: true })
      await server.start()
    },
    [Symbol.asyncDispose]: () => servers.discard(copy),
  }
}

/** On one session, as the server demands. */
async function backedUp(
  admin: pg.Pool,
  {
    server,
    copy,
    home,
  }: { readonly server: ReplicatedServer; readonly copy: ReplicatedServer; readonly home: CacheHome },
): Promise<void> {
  await mkdir(copy.folder, { mode: 0o700 })
  if (home.account) chownSync(copy.folder, home.account.uid, home.account.gid)
  const session = await admin.connect()
  try {
    await session.query("select pg_backup_start('holdfast', true)")
    await copied(server.folder, copy.folder, home)
    const { rows } = await session.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)')
    owned(join(copy.folder, 'backup_label'), rows[0]?.labelfile ?? '', home)
  } finally {
    session.release()
  }
  for (const name of NOT_COPIED) rmSync(join(copy.folder, name), { force: true })
  // What was copied of the WAL may be torn; all of it is asked for.
  for (const name of ['pg_wal', 'pg_replslot']) {
    for (const { parentPath, name: file } of readdirSync(join(copy.folder, name), { withFileTypes: true })) {
      if (file !== 'archive_status' && file !== 'summaries')
        rmSync(join(parentPath, file), { recursive: true })
    }
  }
}

/** A file that the server removes while it is copied is none of the copy. */
async function copied(from: string, to: string, { account }: CacheHome): Promise<void> {
  const { exitCode, printed } = await runToEnd('cp', ['-R', `${from}/.`, to], {
    deadlineMs: COPY_DEADLINE_MS,
    account,
    cwd: '/',
  })
  const failed = printed.split('\n').filter((line) => line !== '' && !/No such file or directory$/.test(line))
  if (exitCode === undefined || failed.length > 0) {
    throw new Error(`a data folder could not be copied: ${failed.at(-1) ?? 'it took too long'}`)
  }
}

function beStandby(
  folder: string,
  {
    from,
    target,
    home,
  }: { readonly from: Address; readonly target: PostgresTarget; readonly home: CacheHome },
): void {
  if (!('port' in from)) throw new Error('a server is followed by its port')
  const settings = join(folder, 'postgresql.auto.conf')
  const kept = readFileSync(settings, 'utf8')
    .split('\n')
    .filter((line) => !/^(primary_conninfo|synchronous_standby_names)\b/.test(line))
  const { user, password = '' } = target
  const asked = [
    `host=${from.host} port=${from.port} user=${user} password=${password}`,
    `application_name=${STANDBY}`,
  ]
  owned(settings, `${kept.join('\n').trimEnd()}\nprimary_conninfo = '${asked.join(' ')}'\n`, home)
  owned(join(folder, 'standby.signal'), '', home)
}

function owned(path: string, text: string, { account }: CacheHome): void {
  writeFileSync(path, text, { mode: 0o600 })
  if (account) chownSync(path, account.uid, account.gid)
}

/** A position in the WAL. */
async function writtenUntilNow(admin: pg.Pool): Promise<string> {
  const { rows } = await admin.query<{ at: string }>('select pg_current_wal_flush_lsn()::text as at')
  return rows[0]?.at ?? '0/0'
}

async function hasOnDisk(admin: pg.Pool, written: string): Promise<boolean> {
  const { rows } = await admin.query(
    `select from pg_stat_replication
     where application_name = $1 and state = 'streaming' and flush_lsn >= $2::pg_lsn`,
    [STANDBY, written],
  )
  return rows.length > 0
}

async function isSynchronous(admin: pg.Pool): Promise<boolean> {
  const { rows } = await admin.query(
    `select from pg_stat_replication where application_name = $1 and sync_state = 'sync'`,
    [STANDBY],
  )
  return rows.length > 0
}

async function until(condition: () => Promise<boolean>, otherwise: string): Promise<void> {
  const endMs = monotonicMs() + IN_STEP_MS_MAX
  while (!(await condition())) {
    if (monotonicMs() > endMs) throw new Error(`${otherwise} within ${IN_STEP_MS_MAX} ms`)
    await delay(POLL_MS)
  }
}

async function onCopy(target: PostgresTarget, step: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client(adminConfig(target))
  client.on('error', () => undefined)
  try {
    await client.connect()
    await step(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}
