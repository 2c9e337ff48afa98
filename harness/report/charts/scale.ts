/** Axes that end on round values, and the position of a value on them. */
import { INK } from './theme.ts'

export interface Scale {
  readonly axis: object
  readonly min: number
  readonly max: number
  /** The ticks of a log scale, as exponents. */
  readonly ticks?: readonly number[]
  at(value: number): number
}

const TICKS_MAX = 6
/** From this ratio of maximum to minimum, a linear scale would make small values invisible. */
const LOG_RATIO_MIN = 25
/** Ticks within a decade; the first set that fits is used. */
const LOG_STEPS = [[1, 2, 5], [1, 3], [1]] as const
const LOG_TICKS_MAX = 8
/** Of tick labels. */
const FONT_SIZE = 12

/** From 0 in equal steps. */
export function linearScale(values: readonly number[], ticksMax = TICKS_MAX): Scale {
  const most = Math.max(...values, 0)
  const step = roundStep(most / ticksMax)
  const max = Math.max(1, Math.ceil(most / step - 1e-9)) * step
  return {
    axis: {
      type: 'value',
      min: 0,
      max,
      interval: step,
      axisLabel: { color: INK, fontSize: FONT_SIZE, formatter: tick },
    },
    min: 0,
    max,
    at: (value) => value,
  }
}

/** Rounds up to 1, 2 or 5 times a power of ten. */
function roundStep(least: number): number {
  if (!(least > 0)) return 1
  const decade = 10 ** Math.floor(Math.log10(least) + 1e-9)
  return decade * ([1, 2, 5, 10].find((factor) => factor * decade >= least * (1 - 1e-9)) ?? 10)
}

/** Begins and ends on a tick, which Echarts' own log axis does not. */
export function logScale(values: readonly number[], ticksMax = LOG_TICKS_MAX): Scale {
  const positive = values.filter((value) => value > 0)
  const least = positive.length === 0 ? 1 : Math.min(...positive)
  const most = Math.max(...positive, least)
  const first = Math.floor(Math.log10(least))
  const decades = Array.from(
    { length: Math.ceil(Math.log10(most)) - first + 2 },
    (_, at) => 10 ** (first + at),
  )
  const within = (ticks: readonly number[]): readonly number[] => {
    const from = ticks.findLast((each) => each <= least) ?? least
    const to = ticks.find((each) => each >= most && each > from) ?? most
    return ticks.filter((each) => each >= from && each <= to)
  }
  const choices = LOG_STEPS.map((steps) =>
    within(decades.flatMap((decade) => steps.map((step) => step * decade))),
  )
  const ticks = choices.find(({ length }) => length <= ticksMax) ?? within(decades)
  const customValues = ticks.map(Math.log10)
  const [min = 0] = customValues
  const max = customValues.at(-1) ?? 1
  return {
    axis: {
      type: 'value',
      min,
      max,
      axisLabel: {
        color: INK,
        fontSize: FONT_SIZE,
        customValues,
        formatter: (value: number) => tick(10 ** value),
      },
      axisTick: { show: false, customValues },
    },
    min,
    max,
    ticks: customValues,
    at: (value) => (value > 0 ? Math.max(min, Math.log10(value)) : min),
  }
}

/** A log scale shifted to begin at 0, where Echarts begins its bars. */
export function fromZero(scale: Scale): Scale {
  const { min, max } = scale
  const customValues = scale.ticks ?? []
  return {
    ...scale,
    axis: {
      type: 'value',
      min: 0,
      max: max - min,
      axisLabel: {
        color: INK,
        fontSize: FONT_SIZE,
        customValues: customValues.map((value) => value - min),
        formatter: (value: number) => tick(10 ** (value + min)),
      },
      axisTick: { show: false, customValues: customValues.map((value) => value - min) },
    },
    min: 0,
    max: max - min,
    at: (value) => scale.at(value) - min,
  }
}

/** Whether values are so far apart that a log scale is needed. */
export function isWide(values: readonly number[]): boolean {
  const positive = values.filter((value) => value > 0)
  return positive.length > 0 && Math.max(...positive) / Math.min(...positive) >= LOG_RATIO_MIN
}

/** `0`, `0.5`, `1,500`, `20k`. */
export function tick(value: number): string {
  if (value >= 10_000) return `${(value / 1000).toLocaleString('en-US', { maximumSignificantDigits: 3 })}k`
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 })
}
