/**
 * Goal: a reader sees at each position what was recorded there, and can play with a keyboard alone, on a phone
 * and on a wide screen, in both themes, without a network. Method: the page as a file in a real browser, beside
 * the recordings; measured boxes of text; axe.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { challenges } from '../../../learn/scheduler/challenges.ts'
import type { RecordedNode, RecordedStep } from '../../../learn/scheduler/data/recording.ts'
import { addressOf } from '../../../learn/scheduler/page/address.ts'
import { Prospects, Routes } from '../../../learn/scheduler/page/game.ts'
import { type UnpackedTree, unpacked } from '../../../learn/scheduler/page/unpack.ts'
import { pageOf } from '../../../learn/scheduler/page.ts'
import { storedRecordings } from '../../../learn/scheduler/stored.ts'
import { accessibilityFaults, HEIGHT, openBrowser, openPage, textFaults } from '../../report/browser.ts'
import { chromiumProgram } from '../../report/chromium.ts'
import { FULL } from '../../size.ts'
import { pathsOf, type TreePath } from './paths.ts'

const program = chromiumProgram()
const recordings = await storedRecordings()
const trees = recordings.flatMap((recording) => recording.trees)
const PATIENCE_MS = 180_000
/** Positions of each tree that are looked at, spread over it. */
const LOOKED_AT_MAX = 40

const shown = [
  ['postgres-naive', 'hold'],
  ['postgres-select-for-update', 'hold'],
  ['postgres-locks-as-named', 'two-seats'],
  ['redis-setnx', 'pause'],
  ['redis-lua', 'forgetting'],
  ['postgres-conditional-update', 'expiry'],
  ['tigerbeetle-pending-transfer', 'confirm-release'],
] as const

function treeOf(strategy: string, scenario: string): UnpackedTree {
  const tree = trees.find((each) => each.strategy === strategy && each.scenario === scenario)
  if (tree === undefined) throw new Error(`${strategy} in ${scenario} was not recorded`)
  return unpacked(tree)
}

function textsOf({ events }: RecordedStep, { briefs }: UnpackedTree): readonly string[] {
  return events
    .filter(({ kind }) => kind !== 'begins')
    .map(({ kind, text }) => (kind === 'asks' || kind === 'answers' ? (briefs.get(text) ?? text) : text))
}

/** What a reader should find in the panel of the engine. */
function storedTexts({ state }: RecordedNode): readonly string[] {
  return state.tables.flatMap(({ name, rows }) => [
    // One node alone is not named.
    ...(name.startsWith('node ') ? [] : [name]),
    ...rows.flatMap(([cells, lockedBy]) => [
      ...cells.filter((cell) => cell !== ''),
      ...(lockedBy.length > 0 ? ['locked by'] : []),
    ]),
  ])
}

