/**
 * Goal: a run can be watched from this machine and from nowhere else, costs no memory without end, and the page ends as the report.
 * Method: the server with events made by hand; requests as a browser would send them, and as it must not.
 */
import { request } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { type ComparisonPlan, lasting } from '../../harness/compare/plan.ts'
import { entryFor } from '../../harness/entries/entry.ts'
import { type Live, LiveError, openLive } from '../../harness/live/server.ts'
import { LiveRun } from '../../harness/live/state.ts'
import type { Sample } from '../../harness/performance/sampler.ts'
import { trialOf } from '../report/fixture.ts'

const PLAN: ComparisonPlan = {
  strategies: ['a', '<b>'].map((name) =>
    entryFor({
      name,
      create() {
        throw new Error('nothing is run here')
      },
    }),
  ),
  sections: [{ workloads: [lasting('drain', 100)], concurrency: [1, 8], repeats: 1 }],
  seed: 1,
  warmupMs: 0,
  poolSize: 4,
  criticalSectionMs: 0,
}
const SAMPLE: Sample = {
  atMs: 250,
  spanMs: 250,
  held: 5,
  soldOut: 2,
  contended: 0,
  unknown: 0,
  holdMs: { p50: 1, p95: 2 },
}

const opened: Live[] = []
afterEach(async () => {
  for (const live of opened.splice(0)) await live[Symbol.asyncDispose]()
})
async function open(port = 0): Promise<Live> {
  const live = await openLive(PLAN, { port })
  opened.push(live)
  return live
}

/** Reads one stream of events until it has seen so many. */
async function events(
  url: string,
  count: number,
  after?: () => void,
): Promise<readonly { event: string; data: unknown }[]> {
  const response = await fetch(new URL('events', url))
  const seen: { event: string; data: unknown }[] = []
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (reader !== undefined && seen.length < count) {
    const { value, done } = await reader.read()
    if (done) break
    text += value
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end === -1) break
      const [, event = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(text.slice(0, end)) ?? []
      text = text.slice(end + 2)
      seen.push({ event, data: JSON.parse(data) })
      if (seen.length === 1) after?.()
    }
  }
  await reader?.cancel()
  return seen
}

function trial(strategy: string, verdict: 'valid' | 'invalid'): ReturnType<typeof trialOf> {
  return trialOf({ strategy, workload: 'drain', concurrency: 8, repeat: 1, goodputPerSecond: 40, verdict })
}

describe('a run so far', () => {
  it('keeps the worst verdict of a strategy on a workload', () => {
    const run = new LiveRun(PLAN)
    run.onEvent({ kind: 'trial-ended', trial: trial('a', 'invalid'), done: 1, total: 4 })
    run.onEvent({ kind: 'trial-ended', trial: trial('a', 'valid'), done: 2, total: 4 })
    const cell = run.state().cells.find(({ strategy }) => strategy === 'a')
    expect(cell).toMatchObject({ verdict: 'invalid', played: 2, planned: 2 })
    expect(run.state()).toMatchObject({ done: 2, total: 4 })
  })

  it('is as large after a thousand samples and failures as after a few', () => {
    const run = new LiveRun(PLAN)
    for (let index = 0; index < 1000; index++) {
      run.sample(SAMPLE)
      run.onEvent({ kind: 'strategy-failed', strategy: 'a', error: new Error('again') })
    }
    const { samples, notes } = run.state()
    expect(samples.length).toBeLessThanOrEqual(120)
    expect(notes.length).toBeLessThanOrEqual(20)
    expect(samples[0]).toMatchObject({ heldPerSecond: 20, refusedPerSecond: 8 })
  })
})

describe('the live page', () => {
  it('sends a new page the whole state, and then every change', async () => {
    const live = await open()
    live.sample(SAMPLE)
    const [first, second, third] = await events(live.url, 3, () => {
      live.sample(SAMPLE)
      live.onEvent({ kind: 'trial-ended', trial: trial('a', 'valid'), done: 1, total: 4 })
    })
    expect(first).toMatchObject({
      event: 'state',
      data: { strategies: ['<b>', 'a'], samples: [{ p95Ms: 2 }] },
    })
    expect(second).toMatchObject({ event: 'sample', data: { heldPerSecond: 20 } })
    expect(third).toMatchObject({ event: 'state', data: { done: 1 } })
  })

  it('hands the report to every open page, and is done when they have it', async () => {
    const live = await open()
    let finished: Promise<void> | undefined
    const seen = await events(live.url, 2, () => {
      finished = live.finish({ report: '<h1>The report</h1>' })
    })
    expect(seen.at(-1)?.event).toBe('report')
    const page = await fetch(new URL('report', live.url))
    expect(await page.text()).toContain('The report')
    await finished
    expect((await fetch(live.url, { redirect: 'manual' })).status).toBe(302)
  })

  it('does not wait for anybody where no page is open', async () => {
    const live = await open()
    await live.finish({ report: 'nobody reads it' })
    await live.finish({ over: 'Nothing was measured.' })
    expect((await fetch(new URL('report', live.url))).status).toBe(200)
  })

  it('serves nothing else, changes nothing, and does not answer under another name', async () => {
    const live = await open()
    const status = (path: string, options: { method?: string; host?: string } = {}): Promise<number> =>
      new Promise((resolve, reject) => {
        const { port } = new URL(live.url)
        const headers = { host: options.host ?? `127.0.0.1:${port}` }
        request({ host: '127.0.0.1', port, path, method: options.method ?? 'GET', headers }, (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
        })
          .on('error', reject)
          .end()
      })
    expect(await status('/')).toBe(200)
    expect(await status('/', { host: 'evil.example' })).toBe(403)
    expect(await status('/', { method: 'POST' })).toBe(405)
    expect(await status('/report')).toBe(404)
    expect(await status('/../../etc/passwd')).toBe(404)
    expect(live.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/)
  })

  it('says in a sentence that its port is taken', async () => {
    const live = await open()
    const taken = openLive(PLAN, { port: Number(new URL(live.url).port) })
    await expect(taken).rejects.toThrow(LiveError)
    await expect(taken).rejects.toThrow(/^cannot serve on port \d+ of 127\.0\.0\.1: another program uses it$/)
  })

  it('lets go of its port and its windows at its end, though a window is open', async () => {
    const live = await openLive(PLAN, { port: 0 })
    const response = await fetch(new URL('events', live.url))
    await live[Symbol.asyncDispose]()
    await expect(response.text()).rejects.toThrow()
    const again = await open(Number(new URL(live.url).port))
    expect(again.url).toBe(live.url)
  })
})
