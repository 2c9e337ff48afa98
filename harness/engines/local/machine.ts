/** What a fault may need of the machine besides programs: whether this one has it. */
import type { Unfit } from '../engine.ts'
import { whyNoSmallDisk } from './small-disk.ts'
import { whyNoSteppedClock } from './stepped-clock.ts'

export type MachineNeed = 'small-disk' | 'stepped-clock'

/** Undefined if it has. */
export async function whyMachineCannot(
  need: MachineNeed,
  env: NodeJS.ProcessEnv,
): Promise<Unfit | undefined> {
  switch (need) {
    case 'small-disk':
      return await whyNoSmallDisk()
    case 'stepped-clock':
      return whyNoSteppedClock(env)
  }
}
