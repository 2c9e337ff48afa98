/**
 * The script of the page: a stream of events while it lives, questions every few seconds while it does not.
 * What is another state is another page, which the server writes. The proof of work is SHA-256 in plain
 * code, because browsers hide their own on addresses without TLS.
 */
import { positionOf, waitFor } from '../queue/position.ts'
import { clockText, GONE, lineText, waitText } from './words.ts'

/** The server's own arithmetic and words. */
export const WORDS_SCRIPT = Object.entries({ positionOf, waitFor, clockText, lineText, waitText })
  .map(([name, own]) => `  const ${name} = ${own}`)
  .join('\n')
  .concat(`\n  const GONE = ${JSON.stringify(GONE)}`)

export const ROOM_SCRIPT = `(() => {
${WORDS_SCRIPT}
  const box = document.getElementById('room')
  if (!box) return
  const { home, path } = box.dataset
  let state = box.dataset.state
  const number = Number(box.dataset.number)
  const byId = (id) => document.getElementById(id)
  const put = (id, text) => { const at = byId(id); if (at && at.textContent !== text) at.textContent = text }
  // One who goes in is not led there a second time by what arrives meanwhile.
  let isEntering = false
  const go = (to) => { if (!isEntering) location.replace(to) }
  const again = () => go(path)
  // What happens to everybody in the same moment is asked for one after another.
  const SPREAD_MS = 5000
  let isComing = false
  const againSoon = () => {
    if (isComing) return
    isComing = true
    setTimeout(again, Math.random() * SPREAD_MS)
  }
  // As the server would write it, without asking the server: everybody is told at once.
  const showGone = () => {
    state = 'gone'
    const title = byId('title'), notice = document.createElement('p')
    title.textContent = GONE.title
    notice.className = 'notice bad'
    notice.textContent = GONE.notice
    box.replaceChildren(title, notice)
    document.title = GONE.title + ' – waiting room'
    title.focus()
  }

  let said = 0, opensAt = 0
  const showRoom = (room) => {
    if (room.door === 'passthrough') { go(home); return }
    if (room.stock === 'gone') { if (state !== 'gone') showGone(); return }
    if (state === 'gone' || (room.door !== 'closed' && state === 'closed')) { againSoon(); return }
    opensAt = performance.now() + room.opensInMs
    put('length', room.length.toLocaleString('en'))
    if (state !== 'waiting') return
    const position = positionOf(number, room)
    put('position', position.toLocaleString('en'))
    put('wait', waitText(room.pace && waitFor(position, room.pace, room.paceCalls)))
    put('pace', lineText(room, clockText))
    document.title = position.toLocaleString('en') + ' – in line'
    // A reader is told now and then, not every second.
    if (performance.now() - said > 30000) { said = performance.now(); put('said', 'Your position is ' + position.toLocaleString('en') + '. Wait: ' + byId('wait').textContent) }
  }
  const showPlace = ({ view }) => {
    if (view.kind === 'inside') { go(home); return }
    const now = view.kind === 'ended' || view.kind === 'unknown' ? 'none' : view.kind
    if (state === 'gone' || now === state) return
    // At the opening all entrants are drawn.
    if (state === 'entrant' && now === 'waiting') againSoon()
    else again()
  }

  const ask = async () => {
    const answer = await fetch(path + '/place').catch(() => undefined)
    if (!answer || !answer.ok) { put('alive', 'The line does not answer at the moment. Your place is kept.'); return }
    put('alive', '')
    const told = await answer.json()
    showRoom(told.room)
    showPlace(told)
  }
  if (state === 'waiting' || state === 'entrant' || state === 'called') {
    let isLive = false
    const source = window.EventSource && new EventSource(path + '/events')
    if (source) {
      source.addEventListener('room', ({ data }) => { isLive = true; put('alive', ''); showRoom(JSON.parse(data)) })
      source.addEventListener('place', ({ data }) => showPlace(JSON.parse(data)))
      source.onerror = () => { isLive = false }
    }
    setInterval(() => { if (!isLive) ask() }, 5000 + Math.random() * 2000)
  } else if (state === 'closed') setInterval(again, 10000 + Math.random() * 5000)
  else if (state === 'gone' && number > 0) setInterval(ask, 15000)

  const end = performance.now() + Number(box.dataset.leftMs)
  const enter = byId('enter')
  if (enter) enter.addEventListener('click', () => {
    isEntering = true
    setTimeout(() => { isEntering = false }, 10000)
  })
  if (state === 'called') {
    document.title = 'It is your turn'
    byId('title').focus()
  }
  setInterval(() => {
    if (state === 'called') {
      put('left', clockText(end - performance.now()))
      if (end < performance.now()) ask()
    }
    if (state === 'entrant' && opensAt > 0) put('opens', clockText(opensAt - performance.now()))
  }, 500)

  const K = new Uint32Array(64), H = new Uint32Array(8)
  let found = 0
  for (let n = 2; found < 64; n++) {
    let isPrime = true
    for (let d = 2; d * d <= n; d++) if (n % d === 0) { isPrime = false; break }
    if (!isPrime) continue
    if (found < 8) H[found] = (Math.sqrt(n) % 1) * 4294967296
    K[found++] = (Math.cbrt(n) % 1) * 4294967296
  }
  const W = new Uint32Array(64)
  // The first word of SHA-256 of an ASCII text.
  const firstWord = (text) => {
    const blocks = Math.ceil((text.length + 9) / 64)
    const bytes = new Uint8Array(blocks * 64)
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at)
    bytes[text.length] = 128
    new DataView(bytes.buffer).setUint32(bytes.length - 4, text.length * 8)
    const view = new DataView(bytes.buffer)
    let [a0, b0, c0, d0, e0, f0, g0, h0] = H
    const turn = (x, by) => (x >>> by) | (x << (32 - by))
    for (let block = 0; block < blocks; block++) {
      for (let t = 0; t < 16; t++) W[t] = view.getUint32(block * 64 + t * 4)
      for (let t = 16; t < 64; t++) {
        const x = W[t - 15], y = W[t - 2]
        W[t] = W[t - 16] + W[t - 7] + (turn(x, 7) ^ turn(x, 18) ^ (x >>> 3)) + (turn(y, 17) ^ turn(y, 19) ^ (y >>> 10))
      }
      let a = a0, b = b0, c = c0, d = d0, e = e0, f = f0, g = g0, h = h0
      for (let t = 0; t < 64; t++) {
        const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[t] + W[t]) | 0
        const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
        h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0
      }
      a0 = (a0 + a) | 0; b0 = (b0 + b) | 0; c0 = (c0 + c) | 0; d0 = (d0 + d) | 0
      e0 = (e0 + e) | 0; f0 = (f0 + f) | 0; g0 = (g0 + g) | 0; h0 = (h0 + h) | 0
    }
    return a0 >>> 0
  }
  const form = byId('joining')
  if (form) form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const button = byId('join')
    if (button.disabled) return
    button.disabled = true
    put('working', Number(box.dataset.work) > 0 ? 'Your browser does a little work first.' : '')
    try {
      const { challenge, bits } = await (await fetch(path + '/challenge')).json()
      let nonce = 0
      while (bits > 0 && Math.clz32(firstWord(challenge + '.' + nonce)) < bits) {
        nonce++
        // The page stays alive.
        if (nonce % 4000 === 0) await new Promise((go) => setTimeout(go))
      }
      const answer = await fetch(path + '/join', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ challenge, nonce: String(nonce) }),
      })
      if (answer.ok) { again(); return }
      put('working', (await answer.json()).title)
    } catch {
      put('working', 'That did not work. Please try again.')
    }
    button.disabled = false
  })
})()
`
