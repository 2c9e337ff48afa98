/** The light load generator: autocannon in a process of its own, whose processor time is known. */
import autocannon from 'autocannon'
import type { LoadJob, LoadTold } from './messages.ts'

interface Context {
  /** Of the payment to be made. */
  link?: string
}

process.once('message', (job: LoadJob) => {
  load(job).then(
    (told) => process.send?.(told, undefined, undefined, () => process.exit(0)),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`)
      process.exit(1)
    },
  )
})
process.on('disconnect', () => process.exit(1))

async function load({ address, buyers, seconds, tier, pays }: LoadJob): Promise<LoadTold> {
  const before = process.cpuUsage()
  let count = 0
  const checkout: autocannon.Request = {
    method: 'POST',
    path: '/api/checkout',
    headers: { 'content-type': 'application/json' },
    setupRequest(request) {
      // Another customer each time.
      const body = JSON.stringify({ cls: tier, customer_email: `b${process.pid}.${count++}@load.example` })
      return { ...request, body }
    },
    onResponse(status, body, context: Context) {
      if (status === 200) context.link = (JSON.parse(body) as { redirect_url: string }).redirect_url
      else delete context.link
    },
  }
  const payment: autocannon.Request = {
    method: 'POST',
    path: '/mockpay/none/emit',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 't=succeeded',
    setupRequest(request, context: Context) {
      return context.link === undefined ? request : { ...request, path: `${context.link}/emit` }
    },
  }
  const { latency, errors, timeouts, ...told } = await autocannon({
    url: address,
    connections: buyers,
    duration: seconds,
    requests: pays ? [checkout, payment] : [checkout],
  })
  const { user, system } = process.cpuUsage(before)
  return {
    answers: told['2xx'] + told['3xx'],
    failures: told['4xx'] + told['5xx'] + errors + timeouts,
    p50Ms: latency.p50,
    p99Ms: latency.p99,
    cpuMs: (user + system) / 1_000,
  }
}
