/** The challenge that is being played: its task, how far the reader is, its question, and what it teaches. */
import type { Challenge, ChallengeAnswer } from '../../data/challenge.ts'
import { counted } from '../wording.ts'
import { type Child, fill, make } from './elements.ts'

export interface ChallengeState {
  readonly challenge: Challenge
  /** The fewest moves from the start in all recorded schedules; absent if none leads there. */
  readonly fewest: number | undefined
  /** After how many moves the goal was reached; absent if it was not. */
  readonly reachedAt: number | undefined
  readonly chosen: ChallengeAnswer | undefined
  readonly schedules: number
  /** Whether nothing was left out of the tree. */
  readonly isWhole: boolean
  choose(answer: ChallengeAnswer): void
  showShortest(): void
  leave(): void
}

export function isMet({ challenge, reachedAt, chosen }: ChallengeState): boolean {
  return challenge.question === undefined ? reachedAt !== undefined : chosen?.isRight === true
}

export function showChallenge(place: HTMLElement, state: ChallengeState | undefined): void {
  place.hidden = state === undefined
  if (state === undefined) return
  const { challenge, leave } = state
  const focused = document.activeElement
  const hadFocus = place.contains(focused)
  const away = make('button', { type: 'button' }, 'Leave the challenge')
  away.addEventListener('click', leave)
  fill(
    place,
    make('h2', {}, challenge.title),
    make('p', {}, challenge.task),
    progressPart(state),
    questionPart(state),
    isMet(state) ? make('p', { class: 'lesson' }, challenge.lesson) : undefined,
    make('p', { class: 'tools' }, shortestPart(state), away),
  )
  if (hadFocus) focusAgain(place, focused?.textContent ?? '')
}

/** On the button with the same words, so that a keyboard goes on from there; else on the place. */
function focusAgain(place: HTMLElement, words: string): void {
  const same = [...place.querySelectorAll('button')].find((button) => button.textContent === words)
  const next = same ?? place
  next.focus({ preventScroll: true })
}

function progressPart({ fewest, reachedAt, challenge, isWhole }: ChallengeState): Child {
  if (fewest === undefined) return make('p', { class: 'quiet' }, 'No recorded schedule leads there.')
  if (reachedAt === undefined) {
    return make(
      'p',
      { class: 'quiet' },
      isWhole
        ? `The fewest moves in which it can be done: ${fewest}.`
        : `The fewest moves in which a recorded schedule does it: ${fewest}.`,
    )
  }
  const record = reachedAt === fewest ? 'as few as can be' : `it can be done in ${fewest}`
  const done = challenge.question === undefined ? 'Done' : 'There it is'
  return make('p', { class: 'good' }, make('b', {}, `${done}, in ${counted(reachedAt, 'move')}: ${record}.`))
}

function questionPart({ challenge, reachedAt, chosen, schedules, choose }: ChallengeState): Child {
  const { question } = challenge
  if (question === undefined || reachedAt === undefined) return undefined
  const fact =
    schedules === 1
      ? ''
      : `In none of the ${counted(schedules, 'schedule')} that were run is the seat sold twice. `
  return make(
    'fieldset',
    {},
    make('legend', {}, fact + question.ask),
    question.answers.map((answer) => {
      const button = make(
        'button',
        { type: 'button', 'aria-pressed': String(answer === chosen) },
        answer.text,
      )
      button.addEventListener('click', () => choose(answer))
      return button
    }),
    chosen === undefined ? undefined : make('p', { class: chosen.isRight ? 'good' : 'bad' }, chosen.reply),
  )
}

function shortestPart({ fewest, showShortest }: ChallengeState): Child {
  if (fewest === undefined) return undefined
  const button = make('button', { type: 'button' }, 'Show me a shortest way')
  button.addEventListener('click', showShortest)
  return button
}
