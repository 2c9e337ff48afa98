/** What the light load generator is told, and what it tells. */

export interface LoadJob {
  /** Of the shop, on this machine. */
  readonly address: string
  /** Connections, each with one request at a time. */
  readonly buyers: number
  readonly seconds: number
  /** A GA tier. */
  readonly tier: string
  /** Whether a buyer also pays, through the shop's route to MockPay. */
  readonly pays: boolean
}

export interface LoadTold {
  readonly answers: number
  /** Answers that are neither 200 nor 303, and requests without an answer. */
  readonly failures: number
  /** Of a whole request. */
  readonly p50Ms: number
  readonly p99Ms: number
  /** Processor time of the generator. */
  readonly cpuMs: number
}
