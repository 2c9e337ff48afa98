/**
 * Output: results to stdout, everything else to stderr. If a reader closes the pipe early (`| head`), the
 * command continues without output.
 */
import { styleText } from 'node:util'
import { COLUMNS_MAX, type Paint, type Tone } from '../harness/report/tone.ts'

const STYLES = {
  good: 'green',
  bad: ['bold', 'red'],
  doubtful: 'yellow',
  quiet: 'dim',
  strong: 'bold',
} as const satisfies Record<Tone, Parameters<typeof styleText>[0]>

export interface Sink {
  write(text: string): void
  /** Respects NO_COLOR and FORCE_COLOR; no colours in pipes and files. */
  readonly paint: Paint
  readonly isTerminal: boolean
  readonly columns: number
}

export interface Output {
  readonly out: Sink
  readonly err: Sink
}

export function openOutput(): Output {
  return { out: sinkTo(process.stdout), err: sinkTo(process.stderr) }
}

function sinkTo(stream: NodeJS.WriteStream): Sink {
  let closed = false
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (closed) return
    closed = true
    if (error.code === 'EPIPE' || stream === process.stderr) return
    process.stderr.write(`holdfast: cannot write the output: ${error.message}\n`)
    process.exitCode = 1
  })
  return {
    write(text) {
      if (!closed) stream.write(text)
    },
    paint: (tone, text) => styleText(STYLES[tone], text, { stream }),
    isTerminal: stream.isTTY === true,
    columns: stream.columns ?? COLUMNS_MAX,
  }
}
