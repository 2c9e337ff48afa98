/** What all servers of POSTGRES_URLS can do: an event lives on any of them, so the worst of them counts. */
import type {
  Ability,
  AbilityState,
  AnomalyFound,
  AnomalyOutcome,
  IsolationFound,
  ProbeFindings,
} from '../../ability.ts'

/** A server as a reader knows it, its address, and what was found on it. */
export interface ProbedServer {
  readonly server: string
  readonly url: string
  readonly found: ProbeFindings
}

type Probed = readonly [ProbedServer, ...ProbedServer[]]

const STATES_FROM_WORST: readonly AbilityState[] = ['lacks', 'not-tried', 'has']
const OUTCOMES_FROM_WORST: readonly AnomalyOutcome[] = ['occurs', 'not-tried', 'refused', 'absent']

/**
 * Of each ability, and of each anomaly at a level, the worst of all servers, with the server on which it was
 * seen. Facts are told of each; the time is that of all together.
 */
export function worstOf(probed: Probed): ProbeFindings {
  const [{ found: first }] = probed
  return {
    tookMs: probed.reduce((sum, { found }) => sum + found.tookMs, 0),
    abilities: first.abilities.map(({ name }) => worstAbility(name, probed)),
    isolation: [...new Set(probed.flatMap(({ found }) => found.isolation.map(({ asked }) => asked)))].map(
      (asked) => worstLevel(asked, probed),
    ),
    facts: probed.flatMap(({ server, url, found }) => [
      [server, url] as const,
      ...found.facts.map(([name, value]) => [`${server}: ${name}`, value] as const),
    ]),
  }
}

function worstAbility(name: string, probed: Probed): Ability {
  return probed
    .flatMap(({ server, found }) =>
      found.abilities
        .filter((each) => each.name === name)
        .map((each) => ({ ...each, seen: `${server}: ${each.seen}` })),
    )
    .reduce((worst, each) =>
      STATES_FROM_WORST.indexOf(each.state) < STATES_FROM_WORST.indexOf(worst.state) ? each : worst,
    )
}

/** A server on which nothing was tried at a level is not seen here: its abilities say that. */
function worstLevel(asked: string, probed: Probed): IsolationFound {
  const levels = probed.flatMap(({ server, found }) =>
    found.isolation.filter((level) => level.asked === asked).map((level) => ({ server, level })),
  )
  const told = distinct(levels.flatMap(({ level }) => level.told ?? []))
  return {
    asked,
    ...(told !== '' && { told }),
    found: distinct(levels.map(({ level }) => level.found)),
    anomalies: (levels[0]?.level.anomalies ?? []).map(({ name }) =>
      levels
        .flatMap(({ server, level }) =>
          level.anomalies.filter((each) => each.name === name).map((each) => seenOn(server, each)),
        )
        .reduce((worst, each) =>
          OUTCOMES_FROM_WORST.indexOf(each.outcome) < OUTCOMES_FROM_WORST.indexOf(worst.outcome)
            ? each
            : worst,
        ),
    ),
  }
}

function seenOn(server: string, anomaly: AnomalyFound): AnomalyFound {
  return { ...anomaly, ...(anomaly.seen !== undefined && { seen: `${server}: ${anomaly.seen}` }) }
}

function distinct(values: readonly string[]): string {
  return [...new Set(values)].join(' | ')
}
