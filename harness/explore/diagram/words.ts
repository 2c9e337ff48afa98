/** Statements, answers and whole schedules in few words, for a drawing. */
import { brief, TRAVELLING } from '../../engines/wording.ts'
import type { Scenario } from '../scenario.ts'
import type { Event } from '../schedule-run.ts'
import { nameOf, type Wrong } from '../transcript.ts'
import type { Owners } from './owners.ts'

/** A condition under which an update takes units: the whole technique of those that have one. */
const GUARDED =
  /^with .*?update (\w+) set (\w+ = [^,]+?), .*? where .*?\band (\w+ \+ \d+ <= \w+) returning.*/s
/** Where a line is not to be broken. */
const NO_BREAK = '\u00a0'
const NOW = 'clock_timestamp()'

/** Long statements that several techniques have in common, by what they do. */
const SHORTER: readonly (readonly [RegExp, string])[] = [
  [GUARDED, 'update $1 set $2 where $3; insert hold'],
  [
    /^with .*? where id = ('[^']*') .*?update hold set (status = 'confirmed') .*/s,
    `update hold set $2 where id = $1 and deadline > ${NOW}`,
  ],
  [
    /^with chosen .*?update hold h set (status = 'expired') .*/s,
    `update hold set $1 where deadline <= ${NOW}; free its units`,
  ],
  [
    /^with chosen as materialized \(\s*select ('[^']*').*?update hold h set (status = 'released') .*/s,
    'update hold set $2 where id = $1; free its units',
  ],
  [
    /^select l\.resource_id, .* as short, .*/s,
    'select taken + 1 > capacity as short, exists (hold past its deadline) as due',
  ],
  [
    /^select pg_advisory_xact_lock\(key\) from .*?unnest\(\{([^}]*)\}.*/s,
    "select pg_advisory_xact_lock( hash of '$1' )",
  ],
]

/** A statement in at most this many letters. Random values are called by their owner. */
export function statementOf({ text, client }: Event, charactersMax: number): string {
  const owned = text.replaceAll(/\btoken\b(?! \d)(?!:)/g, `${nameOf(client)}’s-id`)
  const [, begin = '', statement = '', commit = ''] = TRAVELLING.exec(owned) ?? []
  const found = SHORTER.find(([pattern]) => pattern.test(statement))
  const told = found === undefined ? shortened(statement) : statement.replace(...found)
  return brief(begin + told + commit, charactersMax)
    .replace(/^begin read committed(?=;|$)/, 'begin')
    .replaceAll(' …', `${NO_BREAK}…`)
}

/** Without what every technique has in common. */
function shortened(text: string): string {
  const whole = text
    .replaceAll(/= any \(\{([\w-]+)\}(?:::\w+\[\])?\)/g, "= '$1'")
    .replace(/ returning version(?:::\w+)? as version/, '')
  return /\band version = /.test(whole) ? whole : whole.replace(', version = version + 1', '')
}

/** Answers that only say how many rows, or which, by how they are told. */
const PLAINER: readonly (readonly [RegExp, string])[] = [
  [/\b(?:resource_)?id: [\w-]+, /g, ''],
  // The statement is shown without what it returns.
  [/^version: \d+$/, '1 row'],
  [/^(?:confirmed|ended): 1$/, '1 row'],
  [/^(?:confirmed|ended): (\d+)$/, '$1 rows'],
  [/^pg_advisory_xact_lock$/, 'has the lock'],
]

/** An answer to what was `asked`; undefined if it says only that there was no error. */
export function answerTold(text: string, charactersMax: number, asked = ''): string | undefined {
  if (text === 'done') return undefined
  if (/^(?:DEL|DELIFEQ|UNLINK) /.test(asked)) return text.replace(/^\d+$/, '$& deleted')
  return brief(
    PLAINER.reduce((told, plainer) => told.replace(...plainer), text),
    charactersMax,
  )
}

/** An event: a hold in it is called by its owner, too. */
export function happeningTold(text: string, owners: Owners): string {
  return text.replace(/(?<=^the deadline of )\S+(?= passes$)/, (hold) => {
    const owner = owners.get(hold)
    return owner === undefined ? hold : `${nameOf(owner.client)}’s hold “${hold}”`
  })
}

/** What a call came to. */
export function endTold({ text }: Event): { readonly words: string; readonly isGranted: boolean } {
  const [, call = text, outcome = ''] = /^(.*): ([^:]*)$/.exec(text) ?? []
  const [operation = call] = call.split(' ')
  return {
    words: outcome === '' ? text : `${operation}: ${outcome.replaceAll('-', ' ')}`,
    isGranted: /^(held|confirmed|released)$/.test(outcome),
  }
}

/** What happens, for a title: who is told what. */
export function titleTold(scenario: Scenario, events: readonly Event[], wrong: Wrong | undefined): string {
  if (wrong !== undefined) return wrong.message
  const last = new Map(
    events.filter(({ kind }) => kind === 'ends').map((event) => [event.client, endTold(event).words]),
  )
  const told = [...last]
    .toSorted(([one], [other]) => one - other)
    .map(([client, words]) => `${nameOf(client)}’s ${words}`)
  return told.length === 0 ? scenario.summary : told.join(', ')
}

/** What went wrong: holds are called by their owners. */
export function wrongTold({ message }: Wrong, owners: Owners): string {
  return message.replaceAll(
    /\b([\w-]+)(?= \((?:held|confirmed)\))/g,
    (hold) => owners.get(hold)?.name ?? hold,
  )
}
