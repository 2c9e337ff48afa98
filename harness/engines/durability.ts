/**
 * The durability requested of an engine: data on disk before the answer, or as fast as possible. Results
 * report what was found.
 */
export type Durability = 'durable' | 'relaxed'
