/** Messages between the benchmark and its processes. */
import type { RoomJob } from '../open-room.ts'

export interface VisitorsOrder {
  /** Of the serving processes: the visitors go to them in turn. */
  readonly ports: readonly [number, ...number[]]
  /** The addresses of this machine from which they come. */
  readonly from: string
}

export interface JoinRate {
  readonly perSecond: number
  readonly seconds: number
}

export type ToBench =
  | { readonly kind: 'serve'; readonly job: RoomJob }
  /** After a full collection of garbage: code is slower for a while afterwards. */
  | { readonly kind: 'memory' }
  | { readonly kind: 'cpu' }
  /** Makes places in the store itself, then opens a stream for each. */
  | ({ readonly kind: 'streams'; readonly count: number; readonly job: RoomJob } & VisitorsOrder)
  /** Settles when every stream has had a line with this text. */
  | { readonly kind: 'told'; readonly text: string }
  /** Joins over HTTP at intended times. */
  | ({ readonly kind: 'joins' } & JoinRate & VisitorsOrder)
  | { readonly kind: 'close' }

/** Visitors who go in and buy. */
export interface InsideJob {
  readonly address: string
  readonly visitors: number
}

/** What they have seen since they were asked the last time. */
export interface InsideTold {
  readonly holds: number
  readonly p99Ms: number
  /** Requests without an answer. */
  readonly failed: number
}

export interface JoinFigures {
  readonly sent: number
  readonly joined: number
  /** Milliseconds from the intended time to the answer. */
  readonly p50: number
  readonly p99: number
  readonly max: number
}

export type FromBench =
  | { readonly kind: 'serve'; readonly port: number }
  | { readonly kind: 'memory'; readonly residentBytes: number }
  | { readonly kind: 'cpu'; readonly ms: number }
  | { readonly kind: 'streams'; readonly open: number; readonly failed: number }
  /** CLOCK_MONOTONIC of this host, in milliseconds, when the last one had it. */
  | { readonly kind: 'told'; readonly atMs: number; readonly missing: number }
  | { readonly kind: 'joins'; readonly figures: JoinFigures }
  | { readonly kind: 'failed'; readonly why: string }
