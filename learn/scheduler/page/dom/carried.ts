/** The data that the page carries. */

import type { PackedTree } from '../../data/packed-tree.ts'
import type { CarriedTree, PageData } from '../../data/page-data.ts'
import { inflated } from '../inflate.ts'
import { type UnpackedTree, unpacked } from '../unpack.ts'
import { byId } from './elements.ts'

export function carriedData(): PageData {
  return JSON.parse(byId('data').textContent ?? '') as PageData
}

const unpackedTrees = new Map<CarriedTree, Promise<UnpackedTree>>()

/** Each is unpacked once. */
export function treeOf(carried: CarriedTree): Promise<UnpackedTree> {
  const known = unpackedTrees.get(carried)
  if (known !== undefined) return known
  const tree = inflate(carried.deflated).then((json) => unpacked(JSON.parse(json) as PackedTree))
  unpackedTrees.set(carried, tree)
  return tree
}

async function inflate(base64: string): Promise<string> {
  const deflated = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  const stream = inflation()
  if (stream === undefined) return new TextDecoder().decode(inflated(deflated))
  return await new Response(new Blob([deflated]).stream().pipeThrough(stream)).text()
}

/** Undefined in browsers that have none, or none for data without a header. */
function inflation(): DecompressionStream | undefined {
  try {
    return new DecompressionStream('deflate-raw')
  } catch {
    return undefined
  }
}
