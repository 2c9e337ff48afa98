/** Axes that end on round figures, and where a figure stands on them. */
import { INK } from './theme.ts'

export interface Scale {
  readonly axis: object
  readonly min: number
  readonly max: number
  readonly isLog: boolean
  /** Where a scale of powers has its ticks, as exponents. */
  readonly ticks?: readonly number[]
  at(value: number): number
}

const TICKS_MAX = 6
/** Where the most is so many times the least, equal steps would press the small figures onto the axis. */
const LOG_RATIO_MIN = 25
/** Where a decade has its ticks: as many as there is room for. */
const LOG_STEPS = [[1, 2, 5], [1, 3], [1]] as const
const LOG_TICKS_MAX = 8
/** Of a tick, as drawn. */
const FONT_SIZE = 12

/** From 0 in equal steps, with room beyond the most. `room`: in parts of the most. */
export function linearScale(values: readonly number[], room = 0, ticksMax = TICKS_MAX): Scale {
  const most = Math.max(...values, 0) * (1 + room)
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
    isLog: false,
    at: (value) => value,
  }
}

/** 1, 2 or 5 and noughts: the least such that is no less. */
function roundStep(least: number): number {
  if (!(least > 0)) return 1
  const decade = 10 ** Math.floor(Math.log10(least) + 1e-9)
  return decade * ([1, 2, 5, 10].find((factor) => factor * decade >= least * (1 - 1e-9)) ?? 10)
}

/**
 * Ends on a tick at either side, where Echarts' own begins and ends just anywhere. `room`: beyond the
 * outermost ticks, in parts of the axis.
 */
export function logScale(values: readonly number[], room = 0, ticksMax = LOG_TICKS_MAX): Scale {
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
  const [lowest = 0] = customValues
  const highest = customValues.at(-1) ?? 1
  const min = lowest - room * (highest - lowest)
  const max = highest + room * (highest - lowest)
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
    isLog: true,
    ticks: customValues,
    at: (value) => (value > 0 ? Math.max(lowest, Math.log10(value)) : lowest),
  }
}

/** The same, counted from its own beginning: bars grow from 0, and there is none in powers. */
export function fromZero(scale: Scale, ticks: { readonly fontSize: number }): Scale {
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
        fontSize: ticks.fontSize,
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

/** A rate has a natural 0; where that would hide who is slow, it is drawn in powers. */
export function isWide(values: readonly number[]): boolean {
  const positive = values.filter((value) => value > 0)
  return positive.length > 0 && Math.max(...positive) / Math.min(...positive) >= LOG_RATIO_MIN
}

/** An axis has round figures: `0`, `0.5`, `1,500`, `20k`. */
export function tick(value: number): string {
  if (value >= 10_000) return `${(value / 1000).toLocaleString('en-US', { maximumSignificantDigits: 3 })}k`
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 })
}
