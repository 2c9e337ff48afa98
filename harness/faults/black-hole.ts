import { OUTAGE_MS, outage } from './outage.ts'

/** Silence: nothing arrives and nothing is refused. */
export const blackHole = outage(
  'bytes swallowed',
  { kind: 'black-hole', toward: 'both' },
  {
    name: 'black-hole',
    title: `silence for ${OUTAGE_MS / 1_000} s`,
    does: `For ${OUTAGE_MS / 1_000} s the network to the engine of the record swallows everything in both directions; connections stay open. Then those that lost bytes are reset, as TCP does after its own time.`,
    strikesIf: 'a connection that lost bytes',
  },
)
