/** What faults have in common: network faults before several servers, and servers that are killed. */
import { monotonicMs } from '../clock.ts'
import { hasStruck, type NetworkFault, type Struck } from '../network/conditions.ts'
import type { NetworkProxy } from '../network/network.ts'
import type { FaultSite, FaultStage } from './fault.ts'

/** A fault of the network before each of these servers, for as long as `during` runs. */
export async function inNetwork(
  proxies: readonly NetworkProxy[],
  fault: NetworkFault,
  during: (struck: () => Promise<Struck>) => Promise<void>,
): Promise<Struck> {
  const inflicted = await Promise.all(proxies.map((proxy) => proxy.inflict(fault)))
  const sum = (all: readonly Struck[]): Struck =>
    all.reduce(
      (one, other) => ({
        connections: one.connections + other.connections,
        bytes: one.bytes + other.bytes,
        messages: one.messages + other.messages,
      }),
      NOTHING,
    )
  let all: readonly Struck[] = []
  try {
    await during(async () => sum(await Promise.all(inflicted.map((each) => each.struck()))))
  } finally {
    all = await Promise.all(inflicted.map((each) => each.heal()))
  }
  return sum(all)
}

const NOTHING: Struck = { connections: 0, bytes: 0, messages: 0 }

/** As a clause; undefined if nothing was struck. */
export function toldStruck(what: string, struck: Struck): string | undefined {
  if (!hasStruck(struck)) return undefined
  const { messages, connections } = struck
  return messages > 0
    ? `${what}: ${messages} messages on ${connections} connections`
    : `${what}: ${connections} connections`
}

/** Kills these servers, keeps them dead for this time at least, and starts them again. */
export async function killed(
  { servers }: Pick<FaultSite, 'servers'>,
  stage: Pick<FaultStage, 'wait'>,
  {
    deadMs,
    which = servers.map((_, at) => at),
  }: { readonly deadMs: number; readonly which?: readonly number[] },
): Promise<string | undefined> {
  const struck = which.flatMap((at) => servers[at] ?? [])
  if (struck.length === 0) return undefined
  const fromMs = monotonicMs()
  try {
    await Promise.all(struck.map((server) => server.kill()))
    await stage.wait(deadMs)
  } finally {
    await Promise.all(struck.map((server) => server.start()))
  }
  const span = Math.round(monotonicMs() - fromMs)
  return `${struck.length === 1 ? '1 server' : `${struck.length} servers`} killed, back after ${span} ms`
}

/** How long a commit of its own is waited for, before a request that commits by itself is taken. */
const COMMIT_MS_MAX = 1_000

/**
 * A fault of the network that strikes at commits. A strategy whose requests each commit by themselves never
 * sends one: there it strikes at any request. `during` runs while it is in force.
 */
export async function atCommits(
  { record, until }: Pick<FaultStage, 'record' | 'until'>,
  fault: Extract<NetworkFault, { readonly times: number }>,
  during: (now: () => Promise<Struck>) => Promise<void>,
): Promise<Struck> {
  const { commitText } = record.kind
  if (commitText !== undefined) {
    const struck = await inNetwork(record.proxies, { ...fault, containing: commitText }, async (now) => {
      if (await until(async () => hasStruck(await now()), COMMIT_MS_MAX)) await during(now)
    })
    if (hasStruck(struck)) return struck
  }
  return await inNetwork(record.proxies, fault, during)
}
