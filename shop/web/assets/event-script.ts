/**
 * The script of an event's page: the live seat map on a canvas, by mouse, finger and keyboard. Without it the
 * form still works: seats together, or by name.
 */
export const EVENT_SCRIPT = `(() => {
  const form = document.querySelector('form.buy')
  if (!form || !window.EventSource) return
  const source = new EventSource('/events/' + encodeURIComponent(form.dataset.event) + '/seats')
  // What is left, as far as it was told yet: there may be some.
  let tiersLeft = document.querySelector('[data-tier]') ? 1 : 0
  let seatsLeft = document.querySelector('.map') ? 1 : 0
  const tellWhetherLeft = () => {
    const isNone = tiersLeft + seatsLeft === 0
    document.getElementById('hold').disabled = isNone
    const text = isNone ? 'Everything is sold or held. What is held and not paid comes back, and can be chosen here then.' : ''
    const note = document.getElementById('none-left')
    if (note.textContent !== text) note.textContent = text
  }
  source.addEventListener('tiers', ({ data }) => {
    const left = JSON.parse(data)
    tiersLeft = Object.values(left).reduce((sum, count) => sum + count, 0)
    tellWhetherLeft()
    for (const note of document.querySelectorAll('[data-tier]')) {
      const count = left[note.dataset.tier]
      if (count !== undefined) note.textContent = count === 0 ? 'sold out' : count.toLocaleString('en') + ' left'
    }
  })
  source.addEventListener('twice', ({ data }) => {
    const [count, ...seats] = JSON.parse(data)
    const lines = seats.map(({ seat, orders }) => {
      const line = document.createElement('p')
      line.textContent = 'Seat ' + seat + ' was sold to ' + orders.length + ' people: orders ' + orders.join(' and ')
      return line
    })
    if (count > seats.length) lines.push(Object.assign(document.createElement('p'), { textContent: count + ' seats in all' }))
    document.getElementById('twice').replaceChildren(...lines)
  })
  const box = document.querySelector('.map')
  if (!box) return
  const canvas = document.getElementById('map')
  const names = document.getElementById('seats')
  const told = document.getElementById('seat')
  const counts = document.getElementById('counts')
  const sections = JSON.parse(box.dataset.sections)
  const total = sections.reduce((sum, [, rows, width]) => sum + rows * width, 0)
  const WORDS = ['available', 'held', 'booked', 'sold twice']
  const states = new Uint8Array(total)
  const mine = new Set()
  const seatName = (at) => {
    for (const [id, rows, width] of sections) {
      if (at < rows * width) return id + '-' + (Math.floor(at / width) + 1) + '-' + (at % width + 1)
      at -= rows * width
    }
  }
  const byName = new Map()
  for (let at = 0; at < total; at++) byName.set(seatName(at), at)

  // Where each seat is: sections side by side while they fit, then below each other.
  const room = Math.max(280, box.clientWidth)
  const size = total > 5000 ? 5 : total > 1000 ? 9 : Math.max(9, Math.min(18, Math.floor(room / Math.max(...sections.map(([, , width]) => width)))))
  const xs = new Uint16Array(total)
  const ys = new Uint16Array(total)
  const gap = size * 2
  const title = 16
  const titles = []
  let x = 0, y = title, tallest = 0, widest = 0, index = 0
  for (const [id, rows, width] of sections) {
    if (x > 0 && x + width * size > room) { x = 0; y += tallest + gap + title; tallest = 0 }
    titles.push([id, x, y - 4])
    for (let at = 0; at < rows * width; at++, index++) {
      xs[index] = x + (at % width) * size
      ys[index] = y + Math.floor(at / width) * size
    }
    tallest = Math.max(tallest, rows * size)
    x += width * size
    widest = Math.max(widest, x)
    x += gap
  }
  const height = y + tallest
  const scale = Math.min(2, window.devicePixelRatio || 1)
  canvas.width = widest * scale
  canvas.height = height * scale
  canvas.style.width = widest + 'px'
  canvas.style.height = height + 'px'
  const pen = canvas.getContext('2d')
  pen.scale(scale, scale)
  let colors
  const readColors = () => {
    const probe = document.createElement('i')
    document.body.append(probe)
    const of = (name) => { probe.style.setProperty('color', 'var(--' + name + ')'); return getComputedStyle(probe).color }
    colors = [of('available'), of('held'), of('booked'), of('bad'), of('mine'), of('ink')]
    probe.remove()
  }
  let cursor = -1
  const paint = (at) => {
    const inner = size > 6 ? size - 2 : size - 1
    pen.clearRect(xs[at], ys[at], size, size)
    pen.fillStyle = mine.has(at) ? colors[4] : colors[states[at]]
    pen.fillRect(xs[at], ys[at], inner, inner)
    // Not by color alone: held seats have a notch, chosen ones a frame.
    if (states[at] === 1 && !mine.has(at)) pen.clearRect(xs[at], ys[at], inner / 2, inner / 2)
    // Sold twice: a cross.
    if (states[at] === 3) { pen.clearRect(xs[at] + inner / 2 - 1, ys[at], 2, inner); pen.clearRect(xs[at], ys[at] + inner / 2 - 1, inner, 2) }
    if (at === cursor || (mine.has(at) && size > 6)) {
      // Inside the seat, so that painting it again leaves nothing.
      const thick = at === cursor && size > 6 ? 2 : 1
      pen.strokeStyle = colors[5]
      pen.lineWidth = thick
      pen.strokeRect(xs[at] + thick / 2, ys[at] + thick / 2, inner - thick, inner - thick)
    }
  }
  const paintAll = () => {
    readColors()
    pen.clearRect(0, 0, widest, height)
    pen.fillStyle = colors[5]
    pen.font = '12px system-ui, sans-serif'
    for (const [name, left, base] of titles) pen.fillText(name, left, base)
    for (let at = 0; at < total; at++) paint(at)
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paintAll)
  const count = () => {
    const sums = [0, 0, 0, 0]
    for (const state of states) sums[state]++
    document.getElementById('twice-key').hidden = sums[3] === 0
    if (sums[3] === 0) sums.pop()
    seatsLeft = sums[0]
    tellWhetherLeft()
    counts.textContent = sums.map((sum, state) => sum.toLocaleString('en') + ' ' + WORDS[state]).join(', ')
  }
  const drop = (at) => {
    if (states[at] === 0 || !mine.delete(at)) return
    told.textContent = seatName(at) + ' was just taken by somebody else.'
    names.value = [...mine].map(seatName).join(' ')
  }
  source.addEventListener('all', ({ data }) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))
    for (let at = 0; at < total; at++) { states[at] = (bytes[at >> 2] >> ((at & 3) * 2)) & 3; drop(at) }
    paintAll()
    count()
  })
  source.addEventListener('delta', ({ data }) => {
    const changes = JSON.parse(data)
    for (let at = 0; at < changes.length; at += 2) { states[changes[at]] = changes[at + 1]; drop(changes[at]); paint(changes[at]) }
    count()
  })
  const say = (at) => { told.textContent = seatName(at) + ': ' + (mine.has(at) ? 'yours' : WORDS[states[at]]) + (mine.size ? '. Chosen: ' + [...mine].map(seatName).join(', ') : '') }
  const choose = (at) => {
    if (mine.has(at)) mine.delete(at)
    else if (states[at] === 0) mine.add(at)
    names.value = [...mine].map(seatName).join(' ')
    if (mine.size) document.getElementById('together').value = '0'
    paint(at)
    say(at)
  }
  names.addEventListener('input', () => {
    const before = [...mine]
    mine.clear()
    for (const name of names.value.split(/[\\s,]+/)) { const at = byName.get(name); if (at !== undefined && states[at] === 0) mine.add(at) }
    for (const at of [...before, ...mine]) paint(at)
  })
  document.getElementById('together').addEventListener('change', (event) => {
    if (event.target.value === '0') return
    const before = [...mine]
    mine.clear()
    names.value = ''
    for (const at of before) paint(at)
    told.textContent = 'The best ' + event.target.value + ' together will be yours.'
  })
  const seatAt = (px, py) => {
    for (let at = 0; at < total; at++) if (px >= xs[at] && px < xs[at] + size && py >= ys[at] && py < ys[at] + size) return at
    return -1
  }
  const move = (to) => { const from = cursor; cursor = to; if (from >= 0) paint(from); if (to >= 0) paint(to) }
  canvas.addEventListener('click', (event) => {
    const at = seatAt(event.offsetX, event.offsetY)
    if (at < 0) return
    move(at)
    choose(at)
  })
  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
  canvas.addEventListener('focus', () => { if (cursor < 0) { move(0); say(0) } })
  canvas.addEventListener('keydown', (event) => {
    if (event.key === ' ' || event.key === 'Enter') { event.preventDefault(); if (cursor >= 0) choose(cursor); return }
    const step = STEPS[event.key]
    if (!step) return
    event.preventDefault()
    const from = Math.max(0, cursor)
    let px = xs[from] + size / 2, py = ys[from] + size / 2, found = -1
    // Over the gaps between sections.
    for (let far = 1; far <= 8 && found < 0; far++) found = seatAt(px + step[0] * size * far, py + step[1] * size * far)
    if (found < 0) return
    move(found)
    say(found)
    const top = ys[found] - box.clientHeight / 2, left = xs[found] - box.clientWidth / 2
    box.scrollTo({ top, left })
  })
})()
`
