/** A ledger of TigerBeetle as an exploration needs it: a gate, and a new ledger when it must be empty. */
import type { Client } from 'tigerbeetle-node'
import type { Explorable, Gate } from '../engine.ts'
import { NOTHING_HAPPENS } from '../engine.ts'
import { gatedTigerbeetle } from './gate.ts'
import { touching } from './touch.ts'

export function explorable(client: Client, ledger: number): Explorable {
  return {
    ...NOTHING_HAPPENS,
    gated: (gate: Gate) => ({
      connections: { client: gatedTigerbeetle(client, gate), ledger },
      sessions: () => [],
      forget: () => 0,
      hasSent: () => false,
    }),
    // Nothing can be deleted there.
    clear: async () => false,
    anything: touching('any'),
  }
}
