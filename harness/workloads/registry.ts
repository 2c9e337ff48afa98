/** Every workload. A new one needs a file in this folder and a line in this list. */
import { churn } from './churn.ts'
import { drain } from './drain.ts'
import { hotSeat } from './hot-seat.ts'
import { multiSeat } from './multi-seat.ts'
import { retry } from './retry.ts'
import { seatMap } from './seat-map.ts'
import { sellOut } from './sell-out.ts'
import { sweep } from './sweep.ts'
import type { Workload } from './workload.ts'

export const workloads: readonly Workload[] = [
  hotSeat,
  sellOut,
  seatMap,
  multiSeat,
  churn,
  sweep,
  retry,
  drain,
]

export function workloadNamed(name: string): Workload {
  const workload = workloads.find((each) => each.name === name)
  if (workload !== undefined) return workload
  const known = workloads.map((each) => each.name).join(', ')
  throw new RangeError(`no workload is called "${name}": there are ${known}`)
}
