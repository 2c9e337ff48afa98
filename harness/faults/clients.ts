/** The processes of the application, where a fault needs some: opened before it, and closed after it. */
import type { Ground } from '../ground/ground.ts'
import { ClientProcess } from '../processes/client-process.ts'
import type { FaultKind, FaultSubject } from './fault.ts'
import { SALE_CALLERS } from './sale.ts'

/** Long enough for a process to be stopped within it. */
const CRITICAL_SECTION_MS = 40

export async function openClients({
  fault,
  subject,
  seed,
  ground,
}: {
  readonly fault: FaultKind
  readonly subject: FaultSubject
  readonly seed: number
  readonly ground: Ground
}): Promise<AsyncDisposable & { readonly all: readonly ClientProcess[] }> {
  const { clients: count = 0 } = fault.needs
  await using undo = new AsyncDisposableStack()
  const { name, file } = subject.entry
  const opened = await Promise.allSettled(
    Array.from({ length: count }, async (_, at) =>
      undo.use(
        await ClientProcess.open({
          strategy: file === undefined ? { name } : { file },
          attachment: ground.attachment(SALE_CALLERS),
          criticalSectionMs: CRITICAL_SECTION_MS,
          seed: seed + at,
        }),
      ),
    ),
  )
  for (const each of opened) if (each.status === 'rejected') throw each.reason
  const owned = undo.move()
  return {
    all: opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
