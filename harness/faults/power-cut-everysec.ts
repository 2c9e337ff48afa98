import { powerCut } from './power.ts'

/** The sentence that TigerFans rejects it for: up to a second of what was acknowledged. */
export const powerCutEverysec = powerCut('every-second', {
  name: 'power-cut-everysec',
  title: 'power cut, flushed every second',
  does: 'The server of the record flushes its journal every second (appendfsync everysec), and its machine loses power just before it does: the server is killed, and what it wrote after a mark, and had not flushed by its own account (WAITAOF), is taken out of its file. It starts again, and so does the application.',
})
