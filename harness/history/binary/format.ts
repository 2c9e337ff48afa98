/** The binary format of histories, which `docs/histories.md` describes. */
import type { ContendedReason } from '../../../strategies/strategy.ts'

/**
 * The first bytes of a file. The first is no character of UTF-8, the next two lines show whether a transfer
 * changed line breaks, and the last is the version of the format.
 */
export const MAGIC: readonly number[] = [0x89, 0x48, 0x46, 0x48, 0x0d, 0x0a, 0x1a, 0x01]

/** Before each block: the length of its payload, and its checksum; both of 4 bytes, little-endian. */
export const BLOCK_HEAD_BYTES = 8

/** A block is ended when it has at least so many bytes: small enough that a crash loses little. */
export const BLOCK_BYTES = 128 * 1024

/** The header names every resource, in one block; a longer block is a mistake. */
export const BLOCK_BYTES_MAX = 256 * 1024 * 1024

/** The first byte of a block's payload. */
export const BlockKind = {
  /** The header, as JSON. */
  header: 1,
  /** Operations and readings of the clock, in order. */
  rows: 2,
  /** Holds that the audit found in the store; the audit follows. */
  stored: 3,
  /** The audit without its holds, as JSON. */
  audit: 4,
  /** The number of records. */
  seal: 5,
} as const

/** The first byte of a row is an `AnswerCode`, with this bit if versions follow; or `CLOCK_ROW`. */
export const VERSIONED = 0x20
/** The first byte of a row that is a reading of the clock. */
export const CLOCK_ROW = 0x1f

/** By number. New ones are added at the end. */
export const REASONS: readonly ContendedReason[] = [
  'lock-not-available',
  'version-changed',
  'serialization-failure',
  'deadlock',
  'units-in-motion',
  'queue-full',
  'id-refused',
]

/** Whole numbers below this take one to eight bytes; others are written as doubles. */
export const SHORT_BELOW = 2 ** 51
