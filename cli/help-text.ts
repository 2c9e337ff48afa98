/** Help at the width of the terminal: no word is torn, and nothing is said of a default that is empty. */
import { type Command, Help } from 'commander'
import { COLUMNS_MAX } from '../harness/report/tone.ts'
import { flowing } from '../harness/report/wrapped.ts'
import type { Sink } from './output.ts'

/** Next to longer terms, descriptions would have no room: they go below. */
const DESCRIPTION_COLUMNS_MIN = 30
const HANGING = 4

/** Its help, and that of commands that take over its settings, is as wide as the terminal at most. */
export function fitHelp(command: Command, out: Sink): Command {
  const columns = Math.min(out.columns, COLUMNS_MAX)
  return command.configureHelp({
    helpWidth: columns,
    // Descriptions are broken below, like the texts that commands add.
    minWidthToWrap: columns,
    optionDescription: (option) => new Help().optionDescription(option).replace(' (default: [])', ''),
  })
}

/** Breaks longer lines between words; what goes on stands below the beginning of its description. */
export function fitted(text: string, { columns: available }: Pick<Sink, 'columns'>): string {
  const columns = Math.min(available, COLUMNS_MAX)
  return text
    .split('\n')
    .flatMap((line) => (line.length <= columns ? [line] : broken(line, columns)))
    .join('\n')
}

function broken(line: string, columns: number): readonly string[] {
  const [margin = ''] = /^ */.exec(line) ?? []
  // A term, and what describes it after two spaces or more.
  const [lead = margin] = /^ *\S+(?: \S+)*? {2,}(?=\S)/.exec(line) ?? []
  const rest = line.slice(lead.length)
  const hanging = ' '.repeat(margin.length + HANGING)
  if (columns - lead.length >= DESCRIPTION_COLUMNS_MIN)
    return flowing(rest, { columns, first: lead, next: lead === margin ? hanging : ' '.repeat(lead.length) })
  return [
    ...flowing(lead.trim(), { columns, first: margin, next: hanging }),
    ...flowing(rest, { columns, first: hanging, next: hanging }),
  ]
}
