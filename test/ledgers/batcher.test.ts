/** Goal: batching changes who travels together and nothing else. Method: a sender that is held back, and every position refused. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Batcher } from '../../strategies/ledgers/writing/batcher.ts'

/** A sender whose batches are answered when the test says so. */
function held() {
  const batches: { readonly items: readonly string[]; answer(): void; fail(error: Error): void }[] = []
  const send = (items: readonly string[]) =>
    new Promise<readonly string[]>((resolve, reject) => {
      batches.push({ items, answer: () => resolve(items.map((item) => `${item}!`)), fail: reject })
    })
  return { batches, send }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('a batcher', () => {
  test('sends the first at once, and what comes meanwhile together', async () => {
    const { batches, send } = held()
    const sizes: number[] = []
    const batcher = new Batcher({ send, itemsMax: 10, waitingMax: 100, onBatch: (size) => sizes.push(size) })
    const first = batcher.submit(['a'])
    await turn()
    const others = [batcher.submit(['b', 'c']), batcher.submit(['d'])]
    await turn()
    expect(batches.map(({ items }) => items)).toEqual([['a']])
    batches[0]?.answer()
    await first
    await turn()
    expect(batches.map(({ items }) => items)).toEqual([['a'], ['b', 'c', 'd']])
    batches[1]?.answer()
    expect(await Promise.all([first, ...others])).toEqual([
      { kind: 'sent', results: ['a!'] },
      { kind: 'sent', results: ['b!', 'c!'] },
      { kind: 'sent', results: ['d!'] },
    ])
    expect(sizes).toEqual([1, 2])
  })

  test('sends a second batch before the first is answered where enough wait, and never a third', async () => {
    const { batches, send } = held()
    const batcher = new Batcher({ send, itemsMax: 4, waitingMax: 100, secondFrom: 3 })
    const all = [batcher.submit(['a'])]
    await turn()
    all.push(batcher.submit(['b']), batcher.submit(['c']))
    await turn()
    expect(batches.map(({ items }) => items)).toEqual([['a']])
    all.push(...['d', 'e', 'f', 'g', 'h'].map((item) => batcher.submit([item])))
    await turn()
    expect(batches.map(({ items }) => items)).toEqual([['a'], ['b', 'c', 'd', 'e']])
    // The second is answered first; what waits is enough for another one.
    batches[1]?.answer()
    await turn()
    expect(batches.map(({ items }) => items).slice(2)).toEqual([['f', 'g', 'h']])
    batches[0]?.fail(new Error('cut'))
    batches[2]?.answer()
    const answers = await Promise.allSettled(all)
    expect(answers.map(({ status }) => status)).toEqual(['rejected', ...Array(7).fill('fulfilled')])
    expect(answers[7]).toMatchObject({ value: { results: ['h!'] } })
  })

  test('gives every caller the results of its own items, whatever their sizes, and with refusals in every position', async () => {
    const groups = fc.array(fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 7 }), {
      minLength: 1,
      maxLength: 40,
    })
    await fc.assert(
      fc.asyncProperty(
        groups,
        fc.integer({ min: 7, max: 20 }),
        fc.func(fc.boolean()),
        async (all, itemsMax, isRefused) => {
          const sent: number[][] = []
          const batcher = new Batcher<number, string>({
            send: async (items) => {
              sent.push([...items])
              return items.map((item) => (isRefused(item) ? `${item} refused` : `${item} granted`))
            },
            itemsMax,
            waitingMax: 1_000,
          })
          const answers = await Promise.all(all.map((group) => batcher.submit(group)))
          expect(answers).toEqual(
            all.map((group) => ({
              kind: 'sent',
              results: group.map((item) => (isRefused(item) ? `${item} refused` : `${item} granted`)),
            })),
          )
          expect(sent.flat()).toEqual(all.flat())
          expect(sent.every((batch) => batch.length <= itemsMax)).toBe(true)
        },
      ),
    )
  })

  test('never splits a group', async () => {
    const sent: string[][] = []
    const batcher = new Batcher<string, string>({
      send: async (items) => {
        sent.push([...items])
        return items
      },
      itemsMax: 3,
      waitingMax: 100,
    })
    await Promise.all([batcher.submit(['a', 'a']), batcher.submit(['b', 'b']), batcher.submit(['c'])])
    expect(sent).toEqual([
      ['a', 'a'],
      ['b', 'b', 'c'],
    ])
  })

  test('fails those in a failing batch, and nobody else', async () => {
    const { batches, send } = held()
    const batcher = new Batcher({ send, itemsMax: 2, waitingMax: 100 })
    const answers = Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map((item) => batcher.submit([item])))
    await turn()
    batches[0]?.answer()
    await turn()
    batches[1]?.fail(new Error('cut'))
    await turn()
    batches[2]?.answer()
    expect((await answers).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ])
  })

  test('treats a wrong number of results as a failure of the batch', async () => {
    const batcher = new Batcher<string, string>({ send: async () => [], itemsMax: 5, waitingMax: 5 })
    await expect(batcher.submit(['a'])).rejects.toThrow('1 items were sent, but 0 results came back')
  })

  test('refuses at once what cannot fit and what would wait without end', async () => {
    const { batches, send } = held()
    const batcher = new Batcher({ send, itemsMax: 2, waitingMax: 3 })
    await expect(batcher.submit(['a', 'b', 'c'])).rejects.toThrow(RangeError)
    const first = batcher.submit(['a'])
    await turn()
    const waiting = [batcher.submit(['b', 'c']), batcher.submit(['d'])]
    await expect(batcher.submit(['e'])).resolves.toEqual({ kind: 'queue-full' })
    for (const _ of ['a', 'bc', 'd']) {
      await turn()
      batches.at(-1)?.answer()
    }
    const answers = await Promise.all([first, ...waiting])
    expect(answers).toMatchObject([{ results: ['a!'] }, { results: ['b!', 'c!'] }, { results: ['d!'] }])
    expect(batches.flatMap(({ items }) => items)).toEqual(['a', 'b', 'c', 'd'])
  })

  test('lets a caller who says so wait for a place, before later callers', async () => {
    const { batches, send } = held()
    const batcher = new Batcher({ send, itemsMax: 2, waitingMax: 2 })
    const first = batcher.submit(['a'])
    await turn()
    const second = batcher.submit(['b', 'c'])
    const patient = batcher.submit(['d', 'e'], 60_000)
    const later = batcher.submit(['f'])
    await expect(later).resolves.toEqual({ kind: 'queue-full' })
    for (const _ of ['a', 'bc', 'de']) {
      await turn()
      batches.at(-1)?.answer()
    }
    expect(await Promise.all([first, second, patient])).toMatchObject([
      { results: ['a!'] },
      { results: ['b!', 'c!'] },
      { results: ['d!', 'e!'] },
    ])
    expect(batches.map(({ items }) => items)).toEqual([['a'], ['b', 'c'], ['d', 'e']])
  })

  test('tells a caller whose patience ends that the queue is full, and sends nothing of it', async () => {
    const { batches, send } = held()
    const batcher = new Batcher({ send, itemsMax: 2, waitingMax: 2 })
    const first = batcher.submit(['a'])
    await turn()
    const second = batcher.submit(['b', 'c'])
    await expect(batcher.submit(['d'], 1)).resolves.toEqual({ kind: 'queue-full' })
    const third = batcher.submit(['e'], 60_000)
    for (const _ of ['a', 'bc', 'e']) {
      await turn()
      batches.at(-1)?.answer()
    }
    await Promise.all([first, second, third])
    expect(batches.flatMap(({ items }) => items)).toEqual(['a', 'b', 'c', 'e'])
  })

  test('lets no more wait for a place than may wait for a batch', async () => {
    const { batches, send } = held()
    const batcher = new Batcher({ send, itemsMax: 2, waitingMax: 2 })
    const all = [batcher.submit(['a'])]
    await turn()
    all.push(batcher.submit(['b', 'c']), batcher.submit(['d', 'e'], 60_000))
    await expect(batcher.submit(['f'], 60_000)).resolves.toEqual({ kind: 'queue-full' })
    for (const _ of ['a', 'bc', 'de']) {
      await turn()
      batches.at(-1)?.answer()
    }
    await Promise.all(all)
  })
})
