/** Joins at intended times. */
import { setTimeout as delay } from 'node:timers/promises'
import { monotonicMs } from '../../../harness/clock.ts'
import type { WaitingRoom } from '../waiting-room.ts'
import type { JoinFigures, JoinRate } from './messages.ts'

const DRAIN_MS = 10_000

/** An open loop: each join has its time, and its wait counts from then. `join` calls back once at most. */
export async function joinsInTime(
  { perSecond, seconds }: JoinRate,
  join: (answered: (isJoined: boolean) => void) => void,
): Promise<JoinFigures> {
  const total = perSecond * seconds
  const ms: number[] = []
  let joined = 0
  const startMs = monotonicMs()
  for (let sent = 0; sent < total; ) {
    const nowMs = monotonicMs()
    for (; sent < total && startMs + (sent * 1_000) / perSecond <= nowMs; sent++) {
      const intendedMs = startMs + (sent * 1_000) / perSecond
      join((isJoined) => {
        ms.push(monotonicMs() - intendedMs)
        if (isJoined) joined += 1
      })
    }
    await delay(1)
  }
  const deadlineMs = monotonicMs() + DRAIN_MS
  while (ms.length < total && monotonicMs() < deadlineMs) await delay(5)
  ms.sort((a, b) => a - b)
  const at = (share: number): number => ms[Math.max(0, Math.ceil(ms.length * share) - 1)] ?? Number.NaN
  return { sent: total, joined, p50: at(0.5), p99: at(0.99), max: at(1) }
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
