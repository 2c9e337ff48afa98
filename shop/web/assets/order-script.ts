/** The script of an order's page: counts down, and shows the outcome when there is one. */
export const ORDER_SCRIPT = `(() => {
  const hold = document.querySelector('.hold')
  const due = document.querySelector('[data-due]')
  const order = (hold || due || {}).dataset?.order
  if (!order) return
  const ask = async () => {
    const answer = await fetch('/orders/' + order + '/state').catch(() => undefined)
    if (!answer?.ok) return
    const { status, goodie } = await answer.json()
    if (hold ? status !== '' : goodie !== 'due') location.reload()
  }
  const sayUp = () => {
    const heading = document.getElementById('heading')
    document.title = document.title.replace(heading.textContent, heading.dataset.up)
    // A text that is the same is not set again: it would be read out each second.
    for (const each of [heading, document.getElementById('ending')]) {
      if (each.textContent !== each.dataset.up) each.textContent = each.dataset.up
    }
  }
  let ticks = 0
  const end = performance.now() + Number(hold?.dataset.leftMs ?? 60000)
  const timer = setInterval(() => {
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000))
    if (hold) {
      document.getElementById('left').textContent = Math.floor(left / 60) + ':' + String(left % 60).padStart(2, '0')
      if (left === 0) sayUp()
    }
    if (ticks++ % 2 === 0) ask()
    if (left === 0 && ticks > 60) clearInterval(timer)
  }, 1000)
})()
`
