/** Joins at intended times. */
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../../../harness/clock.ts'
import { beginInTime } from '../../open-loop.ts'
import type { WaitingRoom } from '../waiting-room.ts'
import type { JoinFigures, JoinRate } from './messages.ts'

const DRAIN_MS = 10_000

/** An open loop: each join has its time, and its wait counts from then. `join` calls back once at most. */
export async function joinsInTime(
  rate: JoinRate,
  join: (answered: (isJoined: boolean) => void) => void,
): Promise<JoinFigures> {
  const ms: number[] = []
  let sent = 0
  let joined = 0
  await beginInTime(rate, (intendedMs) => {
    sent += 1
    join((isJoined) => {
      ms.push(monotonicMs() - intendedMs)
      if (isJoined) joined += 1
    })
  })
  const deadlineMs = monotonicMs() + DRAIN_MS
  while (ms.length < sent && monotonicMs() < deadlineMs) await delay(5)
  ms.sort((a, b) => a - b)
  const at = (share: number): number => ms[Math.max(0, Math.ceil(ms.length * share) - 1)] ?? Number.NaN
  return { sent, joined, p50: at(0.5), p99: at(0.99), max: at(1) }
}

/** What a join costs in the room itself: drawn, signed and written, without a request of HTTP around it. */
export function joinsInRoom(room: WaitingRoom, rate: JoinRate): Promise<JoinFigures> {
  return joinsInTime(rate, (answered) => {
    const { binding } = room.keys.newVisitor()
    room.join(binding, binding).then(
      (answer) => {
        if (answer.kind === 'joined') room.keys.tokenOf(answer.place, binding)
        answered(answer.kind === 'joined')
      },
      () => answered(false),
    )
  })
}
