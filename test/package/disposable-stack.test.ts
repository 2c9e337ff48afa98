/** Goal: what stands in for AsyncDisposableStack on Node 22 does what Node's own does. Method: the same calls on both. */
import { describe, expect, it } from 'vitest'
import { Polyfill, Stack } from '../../package/disposable-stack.ts'

const kinds = [
  ['Node’s own', AsyncDisposableStack],
  ['the one for Node 22', Polyfill as unknown as AsyncDisposableStackConstructor],
] as const

it('is used only where Node has none', () => {
  expect(Stack).toBe(AsyncDisposableStack)
})

describe.for(kinds)('%s', ([, Kind]) => {
  it('ends the last first, waits for each, and ends nothing twice', async () => {
    const ended: string[] = []
    const stack = new Kind()
    stack.use({
      async [Symbol.asyncDispose]() {
        await Promise.resolve()
        ended.push('first')
      },
    })
    stack.use({ [Symbol.dispose]: () => void ended.push('second') })
    expect(stack.adopt('third', (value) => void ended.push(value))).toBe('third')
    stack.defer(() => void ended.push('fourth'))
    expect(stack.use(undefined)).toBe(undefined)
    await stack[Symbol.asyncDispose]()
    await stack.disposeAsync()
    expect(ended).toEqual(['fourth', 'third', 'second', 'first'])
    expect(stack.disposed).toBe(true)
    expect(() => stack.defer(() => undefined)).toThrow(ReferenceError)
  })

  it('moves what it has to another, and ends it no more', async () => {
    const ended: string[] = []
    const stack = new Kind()
    stack.defer(() => void ended.push('moved'))
    const moved = stack.move()
    await stack.disposeAsync()
    expect(ended).toEqual([])
    await moved.disposeAsync()
    expect(ended).toEqual(['moved'])
    expect(() => stack.move()).toThrow(ReferenceError)
  })

  it('ends the others where one fails, and tells of every failure', async () => {
    const ended: string[] = []
    const stack = new Kind()
    const failing = (message: string) => async () => {
      throw new Error(message)
    }
    stack.defer(failing('the first'))
    stack.defer(() => void ended.push('between'))
    stack.defer(failing('the last'))
    const thrown: unknown = await stack.disposeAsync().catch((error: unknown) => error)
    expect(ended).toEqual(['between'])
    expect(thrown).toMatchObject({
      name: 'SuppressedError',
      error: { message: 'the first' },
      suppressed: { message: 'the last' },
    })
  })

  it('refuses what cannot be disposed of', () => {
    const nothing = {} as unknown as Disposable
    expect(() => new Kind().use(nothing)).toThrow(TypeError)
  })
})
