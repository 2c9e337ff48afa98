/** What a fault may need of the machine besides programs: whether this one has it. */
import { existsSync } from 'node:fs'
import type { Unfit } from '../engine.ts'
import { whyNoSlowDisk } from './slow-disk.ts'
import { whyNoSmallDisk } from './small-disk.ts'
import { whyNoSteppedClock } from './stepped-clock.ts'

export type MachineNeed = 'small-disk' | 'slow-disk' | 'stepped-clock' | 'thread-runs'

/** Undefined if it has. */
export async function whyMachineCannot(
  need: MachineNeed,
  env: NodeJS.ProcessEnv,
): Promise<Unfit | undefined> {
  switch (need) {
    case 'small-disk':
      return await whyNoSmallDisk()
    case 'slow-disk':
      return await whyNoSlowDisk(env)
    case 'stepped-clock':
      return whyNoSteppedClock(env)
    case 'thread-runs':
      if (existsSync('/proc/self/schedstat')) return undefined
      return { why: 'only Linux tells whether a thread has run', remedy: 'run it on Linux' }
  }
}