describe.skipIf(program === undefined)('in a browser', { ...FULL, timeout: PATIENCE_MS }, () => {
  let browser: Browser
  let folder: string
  let address: string

  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'holdfast-scheduler-'))
    const file = path.join(folder, 'scheduler.html')
    await writeFile(file, pageOf(recordings))
    address = pathToFileURL(file).href
    browser = await openBrowser(program ?? '')
  }, PATIENCE_MS)
  afterAll(async () => {
    await browser?.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function goTo(page: Page, hash: string): Promise<void> {
    await page.evaluate(`location.hash = ${JSON.stringify(hash)}`)
    await page.waitForURL((url) => url.hash === `#${hash}`)
  }

  /** By a locator: a script of Playwright that asks again and again is what the page's security policy forbids. */
  function isAt(page: Page, move: number): Promise<void> {
    return page.locator('#where', { hasText: new RegExp(`^Move ${move}$`) }).waitFor()
  }

  test.for(shown)('every answer of %s in %s is the recorded one', async ([strategy, scenario]) => {
    const tree = treeOf(strategy, scenario)
    const { page, errors, requests } = await openPage(browser, address, { width: 1200, colorScheme: 'light' })
    const all: readonly TreePath[] = [...pathsOf(tree.root)]
    const stride = Math.ceil(all.length / LOOKED_AT_MAX)
    for (const { moves, steps, node } of all.filter((_, at) => at % stride === 0)) {
      await goTo(page, addressOf({ strategy, scenario, clients: 2, moves }))
      await isAt(page, moves.length)
      expect(await page.locator('#story tr.step').count()).toBe(moves.length)
      for (const [at, step] of steps.entries()) {
        const row = (await page.locator('#story tr.step').nth(at).textContent()) ?? ''
        for (const text of textsOf(step, tree)) expect(row).toContain(text)
      }
      const stored = (await page.locator('#engine').textContent()) ?? ''
      for (const text of storedTexts(node)) expect(stored).toContain(text)
      const able = await page
        .locator('#moves button:not([aria-disabled])')
        .evaluateAll((buttons) =>
          buttons.map(
            (button) =>
              (button as unknown as { readonly dataset: { readonly token?: string } }).dataset.token,
          ),
        )
      expect(able.toSorted()).toEqual(node.choices.map(({ token }) => token).toSorted())
    }
    expect(errors).toEqual([])
    expect(requests).toEqual([])
    await page.close()
  })

  test('a seat is sold twice by keyboard alone, undone, and done again', async () => {
    const { page, errors } = await openPage(browser, address, { width: 390, colorScheme: 'dark' })
    await page.locator('#challenges button').first().focus()
    await page.keyboard.press('Enter')
    await page.waitForSelector('#challenge:not([hidden])')
    const [first] = challenges
    const { root } = treeOf('postgres-naive', 'hold')
    const shortest = new Routes(first?.goal ?? { kind: 'end' }, new Prospects()).whole(root)
    for (const { token } of shortest) await page.keyboard.press(token)
    expect(await page.textContent('#challenge')).toContain(`in ${shortest.length} moves`)
    expect(await page.textContent('#story')).toContain('Oversold')
    await page.keyboard.press('u')
    expect(await page.textContent('#where')).toBe(`Move ${shortest.length - 1} of ${shortest.length}`)
    expect(await page.textContent('#story')).not.toContain('Oversold')
    await page.keyboard.press('ArrowRight')
    expect(await page.textContent('#story')).toContain('Oversold')
    await page.locator('button.jump').nth(1).click()
    expect(await page.textContent('#where')).toBe(`Move 2 of ${shortest.length}`)
    const here = page.url()
    await page.reload()
    await isAt(page, 2)
    expect(page.url()).toBe(here)
    expect(await page.locator('#challenges button.met').count()).toBe(1)
    expect(errors).toEqual([])
    await page.close()
  })

  test('who waits cannot be chosen, and it is said why; the question has one right answer', async () => {
    const hash = 'v2/postgres-select-for-update/hold/2/1.2/row-lock'
    const { page } = await openPage(browser, `${address}#${hash}`, { width: 1200, colorScheme: 'light' })
    const bob = page.locator('#moves button').nth(1)
    await bob.waitFor()
    expect(await bob.getAttribute('aria-disabled')).toBe('true')
    expect(await bob.textContent()).toContain('waits')
    await bob.click({ force: true })
    expect(await page.textContent('#said')).toContain('Bob waits')
    expect(await page.textContent('#engine')).toContain('locked by Alice, Bob waits for it')
    const wrong = challenges
      .find(({ id }) => id === 'row-lock')
      ?.question?.answers.find(({ isRight }) => !isRight)
    const asked = page.getByRole('button', { name: wrong?.text ?? '' })
    await asked.focus()
    await page.keyboard.press('Enter')
    // A keyboard goes on to the next answer from there.
    expect(await page.textContent('#challenge button:focus')).toBe(wrong?.text)
    expect(await page.textContent('#challenge')).toContain(wrong?.reply)
    expect(await page.locator('.lesson').count()).toBe(0)
    const right = challenges
      .find(({ id }) => id === 'row-lock')
      ?.question?.answers.find(({ isRight }) => isRight)
    await page.getByRole('button', { name: right?.text ?? '' }).click()
    expect(await page.locator('.lesson').count()).toBe(1)
    await page.close()
  })

  test('a link to what is not there is said to be one, until something is chosen', async () => {
    for (const [hash, said] of [
      ['v2/nope/hold/2/1.2', 'no strategy called “nope”'],
      ['v2/postgres-naive/nope/2/', 'no recording of postgres-naive in “nope”'],
      ['%22nope', 'ends in “"nope”'],
    ] as const) {
      const { page, errors } = await openPage(browser, `${address}#${hash}`, {
        width: 390,
        colorScheme: 'dark',
      })
      const notice = page.locator('#not-shown')
      await notice.waitFor({ state: 'visible' })
      expect(await notice.textContent()).toContain(said)
      expect(await accessibilityFaults(page)).toEqual([])
      await page.locator('#moves button:not([aria-disabled])').first().click()
      await notice.waitFor({ state: 'hidden' })
      await page.evaluate(`location.hash = 'v2/redlock/nowhere/2/'`)
      await notice.waitFor({ state: 'visible' })
      await goTo(page, 'v2/postgres-naive/hold/2/1.2')
      await notice.waitFor({ state: 'hidden' })
      expect(errors).toEqual([])
      await page.close()
    }
  })

  test('it is read in a browser without DecompressionStream as well', async () => {
    const page = await browser.newPage()
    await page.addInitScript('delete globalThis.DecompressionStream')
    await page.goto(`${address}#v2/postgres-naive/hold/2/1.2`)
    await isAt(page, 2)
    expect(await page.locator('#story tr.step').count()).toBe(2)
    await page.close()
  })

  test.for(['light', 'dark'] as const)(
    'is open to those who do not see it, in the %s theme',
    async (colorScheme) => {
      const hash = 'v2/postgres-select-for-update/hold/2/1.2/row-lock'
      const { page } = await openPage(browser, `${address}#${hash}`, { width: 1200, colorScheme })
      await page.waitForSelector('#story tr.step')
      expect(await accessibilityFaults(page)).toEqual([])
      expect(await textFaults(page)).toEqual([])
      await page.setViewportSize({ width: 390, height: HEIGHT })
      expect(await accessibilityFaults(page)).toEqual([])
      expect(await textFaults(page)).toEqual([])
      await page.close()
    },
  )
})
