/**
 * The process that serves a shop. It may be killed at any moment: everything it must not forget is in the
 * engines and at the provider, and the next one takes up what was left.
 */
import { codeOf } from '../../harness/engines/engine-error.ts'
import { reasonOf } from '../../harness/errors.ts'
import { DistantOwner } from './distant-owner.ts'
import { keepShop } from './keep-shop.ts'
import type { FromShopkeeper, ToShopkeeper } from './messages.ts'

const undo = new AsyncDisposableStack()
const owner = new DistantOwner(tell)

// Without an owner, the process ends. The owner decides when to end: a signal to the whole group is for it.
process.on('disconnect', () => process.exit(1))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined)
process.on('message', (message: ToShopkeeper) => {
  carryOut(message).catch((error: unknown) => {
    const code = codeOf(error)
    tell({ kind: 'failed', why: reasonOf(error), ...(code !== undefined && { code }) })
  })
})

async function carryOut(message: ToShopkeeper): Promise<void> {
  switch (message.kind) {
    case 'open':
      tell({ kind: 'open', address: await keepShop(message.job, owner, { undo, tell }) })
      break
    case 'answers':
      owner.answered(message.answers)
      break
    case 'close':
      await undo.disposeAsync()
      process.exit(0)
  }
}

/** If the owner is gone, this process is about to end as well. */
function tell(message: FromShopkeeper): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
}
