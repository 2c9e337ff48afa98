/** The script of the room's admin page. Everything is inserted as text, never as markup. */
export const ADMIN_ROOM_SCRIPT = `(() => {
  const byId = (id) => document.getElementById(id)
  const path = byId('room-admin').dataset.path
  const number = (value) => value.toLocaleString('en', { maximumFractionDigits: 1 })
  const tiles = byId('tiles')
  const show = (room) => {
    const pairs = [
      ['in line', number(room.length)], ['to be drawn', number(room.entrants)], ['called', number(room.called)],
      ['inside', number(room.inside) + ' of ' + number(room.activeMax)], ['steered to at most', room.targetMs > 0 ? number(room.activeMost) : '–'],
      ['p99 seen, here', room.p99Ms === undefined ? '–' : number(room.p99Ms) + ' ms'], ['p99 aimed at', room.targetMs > 0 ? number(room.targetMs) + ' ms' : '–'],
      ['called number', number(room.calledNumber)], ['drawn number', number(room.drawnNumber)],
      ['admitted', number(room.admitted)], ['calls a minute', room.pace === undefined ? '–' : number(room.pace)],
      ['did not come', number(room.ended['passed-over'])], ['left', number(room.ended.left)],
      ['went away', number(room.ended.away)], ['time ran out', number(room.ended['ran-out'])],
      ['told live, here', number(room.listening)], ['stock', room.stock],
    ]
    tiles.replaceChildren(...pairs.map(([name, value]) => {
      const tile = document.createElement('div')
      tile.className = 'tile'
      const b = document.createElement('b')
      b.textContent = value
      const span = document.createElement('span')
      span.textContent = name
      tile.append(b, span)
      return tile
    }))
    // What was set by hand, not to what it is steered.
    const set = { activeMax: room.activeMost, perMinute: room.perMinute, targetMs: room.targetMs, door: room.door }
    for (const [name, value] of Object.entries(set)) {
      const field = byId(name)
      if (document.activeElement !== field && !field.dataset.changed) field.value = String(value)
    }
    byId('opened').hidden = room.isOpen
  }
  for (const field of document.querySelectorAll('.fields input, .fields select')) field.addEventListener('input', () => { field.dataset.changed = '1' })
  const tell = (text) => { byId('alive').textContent = text }
  const send = async (setting) => {
    const answer = await fetch(path + '/admin/settings', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(setting) })
    const told = await answer.json()
    if (!answer.ok) { tell(told.title); return }
    for (const field of document.querySelectorAll('[data-changed]')) delete field.dataset.changed
    show(told)
    tell('Changed.')
  }
  byId('setting').addEventListener('submit', (event) => {
    event.preventDefault()
    send({ activeMax: Number(byId('activeMax').value), perMinute: Number(byId('perMinute').value), targetMs: Number(byId('targetMs').value), door: byId('door').value })
  })
  byId('opened').addEventListener('click', () => send({ opened: true }))
  const read = async () => {
    const answer = await fetch(path + '/admin/figures').catch(() => undefined)
    if (answer?.ok) show(await answer.json())
    else tell('The room does not answer.')
  }
  read()
  setInterval(read, 1000)
})()
`
