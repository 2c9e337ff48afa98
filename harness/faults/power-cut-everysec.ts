import { powerCut } from './power.ts'

/** The sentence that TigerFans rejects it for: up to a second of what was acknowledged. */
export const powerCutEverysec = powerCut('every-second', {
  name: 'power-cut-everysec',
  title: 'power cut, flushed every second',
  does: 'The server of the record flushes its journal every second (appendfsync everysec), and its machine loses power just before it does: the server is killed, and what it wrote after a mark, is taken out of its file; its thread that flushes has not run since then. It starts again, and so does the application.',
})
