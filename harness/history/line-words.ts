/** The field names and words of an operation's line, found by their bytes. */

/** The fields, each a bit. */
export const Field = {
  type: 1,
  op: 2,
  process: 4,
  invokedUs: 8,
  returnedUs: 16,
  result: 32,
  holdId: 64,
  lines: 128,
  ttlMs: 256,
  deadlineMs: 512,
  attempts: 1_024,
  versions: 2_048,
  why: 4_096,
  resourceId: 8_192,
  available: 16_384,
} as const

/** The words, each a number. */
export const WORDS = {
  operation: 0,
  hold: 1,
  confirm: 2,
  release: 3,
  availability: 4,
  ok: 5,
  fail: 6,
  soldOut: 7,
  gone: 8,
  alreadyConfirmed: 9,
} as const

interface KnownField {
  readonly bit: number
  readonly length: number
  readonly bytes: Uint8Array
}

interface KnownWord {
  readonly number: number
  readonly length: number
  readonly bytes: Uint8Array
}

/** More than there are names, and so many that no two fall together. */
const PLACES = 1_024

const fields: (KnownField | undefined)[] = new Array<KnownField | undefined>(PLACES).fill(undefined)
const words: (KnownWord | undefined)[] = new Array<KnownWord | undefined>(PLACES).fill(undefined)

for (const [name, bit] of Object.entries(Field)) {
  const bytes = new TextEncoder().encode(`${name}":`)
  claim(fields, fieldPlace(bytes, 0), { bit, length: bytes.length - 2, bytes })
}
for (const [name, number] of Object.entries(WORDS)) {
  const written = name.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)
  const bytes = new TextEncoder().encode(`${written}"`)
  claim(words, wordPlace(bytes, 0), { number, length: bytes.length - 1, bytes })
}

function claim<Known>(places: (Known | undefined)[], place: number, known: Known): void {
  if (places[place] !== undefined) throw new Error('two names have one place')
  places[place] = known
}

/** By the first bytes of the name, the quote and the colon behind it. */
function fieldPlace(bytes: Uint8Array, at: number): number {
  const first = (bytes[at] ?? 0) * 31 + (bytes[at + 1] ?? 0) * 7
  return (first + (bytes[at + 2] ?? 0) * 129 + (bytes[at + 3] ?? 0) * 17) & (PLACES - 1)
}

/** By the first bytes of the word and the quote behind it. */
function wordPlace(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) * 31 + (bytes[at + 1] ?? 0) * 7 + (bytes[at + 2] ?? 0) * 129) & (PLACES - 1)
}

/** The field whose name, and the quote and the colon behind it, begin at this index; undefined for others. */
export function fieldAt(bytes: Uint8Array, at: number): KnownField | undefined {
  const known = fields[fieldPlace(bytes, at)]
  return known !== undefined && isAt(known.bytes, bytes, at) ? known : undefined
}

/** The word that begins at this index, with the quote behind it; undefined for any other. */
export function wordAt(bytes: Uint8Array, at: number): KnownWord | undefined {
  const known = words[wordPlace(bytes, at)]
  return known !== undefined && isAt(known.bytes, bytes, at) ? known : undefined
}

function isAt(name: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let index = 0; index < name.length; index++) if (bytes[at + index] !== name[index]) return false
  return true
}
