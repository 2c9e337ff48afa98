import { powerCut } from './power.ts'

/** A kill of the process loses nothing here; this is what such a setting risks. */
export const powerCutUnflushed = powerCut('never', {
  name: 'power-cut-unflushed',
  title: 'power cut, never flushed',
  does: 'The server of the record leaves it to the system when its journal is flushed (appendfsync no), and its machine loses power: the server is killed, and what it wrote after a mark is taken out of its file, as the system may not have written it. It starts again, and so does the application.',
})
