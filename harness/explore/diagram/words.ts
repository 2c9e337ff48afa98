/** Statements, answers and whole schedules in few words, for a drawing. */
import { brief } from '../../engines/wording.ts'
import type { Scenario } from '../scenario.ts'
import type { Event } from '../schedule-run.ts'
import { nameOf, type Wrong } from '../transcript.ts'

/** A condition under which an update takes units: the whole technique of those that have one. */
const GUARDED = /update (\w+) set (\w+ = [^,]+?), .*? where .*?\band (\w+ \+ \d+ <= \w+) returning/

/** A statement in at most this many letters. Random values are called by their owner. */
export function statementOf({ text, client }: Event, charactersMax: number): string {
  const owned = text.replaceAll(/\btoken\b(?! \d)(?!:)/g, `${nameOf(client)}’s-id`)
  const guarded = /(?:^|; )with /.test(owned) ? GUARDED.exec(owned) : null
  const told =
    guarded === null
      ? brief(shortened(owned), charactersMax)
      : `update ${guarded[1]} set ${guarded[2]} where ${guarded[3]}; insert hold`
  return told.replace(/^begin read committed(?=;|$)/, 'begin')
}

/** Without what every technique has in common. */
function shortened(text: string): string {
  const whole = text
    .replaceAll(/= any \(\{([\w-]+)\}(?:::\w+\[\])?\)/g, "= '$1'")
    .replace(/ returning version(?:::\w+)? as version/, '')
  return /\band version = /.test(whole) ? whole : whole.replace(', version = version + 1', '')
}

/** An answer; undefined if it says only that there was no error. */
export function answerTold(text: string, charactersMax: number): string | undefined {
  if (text === 'done') return undefined
  return brief(text.replaceAll(/\bid: [\w-]+, /g, ''), charactersMax)
}

/** What a call came to. */
export function endTold({ text }: Event): { readonly words: string; readonly isGranted: boolean } {
  const [, call = text, outcome = ''] = /^(.*): ([^:]*)$/.exec(text) ?? []
  const [operation = call] = call.split(' ')
  return {
    words: outcome === '' ? text : `${operation}: ${outcome}`,
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
