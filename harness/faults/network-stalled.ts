import { OUTAGE_MS, outage } from './outage.ts'

/** An outage that TCP survives: everything arrives, late. */
export const networkStalled = outage(
  'late',
  { kind: 'stall', toward: 'both' },
  {
    name: 'network-stalled',
    title: `everything ${OUTAGE_MS / 1_000} s late`,
    does: `For ${OUTAGE_MS / 1_000} s the network to the engine of the record keeps everything in both directions, and then delivers it in order.`,
    strikesIf: 'bytes that were kept',
  },
)
