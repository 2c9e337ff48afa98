/** Results whose every text is markup, or tries to leave the place it is put in. */
import type { Results } from '../../harness/results/results.ts'
import { resultsOf, trialOf } from './fixture.ts'

/** Would show in a page that takes it for markup. */
export const HOSTILE = `</title></style></script><script>document.title='broken'</script><img src=x onerror="alert(1)">"'&\u0000\u202e`

export function hostileResults(): Results {
  const strategies = [HOSTILE, '__proto__', 'constructor', '"><svg onload=alert(1)>']
  const results = resultsOf()
  return resultsOf({
    command: HOSTILE,
    commit: HOSTILE,
    machine: { ...results.machine, cpu: HOSTILE, os: HOSTILE },
    engines: [
      {
        name: 'postgres',
        version: HOSTILE,
        source: HOSTILE,
        durability: HOSTILE,
        settings: { [HOSTILE]: HOSTILE },
      },
    ],
    strategies: strategies.map((name) => ({ name, summary: HOSTILE, engines: [] })),
    control: {
      ...results.control,
      strategy: HOSTILE,
      workload: HOSTILE,
      conviction: HOSTILE,
      historyFile: HOSTILE,
      race: {
        rule: 'O1',
        kind: 'oversell',
        message: HOSTILE,
        resourceId: HOSTILE,
        atMs: 3,
        fromMs: 0,
        untilMs: 5,
        holds: [
          {
            holdId: HOSTILE,
            lines: [[HOSTILE, 1]],
            calls: [{ client: 1, op: 'hold', answer: HOSTILE, isUnknown: true, fromMs: 0, untilMs: 2 }],
            has: { fromMs: 2 },
          },
        ],
        reads: [{ client: 2, op: 'availability', answer: HOSTILE, isUnknown: false, fromMs: 1, untilMs: 4 }],
      },
    },
    trials: strategies.flatMap((strategy) =>
      [1, 8].map((concurrency) =>
        trialOf({ strategy, workload: 'hot-seat', concurrency, repeat: 1, goodputPerSecond: 20 }),
      ),
    ),
    explorations: [
      {
        strategy: HOSTILE,
        scenario: HOSTILE,
        clients: 2,
        outcome: 'violated',
        schedules: 6,
        violating: 2,
        schedule: HOSTILE,
        diagramSvg: `<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><script>alert(1)</script></svg>`,
      },
    ],
    notProven: [{ strategy: 'absent', why: HOSTILE, remedy: HOSTILE }],
  })
}
