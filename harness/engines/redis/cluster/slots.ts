/** Where a cluster keeps a key: the slot of the key, and which server has that slot. */

export const SLOTS = 16_384

/** CRC16 of the XMODEM kind, as the specification of Redis Cluster says. */
function crc16(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff
  }
  return crc
}

/** Of the part between the first brace and the next closing one, if there is anything between them. */
export function slotOf(key: string): number {
  const open = key.indexOf('{')
  const close = open < 0 ? -1 : key.indexOf('}', open + 1)
  const hashed = close > open + 1 ? key.slice(open + 1, close) : key
  return crc16(Buffer.from(hashed)) % SLOTS
}

/**
 * What comes before every key of an event: the hash tag, after the prefix of the namespace. The first braces
 * of a key decide, so that the `{venue}` of a strategy no longer does.
 */
export function eventPrefix(prefix: string, event: string): string {
  return `${prefix}{event:${event}}:`
}

/** The event of a key of the namespace; undefined for a key of another kind. */
export function eventOfKey(prefix: string, key: string): string | undefined {
  const start = `${prefix}{event:`
  if (!key.startsWith(start)) return undefined
  // The name of an event has no colon, and may have a brace.
  const end = key.indexOf(':', start.length)
  return end < 0 || key[end - 1] !== '}' ? undefined : key.slice(start.length, end - 1)
}

/** A server of a cluster, as others name it. */
export interface NodeAddress {
  readonly host: string
  readonly port: number
}

export interface SlotRange {
  readonly from: number
  readonly to: number
  readonly master: NodeAddress
}

/** The answer to CLUSTER SLOTS. A server that does not know its own name is the one that was asked. */
export function parseSlots(answer: unknown, asked: NodeAddress): readonly SlotRange[] {
  if (!Array.isArray(answer)) return []
  return answer.flatMap((range: unknown): readonly SlotRange[] => {
    if (!Array.isArray(range)) return []
    const [from, to, ...nodes] = range as unknown[]
    const [host, port] = Array.isArray(nodes[0]) ? (nodes[0] as unknown[]) : []
    const master = { host: host ? String(host) : asked.host, port: Number(port) }
    return [{ from: Number(from), to: Number(to), master }]
  })
}

/**
 * The replicas in the answer to CLUSTER NODES. CLUSTER SLOTS names those alone that have already been sent
 * something.
 */
export function parseReplicas(answer: string): readonly NodeAddress[] {
  return answer.split('\n').flatMap((line) => {
    const found = /^\S+ (\S+):(\d+)@\S* (?:\S+,)?slave(?:,\S+)? /.exec(line)
    return found === null ? [] : [{ host: found[1] ?? '', port: Number(found[2]) }]
  })
}

/** The address in `MOVED 3999 127.0.0.1:6381`; undefined for any other error. */
export function movedTo(error: unknown): NodeAddress | undefined {
  const found = error instanceof Error ? /^MOVED \d+ (\S*):(\d+)$/.exec(error.message) : null
  return found === null ? undefined : { host: found[1] ?? '', port: Number(found[2]) }
}

export function named({ host, port }: NodeAddress): string {
  return `${host}:${port}`
}
