/**
 * Goal: a slow disk is slow for one process, and everything is as before when it is over, however the run ends.
 * Method: a process that writes, counted by the system, and replicas of programs that are ended; the groups of
 * both forms of control groups are read from texts of systems that have them.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { whyMachineCannot } from '../../harness/engines/local/machine.ts'
import {
  groupOf,
  hierarchyIn,
  letGroupsGoIn,
  slowDiskOf,
  whyNoSlowDisk,
} from '../../harness/engines/local/slow-disk.ts'
import { FULL } from '../size.ts'
import { startFixture } from './fixture-program.ts'
import { isGone, until } from './harness.ts'
import {
  replicaPids,
  runFolders,
  serverProgram,
  type TigerbeetleCache,
  tigerbeetleCache,
} from './tigerbeetle-harness.ts'

const lacksSlowDisk = await whyMachineCannot('slow-disk', process.env)
const WRITES_PER_SECOND = 20
const CGROUP2 = 'cgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0'
const BLKIO = 'cgroup /sys/fs/cgroup/blkio cgroup rw,blkio 0 0'

describe('the control group of a process', () => {
  it.each([
    ['v1', [BLKIO], '/sys/fs/cgroup/blkio', 'blkio.throttle.write_iops_device', '254:0 20', '254:0 0'],
    ['v2', [CGROUP2], '/sys/fs/cgroup', 'io.max', '254:0 wiops=20', '254:0 wiops=max'],
    [
      'both',
      [CGROUP2, BLKIO],
      '/sys/fs/cgroup/blkio',
      'blkio.throttle.write_iops_device',
      '254:0 20',
      '254:0 0',
    ],
  ])('is limited as its form asks for: %s', (_, mounts, root, limitFile, limited, unlimited) => {
    const { form, ...found } = hierarchyIn(['proc /proc proc rw 0 0', ...mounts].join('\n')) ?? expect.fail()
    expect(found).toEqual({ root })
    expect(form.limitFile).toBe(limitFile)
    expect([form.limit('254:0', 20), form.limit('254:0', undefined)]).toEqual([limited, unlimited])
  })

  it('is none where none is mounted', () => {
    expect(hierarchyIn('proc /proc proc rw 0 0\ntmpfs /sys/fs/cgroup tmpfs rw 0 0\n')).toBeUndefined()
  })

  it.each([
    [[BLKIO], '9:name=systemd:/\n7:cpu,cpuacct:/a\n5:blkio,pids:/user/b:c\n0::/d\n', '/user/b:c'],
    [[CGROUP2], '0::/user.slice/a.service\n', '/user.slice/a.service'],
  ])('is the one that the system names: %s', (mounts, text, path) => {
    const { form } = hierarchyIn(mounts.join('\n')) ?? expect.fail()
    expect(groupOf(text, form)).toBe(path)
  })

  it.each([
    [[BLKIO], '254:0 Read 7\n254:0 Write 12\n254:0 Total 19\n8:0 Write 5\nTotal 24\n', 12],
    [[CGROUP2], '8:0 rios=1 wios=5\n254:0 rbytes=1 wbytes=2 rios=7 wios=12 dbytes=0 dios=0\n', 12],
  ])('counts writes on its device alone: %s', (mounts, text, writes) => {
    const { form } = hierarchyIn(mounts.join('\n')) ?? expect.fail()
    expect(Number(form.count('254:0').exec(text)?.[1])).toBe(writes)
  })
})

it.runIf(process.platform === 'linux')(
  'a folder that is on no disk has none that could be slow',
  async () => {
    const why = await whyNoSlowDisk({ ...process.env, XDG_CACHE_HOME: '/proc/self' })
    const inMemory = await whyNoSlowDisk({ ...process.env, XDG_CACHE_HOME: '/dev/shm' })
    rmSync('/dev/shm/holdfast', { recursive: true, force: true })
    // Another reason where this user may limit nothing; never none, and always with a remedy.
    expect(inMemory?.why).toMatch(/is on no disk|no control groups/)
    expect(inMemory?.remedy).toMatch(/^(export XDG_CACHE_HOME|run it as root)/)
    expect(why).toEqual(lacksSlowDisk)
  },
)

describe.skipIf(lacksSlowDisk)('a server on a slow disk', FULL, () => {
  let cache: TigerbeetleCache
  beforeEach(() => {
    cache = tigerbeetleCache()
  })
  afterEach(() => cache.remove())

  const groupsOf = (pid: number): string => readFileSync(`/proc/${pid}/cgroup`, 'utf8')

  /** Beside the folder of a server, as in the folder of a run. */
  async function writer(): Promise<{ readonly pid: number; readonly folder: string } & Disposable> {
    const run = join(cache.folder, 'a-run')
    const folder = join(run, 'node-0')
    await mkdir(folder, { recursive: true })
    const program = join(cache.folder, 'writer.mjs')
    await writeFile(program, WRITER)
    const { pid, signal } = await startFixture(
      new URL(`file://${program}`),
      process.env,
      join(folder, 'data'),
    )
    return { pid, folder, [Symbol.dispose]: () => signal('SIGKILL') }
  }

  it('writes as often as the limit allows, and then as before, in its old group', async () => {
    using program = await writer()
    const { pid, folder } = program
    const before = groupsOf(pid)
    const marker = `${folder}.group`
    let path = ''
    {
      await using share = slowDiskOf(program).take()
      path = readlinkSync(marker)
      expect(groupsOf(pid)).toContain(basename(path))
      const countedIn = async (ms: number): Promise<number> => {
        const from = share.writes()
        const endMs = performance.now() + ms
        await until('the time is over', () => performance.now() >= endMs)
        return share.writes() - from
      }
      expect(await countedIn(1_000)).toBeGreaterThan(3 * WRITES_PER_SECOND)
      share.limit(WRITES_PER_SECOND)
      // What was already asked for is counted, too.
      expect(await countedIn(2_000)).toBeLessThanOrEqual(3 * WRITES_PER_SECOND)
      share.limit(undefined)
      const from = share.writes()
      await until('it writes again', () => share.writes() - from > 3 * WRITES_PER_SECOND)
    }
    expect(groupsOf(pid)).toBe(before)
    expect([existsSync(path), readdirSync(dirname(folder))]).toEqual([false, ['node-0']])
  })

  it('is let go where its run is gone, and nothing else is touched', async () => {
    using program = await writer()
    const { pid, folder } = program
    const share = slowDiskOf(program).take()
    share.limit(WRITES_PER_SECOND)
    const path = readlinkSync(`${folder}.group`)
    const another = join(cache.folder, 'not-of-this-program')
    await mkdir(another)
    symlinkSync(another, join(dirname(folder), 'node-1.group'))
    letGroupsGoIn(dirname(folder))
    expect(groupsOf(pid)).not.toContain(basename(path))
    expect([existsSync(path), existsSync(another)]).toEqual([false, true])
    await share[Symbol.asyncDispose]()
  })

  it.skipIf(serverProgram === undefined).each(['SIGINT', 'SIGKILL', 'exit'] as const)(
    'leaves no control group when its run ends: %s',
    async (how) => {
      const file = new URL('./fixtures/tigerbeetle-on-slow-disk.ts', import.meta.url)
      const program = await startFixture(file, cache.env, how === 'exit' ? 'exit' : 'wait')
      const path = program.firstLine
      expect(basename(path)).toMatch(/^holdfast-\w{12}-node-0$/)
      const pids = replicaPids(cache)
      if (how !== 'exit') {
        expect(existsSync(path)).toBe(true)
        program.signal(how)
      }
      await program.ended()
      for (const pid of pids) await isGone(pid)
      await until('the group is gone', () => !existsSync(path))
      await until('the run is gone', () => runFolders(cache).length === 0)
    },
  )
})

/** Writes and flushes as fast as its disk lets it. */
const WRITER = `
import { constants, openSync, writeSync } from 'node:fs'
const file = openSync(process.argv[2], constants.O_CREAT | constants.O_WRONLY | constants.O_DSYNC)
process.stdout.write('ready\\n')
for (let at = 0; ; at = (at + 1) % 256) writeSync(file, Buffer.alloc(4096), 0, 4096, at * 4096)
`
