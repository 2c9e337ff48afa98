/** A real browser to look at a page with. */
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'

/** Quiet: no sandbox, which needs rights that a container has not, and nothing that would look for updates. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--no-first-run',
  '--disable-component-update',
  '--disable-sync',
]
/** Of every window. */
export const HEIGHT = 900
/** A busy machine is slow, not broken. */
const TIMEOUT_MS = 120_000

export function openBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ARGUMENTS, timeout: TIMEOUT_MS })
}

export interface View {
  readonly width: number
  readonly colorScheme: 'light' | 'dark'
  /** Of the admin, for pages behind it. */
  readonly password?: string
}

export interface Opened {
  readonly page: Page
  /** Whatever was written to the console as an error, or thrown. */
  readonly errors: readonly string[]
  /** Addresses asked for besides the page itself. */
  readonly requests: readonly string[]
}

export async function openPage(browser: Browser, address: string, view: View): Promise<Opened> {
  const { width, colorScheme, password } = view
  const page = await browser.newPage({
    viewport: { width, height: HEIGHT },
    colorScheme,
    ...(password !== undefined && { httpCredentials: { username: 'admin', password } }),
  })
  page.setDefaultTimeout(TIMEOUT_MS)
  const errors: string[] = []
  const requests: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  page.on('request', (request) => {
    const url = request.url()
    if (url !== address && !url.startsWith('data:')) requests.push(url)
  })
  await page.goto(address)
  return { page, errors, requests }
}

/** Serious and critical findings of axe, one line each. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source)
  const found: unknown = await page.evaluate(`axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' at ' + target + ': ' + failureSummary)))`)
  return Array.isArray(found) ? found.map(String) : ['axe gave no answer']
}

/**
 * Text that overlaps other text of the same drawing, or leaves it; and text of the page that is cut or leaves the window
 * outside of a box that scrolls.
 */
export async function textFaults(page: Page): Promise<readonly string[]> {
  const found: unknown = await page.evaluate(`(() => {
    const faults = []
    const SLACK = 1.5
    for (const svg of document.querySelectorAll('svg')) {
      const frame = svg.getBoundingClientRect()
      if (frame.width === 0) continue
      const boxes = [...svg.querySelectorAll('text')]
        .filter((text) => text.textContent.trim() !== '')
        .map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }))
      const name = svg.getAttribute('aria-label') ?? svg.querySelector('title')?.textContent
      for (const { text, box } of boxes) {
        const isOut = box.left < frame.left - SLACK || box.right > frame.right + SLACK || box.top < frame.top - SLACK || box.bottom > frame.bottom + SLACK
        if (isOut) faults.push('"' + text + '" leaves ' + name)
      }
      for (let one = 0; one < boxes.length; one++) {
        for (let other = one + 1; other < boxes.length; other++) {
          const [a, b] = [boxes[one].box, boxes[other].box]
          const across = Math.min(a.right, b.right) - Math.max(a.left, b.left)
          // A box is taller than its letters.
          const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
          if (across > SLACK && down > Math.min(a.height, b.height) * 0.35) {
            faults.push('"' + boxes[one].text + '" and "' + boxes[other].text + '" overlap in ' + name)
          }
        }
      }
    }
    const width = document.documentElement.clientWidth
    if (document.documentElement.scrollWidth > width) faults.push('the page is ' + document.documentElement.scrollWidth + ' wide, in a window of ' + width)
    for (const element of document.querySelectorAll('h1, h2, h3, p, li, dd, dt, summary, td, th, code, button, a')) {
      const box = element.getBoundingClientRect()
      if (box.width === 0 || box.height === 0) continue
      const isScrolling = element.closest('.scroll, .panels, nav ul') !== null
      if (!isScrolling && (box.left < -SLACK || box.right > width + SLACK)) faults.push('"' + element.textContent.slice(0, 60) + '" leaves the window')
      const style = getComputedStyle(element)
      const isCut = style.overflow === 'hidden' && (element.scrollWidth > element.clientWidth + SLACK || element.scrollHeight > element.clientHeight + SLACK)
      if (isCut) faults.push('"' + element.textContent.slice(0, 60) + '" is cut')
    }
    return faults
  })()`)
  return Array.isArray(found) ? found.map(String) : ['the page gave no answer']
}
