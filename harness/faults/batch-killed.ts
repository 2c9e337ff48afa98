import { type FaultKind, SAFE } from './fault.ts'

const PROCESSES = 2
const MOMENT_MS_MAX = 4_000
/** Of the network meanwhile: a batch is under way for as long. */
const LATENCY_MS = 25
/** Callers of a batch that is worth the name. */
const CALLERS_MIN = 2

/** What several callers asked for together is under way, and nobody is there any more to tell them. */
export const batchKilled: FaultKind = {
  name: 'batch-killed',
  title: 'batcher killed with a batch in flight',
  does: `${PROCESSES} processes carry out the calls, in batches. Each is killed (-9) when it has just sent a batch of ${CALLERS_MIN} callers or more, on a network with ${LATENCY_MS} ms, and started again. The calls are sent again, to the other.`,
  strikesIf: 'a process that was killed with a batch in flight',
  needs: { durability: 'relaxed', clients: PROCESSES, patienceMs: 8_000 },
  isLucky: true,
  appliesTo: ({ entry: { promises } }) => (promises.batches ? undefined : 'it sends no batches'),
  predict: () => SAFE,
  async strike({ clients, record, until }) {
    let batches = 0
    let callers = 0
    await Promise.all(record.proxies.map((proxy) => proxy.set({ latencyMs: LATENCY_MS })))
    try {
      for (const client of clients) {
        let killed: Promise<number> | undefined
        client.onBatch = (sent) => {
          if (sent >= CALLERS_MIN) killed ??= client.kill()
        }
        await until(() => killed !== undefined, MOMENT_MS_MAX)
        client.onBatch = () => undefined
        const lost = (await killed) ?? 0
        if (killed !== undefined) await client.start()
        if (lost < CALLERS_MIN) continue
        batches += 1
        callers += lost
      }
    } finally {
      await Promise.all(record.proxies.map((proxy) => proxy.set({ latencyMs: 0 })))
    }
    return batches > 0 ? `${batches} batches in flight, of ${callers} callers without an answer` : undefined
  },
}
