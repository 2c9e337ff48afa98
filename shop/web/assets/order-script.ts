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
  let ticks = 0
  const end = performance.now() + Number(hold?.dataset.leftMs ?? 60000)
  const timer = setInterval(() => {
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000))
    if (hold) {
      document.getElementById('left').textContent = Math.floor(left / 60) + ':' + String(left % 60).padStart(2, '0')
      if (left === 0) document.getElementById('ending').textContent = 'The time is up: your tickets are free for others. A payment now gets them only if nobody took them, and your money back otherwise.'
    }
    if (ticks++ % 2 === 0) ask()
    if (left === 0 && ticks > 60) clearInterval(timer)
  }, 1000)
})()
`
