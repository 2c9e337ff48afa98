/**
 * Asked of an engine: answers on disk before they are given, or as fast as it can.
 * Results say what was found.
 */
export type Durability = 'durable' | 'relaxed'
