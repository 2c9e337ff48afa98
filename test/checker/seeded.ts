/** A whole number from 0 up to, not including, `below`. */
export type RandomBelow = (below: number) => number

/** The generator Mulberry32. */
export function seeded(seed: number): RandomBelow {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

/** From the environment, so that a failure can be repeated; otherwise the same every time. */
export function seedOf(name: string): number {
  const given = process.env.HOLDFAST_SEED
  const seed = given === undefined ? 20_260_101 : Number(given)
  console.log(`${name}: HOLDFAST_SEED=${seed}`)
  return seed
}

/** Random decisions. */
export class Dice {
  readonly below: RandomBelow

  constructor(below: RandomBelow) {
    this.below = below
  }

  chance(percent: number): boolean {
    return this.below(100) < percent
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.below(from.length)] ?? from[0]
  }
}
