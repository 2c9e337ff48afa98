/** When each call of a run begins, takes effect and ends. Its request is decided later. */
import type { SeededRandom } from './random.ts'
import type { Mix, World } from './world.ts'

export interface PlannedCall {
  readonly process: number
  readonly kind: keyof Mix
  readonly invokedUs: number
  readonly returnedUs: number
  /** The caller does not learn the outcome. */
  readonly unknown: boolean
  /**
   * When it takes effect: once, or for a read once per resource. Later than `returnedUs` if the caller gave
   * up first; empty if the request never arrived.
   */
  readonly effectsUs: readonly number[]
}

const START_US = 1_000_000
/** How long after its caller gave up a request may still take effect here. */
const LATE_US_MAX = 1_500_000

/** The calls of one run. A process has one call at a time. */
export function drawCalls(random: SeededRandom, world: World): readonly PlannedCall[] {
  const freeAtUs = Array.from({ length: world.processes }, () => START_US)
  const calls: PlannedCall[] = []
  for (let count = 0; count < world.calls; count++) {
    const process = random.between(0, world.processes - 1)
    const kind = random.weighted({ ...world.mix })
    calls.push(drawCall(random, world, process, kind, (freeAtUs[process] ?? START_US) + pauseUs(random)))
    freeAtUs[process] = calls.at(-1)?.returnedUs ?? START_US
  }
  const endUs = Math.max(...freeAtUs)
  if (world.drain) {
    for (let count = 0; count < 3; count++) {
      calls.push(drawCall(random, world, world.processes + count, 'confirm', endUs + pauseUs(random)))
    }
  }
  return calls
}

/** The time between two calls of one caller: mostly short, sometimes long enough for a deadline to pass. */
function pauseUs(random: SeededRandom): number {
  if (random.chance(0.15)) return random.between(700_000, 1_500_000)
  return random.chance(0.4) ? 0 : random.between(1, 200_000)
}

function drawCall(
  random: SeededRandom,
  world: World,
  process: number,
  kind: keyof Mix,
  earliestUs: number,
): PlannedCall {
  const { gridUs } = world
  const invokedUs = Math.ceil(earliestUs / gridUs) * gridUs
  const longest = random.pick([2_000, 50_000, 600_000])
  const returnedUs = invokedUs + Math.ceil(random.between(0, longest) / gridUs) * gridUs
  const unknown = random.chance(world.unknownRate)
  const effect = (): number => random.between(invokedUs, returnedUs)
  let effectsUs: readonly number[]
  if (kind === 'read') effectsUs = world.resources.map(effect)
  else if (!unknown) effectsUs = [effect()]
  else if (random.chance(0.4)) effectsUs = []
  else effectsUs = [random.chance(0.3) ? effect() : returnedUs + random.between(0, LATE_US_MAX)]
  return { process, kind, invokedUs, returnedUs, unknown, effectsUs }
}
