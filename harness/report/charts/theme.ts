/** The colours of charts, each with its counterpart on a dark page, where colours are CSS variables. */

export const INK = '#1f2933'
export const QUIET = '#56626e'
export const FAINT = '#e3e8ec'
/** Lines shown only for context. */
export const CONTEXT = '#c9d0d6'
export const PAPER = '#ffffff'
/** A limit, or the moment of a violation. */
export const MARK = '#b42318'
/** Refusals; the colour of no strategy. */
export const REFUSED = '#9aa5b0'
/** Time on a connection. */
export const CONNECTION = '#2f7fc1'

export interface Colour {
  readonly light: string
  readonly dark: string
}

const BASE: readonly Colour[] = [
  { light: INK, dark: '#e4e8ec' },
  { light: QUIET, dark: '#9fabb6' },
  { light: FAINT, dark: '#2b333c' },
  { light: CONTEXT, dark: '#46515c' },
  { light: PAPER, dark: '#14191f' },
  { light: MARK, dark: '#ff8a7a' },
  { light: REFUSED, dark: '#6f7b86' },
  { light: CONNECTION, dark: '#5aa6e3' },
]

/** For a single family: Okabe and Ito's palette for colour-blind readers. */
const SINGLES: readonly Colour[] = [
  { light: '#0072b2', dark: '#4fb0ea' },
  { light: '#c04f00', dark: '#ff9152' },
  { light: '#00845f', dark: '#35c99b' },
  { light: '#a84f85', dark: '#e08dc0' },
  { light: '#8a6d00', dark: '#d8b52e' },
  { light: '#2a7fb8', dark: '#86c9f4' },
  { light: '#4b4b4b', dark: '#b9bfc5' },
  { light: '#7a3e9d', dark: '#bf8fe0' },
]

interface Ramp {
  readonly hue: readonly [number, number]
  readonly saturation: number
  /** From the first member to the last, on a light page and on a dark one. */
  readonly light: readonly [number, number]
  readonly dark: readonly [number, number]
}

/** One ramp per family, the largest family first. Symbols and hatchings distinguish its members. */
const RAMPS: readonly [Ramp, ...Ramp[]] = [
  { hue: [228, 204], saturation: 72, light: [26, 55], dark: [78, 58] },
  { hue: [6, 30], saturation: 78, light: [32, 50], dark: [76, 58] },
  { hue: [162, 146], saturation: 70, light: [20, 36], dark: [68, 50] },
  { hue: [285, 325], saturation: 45, light: [34, 55], dark: [78, 64] },
  { hue: [42, 48], saturation: 80, light: [26, 40], dark: [66, 52] },
]

export function singleColour(order: number): Colour {
  return SINGLES[order % SINGLES.length] ?? { light: INK, dark: '#e4e8ec' }
}

/** `share`: 0 for the first member, 1 for the last. */
export function familyColour(family: number, share: number): Colour {
  const { hue, saturation, light, dark } = RAMPS[family % RAMPS.length] ?? RAMPS[0]
  const between = ([from, to]: readonly [number, number]): number => from + share * (to - from)
  return {
    light: hex(between(hue), saturation, between(light)),
    dark: hex(between(hue), saturation, between(dark)),
  }
}

/** `#rrggbb`, which every SVG viewer supports. */
function hex(hue: number, saturation: number, lightness: number): string {
  const spread = (saturation / 100) * Math.min(lightness / 100, 1 - lightness / 100)
  const channel = (offset: number): string => {
    const turn = (offset + hue / 30) % 12
    const share = lightness / 100 - spread * Math.max(-1, Math.min(turn - 3, 9 - turn, 1))
    return Math.round(share * 255)
      .toString(16)
      .padStart(2, '0')
  }
  return `#${channel(0)}${channel(8)}${channel(4)}`
}

/** Replaces every colour by a CSS variable of the page. */
export function themed(svg: string): string {
  return svg.replaceAll(
    /((?:fill|stroke|stop-color)[=:]\s*"?)#([0-9a-f]{6})\b/g,
    (_whole, property: string, digits: string) => `${property}var(--c-${digits},#${digits})`,
  )
}

/** The declarations of these variables. */
export function variables(colours: readonly Colour[], theme: 'light' | 'dark'): string {
  const byName = new Map([...BASE, ...colours].map((colour) => [colour.light, colour]))
  return [...byName.values()].map((colour) => `--c-${colour.light.slice(1)}:${colour[theme]};`).join('')
}
