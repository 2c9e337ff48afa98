/** The thread of the proxies: it carries out orders, and ends when it is told to. */
import { parentPort, workerData } from 'node:worker_threads'
import { reasonOf } from '../errors.ts'
import type { Conditions } from './conditions.ts'
import { DelayLine } from './delay-line.ts'
import type { AnswerMessage, OrderMessage, Orders } from './orders.ts'
import { Relay } from './relay.ts'
import { RoundTripProbe } from './round-trip-probe.ts'

if (parentPort === null) throw new Error('this file is the start of a thread')
const port = parentPort
const line = new DelayLine()
const relays = new Map<number, Relay>()
let conditions: Conditions = workerData as Conditions
const probe = RoundTripProbe.open(conditions, line)
// Reported by the first order that needs it.
probe.catch(() => undefined)

port.on('message', (message: OrderMessage) => {
  const { number } = message
  carryOut(message).then(
    (answer) => {
      tell({ number, answer })
      if (message.kind === 'close') port.close()
    },
    (error: unknown) => tell({ number, failed: reasonOf(error) }),
  )
})

async function carryOut(message: OrderMessage): Promise<Orders[keyof Orders]['answer']> {
  switch (message.kind) {
    case 'open': {
      const relay = await Relay.open(message.order.to, conditions, line)
      relays.set(message.order.proxy, relay)
      return relay.address()
    }
    case 'conditions':
      await change(message.order)
      return null
    case 'retarget':
      relayOf(message.order).retarget(message.order.to)
      return null
    case 'inflict':
      relayOf(message.order).inflict(message.order.id, message.order.fault)
      return null
    case 'struck':
      return relayOf(message.order).struck(message.order.id)
    case 'heal':
      return relayOf(message.order).heal(message.order.id)
    case 'passed':
      return relayOf(message.order).passed()
    case 'trips':
      return (await probe).read()
    case 'cpu':
      return cpuMs()
    case 'close':
      await Promise.all([...[...relays.values()].map((each) => each.close()), (await probe).close()])
      return null
  }
}

async function change(order: Orders['conditions']['order']): Promise<void> {
  if (order.proxy !== undefined) {
    relayOf({ proxy: order.proxy }).set(order.conditions)
    return
  }
  conditions = order.conditions
  for (const relay of relays.values()) relay.set(conditions)
  ;(await probe).set(conditions)
}

function relayOf({ proxy }: { readonly proxy: number }): Relay {
  const relay = relays.get(proxy)
  if (relay === undefined) throw new Error('there is no such proxy')
  return relay
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

function tell(message: AnswerMessage): void {
  port.postMessage(message)
}
