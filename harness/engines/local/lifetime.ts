/**
 * What must not outlive this process: servers that it started, and their folders.
 *
 * While anything is registered, this listens to `exit` and to the three signals that ask a program to end. If
 * the program also listens to a signal, the program decides: it will dispose, or exit, and `exit` then cleans
 * up. If there is no other listener, everything is stopped and the signal is raised again, so that the exit
 * status is the conventional one (130 for an interrupt).
 */
export interface Perishable {
  /**
   * Immediate and synchronous, also on a signal: if the event loop ran in between, the program would see its
   * connections break and would fail because of that instead.
   */
  stopNow(): void
  /** Cleanup that must wait: removing something from a server that keeps running. */
  takeBack?(): Promise<void>
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type EndingSignal = (typeof SIGNALS)[number]

/** Time limit for the whole cleanup, before the signal is raised again. */
const TAKE_BACK_DEADLINE_MS = 10_000

const perishables = new Set<Perishable>()
let endingBy: EndingSignal | undefined

/** Returns the function that removes it from the list. */
export function perishWithProcess(perishable: Perishable): () => void {
  if (perishables.size === 0) listen()
  perishables.add(perishable)
  return () => {
    if (perishables.delete(perishable) && perishables.size === 0 && endingBy === undefined) unlisten()
  }
}

/** For what is on a server that outlives this process: on a signal it is disposed of first. */
export function disposedOnSignal<T extends AsyncDisposable>(owned: T): T {
  const forget = perishWithProcess({
    stopNow: () => undefined,
    takeBack: async () => await owned[Symbol.asyncDispose](),
  })
  return {
    ...owned,
    async [Symbol.asyncDispose]() {
      await owned[Symbol.asyncDispose]()
      forget()
    },
  }
}

function listen(): void {
  process.on('exit', onExit)
  for (const signal of SIGNALS) process.on(signal, onSignal)
}

function unlisten(): void {
  process.off('exit', onExit)
  for (const signal of SIGNALS) process.off(signal, onSignal)
}

function onExit(): void {
  stopAllNow()
  // The program failed because a signal stopped its servers: the signal is the reason, and the exit status
  // shows it.
  if (endingBy) raiseAgain(endingBy)
}

function onSignal(signal: EndingSignal): void {
  if (process.listenerCount(signal) > 1) return
  const isSecond = endingBy !== undefined
  endingBy = signal
  stopAllNow()
  const left = [...perishables].flatMap(({ takeBack }) => (takeBack ? [takeBack] : []))
  if (isSecond || left.length === 0) {
    raiseAgain(signal)
    return
  }
  // The program may see its connections end and fail. It is about to end anyway, for another reason.
  process.on('uncaughtException', () => undefined)
  setTimeout(raiseAgain, TAKE_BACK_DEADLINE_MS, signal)
  void Promise.allSettled(left.map((takeBack) => takeBack())).then(() => {
    raiseAgain(signal)
  })
}

function stopAllNow(): void {
  for (const perishable of perishables) {
    try {
      perishable.stopNow()
    } catch {
      // The others must still be stopped; the next run finds what is left over here.
    }
  }
}

function raiseAgain(signal: EndingSignal): void {
  unlisten()
  process.kill(process.pid, signal)
}
