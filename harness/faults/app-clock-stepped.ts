import { type FaultKind, SAFE } from './fault.ts'

const STEP_MS = 60 * 60 * 1_000
const LASTS_MS = 1_000

/** The engine's clock decides: the application's may say what it likes. */
export const appClockStepped: FaultKind = {
  name: 'app-clock-stepped',
  title: 'the application’s clock wrong by an hour',
  does: `The wall clock of the application is an hour fast for ${LASTS_MS / 1_000} s, then an hour slow for ${LASTS_MS / 1_000} s, then right again; the engines' clocks are right. Only clocks that are read by Date.now are wrong.`,
  strikesIf: 'a hold that was granted while the clock was wrong',
  needs: { durability: 'relaxed' },
  isLucky: false,
  appliesTo: () => undefined,
  predict: () => SAFE,
  async strike({ wait, granted }) {
    const right = Date.now
    const before = granted()
    let readings = 0
    try {
      for (const stepMs of [STEP_MS, -STEP_MS]) {
        Date.now = () => {
          readings += 1
          return right() + stepMs
        }
        await wait(LASTS_MS)
      }
    } finally {
      Date.now = right
    }
    // A strategy that never reads it is struck as well: that it does without is what is shown.
    const served = granted() - before
    return served > 0 ? `read ${readings} times while ${served} holds were granted` : undefined
  },
}
