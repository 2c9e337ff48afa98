/** The script of the admin's page. Everything is inserted as text, never as markup. */
export const ADMIN_SCRIPT = `(() => {
  const byId = (id) => document.getElementById(id)
  const euros = (cents) => (cents / 100).toFixed(2) + ' €'
  const number = (value) => value.toLocaleString('en', { maximumFractionDigits: 2 })
  const rows = (id, all) => byId(id).replaceChildren(...all.map((cells) => {
    const row = document.createElement('tr')
    row.append(...cells.map((cell) => {
      const td = document.createElement('td')
      td.textContent = typeof cell === 'object' ? cell.text : cell
      if (typeof cell === 'object') td.className = cell.look
      return td
    }))
    return row
  }))
  const seen = []
  const show = (figures) => {
    const { counts } = figures
    const of = (status) => counts.byStatus[status] ?? 0
    seen.push([performance.now(), of('PAID')])
    if (seen.length > 11) seen.shift()
    const [[from, before], [to, now]] = [seen[0], seen.at(-1)]
    const rate = to > from ? (now - before) / (to - from) * 1000 : 0
    byId('tiles').replaceChildren(...[
      ['Paid', number(of('PAID'))], ['Paid per second', number(rate)], ['Revenue', euros(counts.revenue)],
      ['Pending holds', number(figures.sessions.pending)], ['Timed out, last hour', number(figures.sessions.timedOut)], ['Abandoned per minute', number(figures.sessions.timedOutInMinute)],
      ['Failed', number(of('FAILED'))], ['Canceled', number(of('CANCELED'))],
      ['Paid, no tickets', number(of('PAID_UNFULFILLED'))], ['Refunds sent', (counts.refunds - counts.refundsDue) + ' of ' + counts.refunds],
      ['Goodies', counts.goodiesGiven + (counts.goodiesDue ? ' + ' + counts.goodiesDue + ' due' : '')],
    ].map(([name, value]) => {
      const tile = document.createElement('div')
      tile.className = 'tile'
      const big = document.createElement('b'); big.textContent = value
      const small = document.createElement('span'); small.textContent = name
      tile.append(big, small)
      return tile
    }))
    const soldOf = new Map(figures.tiers.map(({ eventId, tier, sold }) => [eventId + ':' + tier, sold]))
    rows('accounts', figures.accounts.tiers.map(({ resource, operator, budget, pending, posted, isBalanced }) => [
      resource.replace(':', ' '), number(-operator), number(budget), number(pending), number(posted),
      { text: isBalanced ? '✓ balanced' : '✗ off by ' + number(budget + pending + posted - operator), look: isBalanced ? 'good' : 'bad' },
      number(soldOf.get(resource) ?? counts.goodiesGiven),
    ]))
    byId('source').textContent = 'Operator → Budget → Spent, in units: ' + figures.accounts.source
    byId('strategy').textContent = figures.strategy
    byId('twice').replaceChildren(...figures.soldTwice.map(({ seat, orders }) => {
      const line = document.createElement('p')
      line.textContent = 'Seat ' + seat + ' was sold to ' + orders.length + ' people: orders ' + orders.join(' and ')
      return line
    }), ...(figures.soldTwiceCount > 5 ? [Object.assign(document.createElement('p'), { textContent: figures.soldTwiceCount + ' seats in all' })] : []))
    const parts = figures.times.filter(({ part }) => part !== 'checkout' && part !== 'webhook')
    const sum = parts.reduce((all, { totalMs }) => all + totalMs, 0)
    rows('times', figures.times.map(({ part, count, meanMs, totalMs }) => [part, number(count), meanMs.toFixed(2), part === 'checkout' || part === 'webhook' ? 'whole request' : (100 * totalMs / (sum || 1)).toFixed(1) + ' %']))
    rows('pending', figures.pending.map(({ lines, amount, leftMs }) => [lines, euros(amount), Math.ceil(leftMs / 1000) + ' s']))
    rows('orders', figures.orders.map(({ id, status, lines, amount, goodie }) => [id, { text: status, look: status === 'PAID' ? 'good' : 'bad' }, lines, euros(amount), goodie]))
    rows('deliveries', figures.deliveries.map(({ psid, outcome, fate, attempts, state, last }) => [psid, outcome, fate, attempts, state, last]))
  }
  const tick = async () => {
    const answer = await fetch('/admin/figures').catch(() => undefined)
    byId('alive').textContent = answer?.ok ? '● live' : '○ no answer: trying again'
    if (answer?.ok) show(await answer.json())
    setTimeout(tick, 1000)
  }
  tick()
})()
`
