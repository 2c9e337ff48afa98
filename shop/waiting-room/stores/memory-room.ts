/** A waiting room's state in this process: for tests and for the benchmark of the core alone. */
import { Queue } from '../queue/queue.ts'
import type { RoomLimits, RoomRules, RoomStore } from '../queue/room.ts'

export function memoryRoom(rules: RoomRules, limits: RoomLimits, nowMs: () => number): RoomStore {
  const queue = new Queue(rules, limits, nowMs())
  return {
    join: async (joinings) => joinings.map((each) => queue.join(each, nowMs())),
    move: async (move) => queue.move(move, nowMs()),
    look: async (places, isSeen) => places.map((place) => queue.look(place, nowMs(), isSeen)),
    insideMs: async (place) => queue.insideMs(place, nowMs()),
    figures: async () => queue.figures(nowMs()),
    bytes: async () => process.memoryUsage().heapUsed,
    seed: async () => rules.seed,
    set: async (setting) => queue.set(setting, nowMs()),
    steer: async (steering) => queue.steer(steering, nowMs()),
    drawn: async (from, limit) => {
      const { isOpen, entrants } = queue.figures(nowMs())
      return isOpen && entrants === 0
        ? { seed: rules.seed, places: queue.drawn(from, limit) }
        : { seed: '', places: [] }
    },
  }
}
