/** Text on a terminal. */

/** The width of tables where the terminal has none. */
export const COLUMNS_MAX = 140

/** The styles of text on a terminal. */
export type Tone = 'good' | 'bad' | 'doubtful' | 'quiet' | 'strong'
export type Paint = (tone: Tone, text: string) => string

export const plain: Paint = (_tone, text) => text
