/** What is left of everything that the shop sells, for its waiting room. */
import type { Stock } from '../waiting-room/queue/room.ts'
import { AVAILABLE } from './seat-board.ts'
import type { ShopWeb } from './shop-web.ts'

/** While a buyer has something to pay for, it may become free again. */
export async function stockOf({ parts, boards }: Pick<ShopWeb, 'parts' | 'boards'>): Promise<Stock> {
  for (const [id, board] of boards) {
    if (Object.values(await board.tiers()).some((left) => left > 0)) return 'some'
    const hasSeats = (parts.catalogue.event(id)?.seats.length ?? 0) > 0
    if (hasSeats && (await board.states()).includes(AVAILABLE)) return 'some'
  }
  return (await parts.sessions.pending(1)).length > 0 ? 'held' : 'gone'
}
