/** Goal: a token cannot be forged, moved to another browser, or lead to another place. Method: every character changed; fast-check. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hasZeros, RoomKeys } from '../../shop/waiting-room/tokens.ts'

const keys = new RoomKeys('the secret')
const others = new RoomKeys('another secret')

function bound() {
  const { cookie: visitor, binding } = keys.newVisitor()
  expect(keys.bindingOf(visitor)).toBe(binding)
  return { visitor, binding }
}

test('a token is good for one place and one browser', () => {
  const [ada, bob] = [bound(), bound()]
  const place = keys.newPlace()
  const token = keys.tokenOf(place, ada.binding)
  expect(keys.placeOf(token, ada.binding)).toBe(place)
  expect(keys.placeOf(token, bob.binding)).toBeUndefined()
  expect(others.placeOf(token, ada.binding)).toBeUndefined()
  const [, mac] = token.split('.')
  expect(keys.placeOf(`${keys.newPlace()}.${mac}`, ada.binding)).toBeUndefined()
})

test('no changed character of token or cookie is accepted', () => {
  const { visitor, binding } = bound()
  const token = keys.tokenOf(keys.newPlace(), binding)
  const changed = (text: string, at: number, letter: string) =>
    text.slice(0, at) + letter + text.slice(at + 1)
  fc.assert(
    fc.property(
      fc.nat(token.length - 1),
      fc.nat(visitor.length - 1),
      fc.constantFrom(...'0aZ_.-'),
      (at, other, letter) => {
        const isSame = token[at] === letter
        // The last character of base64url has spare bits: an equal signature in another spelling would be another text.
        if (!isSame) expect(keys.placeOf(changed(token, at, letter), binding)).toBeUndefined()
        if (visitor[other] !== letter) expect(keys.bindingOf(changed(visitor, other, letter))).toBeUndefined()
      },
    ),
  )
  for (const text of ['', '.', 'x'.repeat(10_000), `${token}.`, ` ${token}`]) {
    expect(keys.placeOf(text, binding)).toBeUndefined()
    expect(keys.bindingOf(text)).toBeUndefined()
  }
})

test('work is for one browser, one difficulty and a while', () => {
  const [ada, bob] = [bound(), bound()]
  const nowMs = 1_000_000_000
  const challenge = keys.challengeFor(ada.binding, 8, nowMs)
  let nonce = 0
  while (!hasZeros(challenge, String(nonce), 8)) nonce += 1
  const work = { challenge, nonce: String(nonce) }
  expect(keys.isWorkDone(work, ada.binding, 8, nowMs)).toBe(true)
  expect(keys.isWorkDone(work, ada.binding, 8, nowMs + 599_000)).toBe(true)
  expect(keys.isWorkDone(work, ada.binding, 8, nowMs + 601_000)).toBe(false)
  expect(keys.isWorkDone(work, bob.binding, 8, nowMs)).toBe(false)
  expect(keys.isWorkDone(work, ada.binding, 9, nowMs)).toBe(false)
  expect(keys.isWorkDone({ ...work, nonce: `${nonce}x` }, ada.binding, 8, nowMs)).toBe(false)
  expect(keys.isWorkDone({ ...work, challenge: `9${challenge}` }, ada.binding, 8, nowMs)).toBe(false)
})
