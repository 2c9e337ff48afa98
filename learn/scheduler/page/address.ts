/** A position as the part of an address after `#`: the schedule that `holdfast replay` takes. */
import type { Move } from './game.ts'

export interface Address {
  readonly strategy: string
  readonly scenario: string
  readonly clients: number
  readonly moves: readonly Move[]
  /** The challenge that it is a part of. */
  readonly challenge?: string
}

const VERSION = 'v2'

export function addressOf({ strategy, scenario, clients, moves, challenge }: Address): string {
  const steps = moves.map(({ token, way }) => (way === 0 ? token : `${token}~${way}`)).join('.')
  const schedule = `${VERSION}/${strategy}/${scenario}/${clients}/${steps}`
  return challenge === undefined ? schedule : `${schedule}/${challenge}`
}

/** Undefined for a text that is no address. Whether there is such a tree is another question. */
export function addressIn(text: string): Address | undefined {
  const [version, strategy = '', scenario = '', count = '', steps = '', challenge] = text.split('/')
  if (version !== VERSION || strategy === '' || scenario === '' || !/^\d$/.test(count)) return undefined
  const moves: Move[] = []
  for (const step of steps === '' ? [] : steps.split('.')) {
    const [, token, way] = /^([1-9a-z])(?:~(\d))?$/.exec(step) ?? []
    if (token === undefined) return undefined
    moves.push({ token, way: Number(way ?? 0) })
  }
  return { strategy, scenario, clients: Number(count), moves, ...(challenge && { challenge }) }
}
