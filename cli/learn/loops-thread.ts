/** The thread that watches for loops: it says where the main thread is, and ends the process. */
import { writeSync } from 'node:fs'
import { type Debugger, Session } from 'node:inspector'
import { pathToFileURL } from 'node:url'
import { workerData } from 'node:worker_threads'

export interface LoopWatch {
  /** The first of them counts as long as the main thread gets its turns. */
  readonly beats: Int32Array
  readonly file: string
  readonly exitCode: number
  readonly silentMs: number
}

const LOOK_MS = 500
/** What cannot be ended in order within this time is killed. */
const KILL_MS = 5_000
const STDERR = 2

// As cli/learn/loops.ts passes it.
const { beats, file, exitCode, silentMs } = workerData as LoopWatch
let last = -1
/** Looks, and not milliseconds: a process that was stopped and continued has not been in a loop. */
let silent = 0
const looking = setInterval(() => {
  const now = Atomics.load(beats, 0)
  silent = now === last ? silent + 1 : 0
  last = now
  if (silent * LOOK_MS < silentMs) return
  clearInterval(looking)
  end()
}, LOOK_MS)

/**
 * The main thread is stopped where it is, and exits from there in order: its servers are stopped. Node
 * may add that it waits for a debugger: that is this thread, which ends with it.
 */
function end(): void {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), KILL_MS)
  const session = new Session()
  session.connectToMainThread()
  const urls = new Map<string, string>()
  session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url))
  session.on('Debugger.paused', ({ params: { callFrames } }) => {
    tell(callFrames, urls)
    const callFrameId = callFrames[0]?.callFrameId ?? ''
    const expression = `process.exit(${exitCode})`
    session.post('Debugger.evaluateOnCallFrame', { callFrameId, expression })
  })
  session.post('Debugger.enable', () => session.post('Debugger.pause'))
}

function tell(frames: readonly Debugger.CallFrame[], urls: ReadonlyMap<string, string>): void {
  const url = pathToFileURL(file).href
  const own = frames.find(({ location: { scriptId } }) => urls.get(scriptId)?.split('?')[0] === url)
  const where = own === undefined ? file : `${file}:${own.location.lineNumber + 1}`
  const sentence = `${where} has run for ${silentMs / 1_000} s without giving control back: a loop that does not end, or never awaits`
  writeSync(STDERR, `NOT YET: ${sentence}\n`)
}
