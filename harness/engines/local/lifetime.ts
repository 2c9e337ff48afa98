/**
 * What must not outlive this process: servers it started and the folders they live in.
 *
 * While anything is registered, this listens to `exit` and to the three signals that end a program politely.
 * When the program listens to a signal too, the decision what to do is the program's: it will dispose, or
 * exit, and `exit` then cleans up. When nobody else listens, everything is stopped and the signal is raised
 * again, so that the exit status is the conventional one (130 for an interrupt).
 */
export interface Perishable {
  /**
   * At once and synchronously. Also on a signal: were the event loop to turn meanwhile, the program would see
   * its connections break and would die of that instead.
   */
  stopNow(): void
  /** What cannot be done without waiting: taking something back from a server that stays. */
  takeBack?(): Promise<void>
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
type EndingSignal = (typeof SIGNALS)[number]

/** For everything that is taken back together, before the signal is raised again. */
const TAKE_BACK_DEADLINE_MS = 10_000

const perishables = new Set<Perishable>()
let endingBy: EndingSignal | undefined

/** Returns the function that takes it off the list again. */
export function perishWithProcess(perishable: Perishable): () => void {
  if (perishables.size === 0) listen()
  perishables.add(perishable)
  return () => {
    if (perishables.delete(perishable) && perishables.size === 0 && endingBy === undefined) unlisten()
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
  // The program died of what a signal took away from it: the signal is the reason, and the status says so.
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
  // The program sees its connections end, and fails because of it. It is about to die
  // anyway, and of something else.
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
      // The others must still be stopped; what is left over here is found by the next run.
    }
  }
}

function raiseAgain(signal: EndingSignal): void {
  unlisten()
  process.kill(process.pid, signal)
}
