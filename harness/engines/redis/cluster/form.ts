/** Makes one cluster of servers that this run has started: masters first, then a replica for each. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { monotonicMs } from '../../../clock.ts'
import { EngineError, reasonOf } from '../../engine-error.ts'
import { ADMIN_COMMAND_DEADLINE_MS, closeClient, openClient, type RedisTarget } from '../connection.ts'
import { parseInfo } from '../settings.ts'
import { SLOTS } from './slots.ts'

/** The servers learn of each other by gossip, which takes a second or two. */
const FORMED_MS_MAX = 60_000
const POLL_MS = 20

/** Settles when every slot has a master, and every master a replica that has its data. */
export async function formCluster(
  targets: readonly RedisTarget[],
  masters: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  await using undo = new AsyncDisposableStack()
  const session = { name: 'holdfast-forming', commandDeadlineMs: ADMIN_COMMAND_DEADLINE_MS }
  const nodes: Redis[] = []
  for (const target of targets) nodes.push(undo.adopt(await openClient(target, session), closeClient))
  const [first] = nodes
  if (first === undefined) throw new RangeError('a cluster has a server')
  const endMs = monotonicMs() + FORMED_MS_MAX
  const until = (what: string, isSo: () => Promise<boolean>) => waited({ what, isSo, endMs, signal })

  await Promise.all(nodes.map((node, at) => node.call('CLUSTER', 'SET-CONFIG-EPOCH', String(at + 1))))
  await Promise.all(
    nodes.slice(0, masters).map((node, at) => {
      const from = Math.floor((at * SLOTS) / masters)
      const to = Math.floor(((at + 1) * SLOTS) / masters) - 1
      return node.call('CLUSTER', 'ADDSLOTSRANGE', String(from), String(to))
    }),
  )
  for (const { host, port } of targets.slice(1)) {
    await first.call('CLUSTER', 'MEET', host, String(port), String(port + 1))
  }
  await until('every server knows all others', async () => {
    const known = await Promise.all(nodes.map(async (node) => (await stateOf(node)).cluster_known_nodes))
    return known.every((count) => Number(count) === nodes.length)
  })
  const ids = await Promise.all(nodes.map(async (node) => String(await node.call('CLUSTER', 'MYID'))))
  for (const [at, replica] of nodes.slice(masters).entries()) {
    await until('a replica knows its master', async () => {
      // Known by its address alone until the two have shaken hands.
      const answer = await replica.call('CLUSTER', 'REPLICATE', ids[at] ?? '').catch(reasonOf)
      return answer === 'OK'
    })
  }
  await until('every slot has a master', async () => {
    const states = await Promise.all(nodes.map(stateOf))
    return states.every((each) => each.cluster_state === 'ok')
  })
  await until('every replica has the data of its master', async () => {
    const links = await Promise.all(
      nodes.slice(masters).map(async (node) => parseInfo(await node.info('replication'))),
    )
    return links.every((each) => each.role === 'slave' && each.master_link_status === 'up')
  })
  await until('every server knows which ones are replicas', async () => {
    const told = await Promise.all(nodes.map(async (node) => String(await node.call('CLUSTER', 'NODES'))))
    return told.every((lines) => (lines.match(/\bslave\b/g) ?? []).length === nodes.length - masters)
  })
}

async function stateOf(node: Redis): Promise<ReturnType<typeof parseInfo>> {
  return parseInfo(String(await node.call('CLUSTER', 'INFO')))
}

async function waited(of: {
  readonly what: string
  readonly isSo: () => Promise<boolean>
  readonly endMs: number
  readonly signal: AbortSignal | undefined
}): Promise<void> {
  while (!(await of.isSo())) {
    if (of.signal?.aborted || monotonicMs() > of.endMs) {
      throw new EngineError({
        engine: 'redis',
        problem: of.signal?.aborted ? 'aborted' : 'start-failed',
        message: of.signal?.aborted
          ? 'Opening Redis was given up on request.'
          : `The servers were started, but did not become a cluster within ${FORMED_MS_MAX} ms: not ${of.what}.`,
        remedy: of.signal?.aborted ? 'start it again' : 'unset HOLDFAST_REDIS, to run on single servers',
      })
    }
    await delay(POLL_MS)
  }
}
