/** What the main thread and the thread of the proxies say to each other. */
import type {
  Address,
  Conditions,
  NetworkFault,
  Passed,
  ProxyAddress,
  RoundTrips,
  Struck,
} from './conditions.ts'

/** What can be ordered, with the answer to each. `proxy` and `id` are numbers that the main thread gives. */
export interface Orders {
  open: { readonly order: { readonly proxy: number; readonly to: Address }; readonly answer: ProxyAddress }
  conditions: {
    /** Of all proxies where absent, those opened later included. */
    readonly order: { readonly proxy?: number; readonly conditions: Conditions }
    readonly answer: null
  }
  retarget: { readonly order: { readonly proxy: number; readonly to: Address }; readonly answer: null }
  inflict: {
    readonly order: { readonly proxy: number; readonly id: number; readonly fault: NetworkFault }
    readonly answer: null
  }
  struck: { readonly order: { readonly proxy: number; readonly id: number }; readonly answer: Struck }
  heal: { readonly order: { readonly proxy: number; readonly id: number }; readonly answer: Struck }
  passed: { readonly order: { readonly proxy: number }; readonly answer: Passed }
  trips: { readonly order: Record<never, never>; readonly answer: RoundTrips }
  /** Milliseconds of processor time that the thread has used. */
  cpu: { readonly order: Record<never, never>; readonly answer: number }
  close: { readonly order: Record<never, never>; readonly answer: null }
}

export type OrderKind = keyof Orders

/** `number` tells to which order an answer belongs. */
export type OrderMessage = {
  [Kind in OrderKind]: { readonly number: number; readonly kind: Kind; readonly order: Orders[Kind]['order'] }
}[OrderKind]

export type AnswerMessage =
  | { readonly number: number; readonly answer: Orders[OrderKind]['answer'] }
  | { readonly number: number; readonly failed: string }
