/**
 * Ids as 64 bits, for tables that have no room for the ids themselves. Two of 100 million ids share a
 * fingerprint once in some thousand histories, so that what is found by one must be looked at again.
 */

/**
 * Leaves 64 bits that depend on all of `bytes` from index `from` up to, not including, `to`, in two words.
 */
export function fingerprint(
  bytes: Uint8Array,
  { from, to }: { readonly from: number; readonly to: number },
  into: Uint32Array,
): void {
  let low = 0x811c_9dc5
  let high = 0x9747_b28c
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0
    low = Math.imul(low ^ byte, 0x0100_0193)
    high = Math.imul(((high << 13) | (high >>> 19)) ^ byte, 0x5bd1_e995)
  }
  low = mixed(low ^ high)
  into[0] = low
  into[1] = mixed(high ^ Math.imul(low, 0x9e37_79b1))
}

/** Spreads every bit of a word over all of it: the end of MurmurHash3. */
export function mixed(word: number): number {
  let bits = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35)
  return bits ^ (bits >>> 16)
}
