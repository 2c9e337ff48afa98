/** A PgBouncer of a test's own before a server, and what says at the end of a run whether there was one. */
import { spawn } from 'node:child_process'
import { accessSync, chmodSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { until } from './harness.ts'

/** The program, or undefined where there is none. */
export function pgbouncerProgram(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin']
  return folders.map((folder) => path.join(folder, 'pgbouncer')).find(isProgram)
}

/** One line for the end of a test run. */
export function poolerLine(): string {
  const program = pgbouncerProgram()
  if (program !== undefined) return `poolers: proven on ${program}`
  return 'poolers: NOT PROVEN: no PgBouncer was found. To fix it: apt-get install pgbouncer'
}

export interface Pooler extends AsyncDisposable {
  /** The same database, through the pooler. */
  readonly url: string
}

/** `settings` are lines of its configuration. It runs as an account without rights where this process is root. */
export async function startPgBouncer(
  serverUrl: string,
  settings: Readonly<Record<string, string | number>>,
): Promise<Pooler> {
  const server = new URL(serverUrl)
  const folder = mkdtempSync(path.join(tmpdir(), 'holdfast-pooler-'))
  const isRoot = process.geteuid?.() === 0
  chmodSync(folder, isRoot ? 0o755 : 0o700)
  const port = await freePort()
  const configuration = path.join(folder, 'pgbouncer.ini')
  const lines = Object.entries({
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'any',
    max_client_conn: 200,
    default_pool_size: 40,
    ...settings,
  }).map(([name, value]) => `${name} = ${value}`)
  const database = `* = host=127.0.0.1 port=${server.port} user=${server.username} password=${server.password}`
  writeFileSync(configuration, `[databases]\n${database}\n[pgbouncer]\n${lines.join('\n')}\n`, {
    mode: 0o644,
  })
  const program = pgbouncerProgram() ?? 'pgbouncer'
  const child = spawn(program, [...(isRoot ? ['-u', 'nobody'] : []), configuration], { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  await until('PgBouncer listens', () => listens(port))
  return {
    url: `postgres://${server.username}@127.0.0.1:${port}${server.pathname}`,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
