/** Whose a hold is, by its id, and what it is called in a drawing. */
import { CLIENT_NAMES, type Scenario } from '../scenario.ts'

interface Owner {
  /** From 1. */
  readonly client: number
  /** The client's name if that says enough; else the id. */
  readonly name: string
}

/** By the id of the hold. One that several clients name belongs to none of them. */
export type Owners = ReadonlyMap<string, Owner>

export function ownersIn(scenario: Scenario, clients: number): Owners {
  const named = Array.from({ length: clients }, (_, at) => [
    ...new Set(scenario.requests(at).map(({ hold }) => hold)),
  ])
  return new Map(
    named.flatMap((holds, at) =>
      holds
        .filter((hold) => named.every((others, other) => other === at || !others.includes(hold)))
        .map((hold) => [
          hold,
          { client: at + 1, name: holds.length === 1 ? clientName(at + 1) : quoted(hold) },
        ]),
    ),
  )
}

export function nameOfHold(hold: string, owners: Owners): string {
  return owners.get(hold)?.name ?? quoted(hold)
}

export function clientName(client: number | undefined): string {
  return (client === undefined ? undefined : CLIENT_NAMES[client - 1]) ?? 'another'
}

function quoted(hold: string): string {
  return `“${hold}”`
}
