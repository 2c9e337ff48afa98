/** The results, in sentences and as a section of `docs/checker-misses.md`. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DEFECT_CLASSES } from './classes.ts'
import { LAYERS } from './layers.ts'
import { asMarkdown, rowsOf } from './table.ts'
import { type Tally, totalOf } from './tally.ts'

const DOCUMENT = join(import.meta.dirname, '../../../docs/checker-misses.md')
const SECTION = /(?<=<!-- misses -->\n)[\s\S]*?(?=<!-- \/misses -->)/

/** The requested number of histories. `legal` are the extra ones. */
export interface MeasurementOrder {
  readonly seed: number
  readonly histories: number
  readonly legal: number
}

/** The results that are not in the tables, in sentences. */
export function sentences(tally: Tally, { seed, histories, legal }: MeasurementOrder): readonly string[] {
  const number = (count: number): string => count.toLocaleString('en')
  const totals = LAYERS.map((layer) => totalOf(tally, layer))
  const alarms = totals.reduce((sum, { falseAlarms }) => sum + falseAlarms, 0)
  const verdicts = totals.reduce((sum, total) => sum + total.legal, 0)
  const missed = totals.reduce((sum, { oversellsMissed }) => sum + oversellsMissed, 0)
  const illegal = totals.reduce((sum, total) => sum + total.illegal, 0)
  const undecided = totals.reduce((sum, total) => sum + total.undecided, 0)
  const oversells = totals.reduce((sum, total) => sum + total.oversells, 0)
  return [
    `Seed ${seed}: ${number(histories)} histories decided by the search and ${number(legal)} more legal ones, each ` +
      `judged in three layers; ${number(tally.skipped)} were left out.`,
    `False alarms: ${number(alarms)} in ${number(verdicts)} verdicts on legal histories.`,
    `Oversells missed: ${number(missed)} of ${number(oversells)}.`,
    `Illegal histories judged unknown, which is not a pass: ${number(undecided)} of ${number(illegal)}.`,
  ]
}

/** Writes the table of classes and the table of rates into the document, between its markers. */
export async function publish(tally: Tally, order: MeasurementOrder, date: string): Promise<void> {
  const text = await readFile(DOCUMENT, 'utf8')
  if (!SECTION.test(text)) throw new Error('docs/checker-misses.md has lost its markers')
  const classes = [['class', 'what is wrong'], ...DEFECT_CLASSES.map(({ name, about }) => [name, about])]
  const section = [
    `Measured on ${date.slice(0, 10)} by \`npm run bench:misses\`, which wrote this section.`,
    sentences(tally, order).join('\n'),
    asMarkdown(rowsOf(tally)),
    'The classes:',
    asMarkdown(classes),
  ].join('\n\n')
  await writeFile(
    DOCUMENT,
    text.replace(SECTION, () => `${section}\n`),
  )
}
