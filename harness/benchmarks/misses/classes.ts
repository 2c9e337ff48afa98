/** The classes of defects whose miss rates are published, and how each is planted in a run. */
import type { BugName } from './bugs.ts'
import type { Edit } from './edits.ts'
import * as edits from './edits.ts'
import type { Bias, Mix } from './world.ts'

export interface DefectClass {
  readonly name: string
  /** One phrase for the table of classes. */
  readonly about: string
  readonly bias: Bias
  /** A bug of the engine, or an edit of the recorded run. */
  readonly bug?: BugName
  readonly edit?: Edit
}

const BUSY: Partial<Mix> = { hold: 70 }
const CONFIRMING: Partial<Mix> = { hold: 40, confirm: 35 }
const RELEASING: Partial<Mix> = { hold: 40, release: 35 }
const REPLAYING: Partial<Mix> = { hold: 35, replay: 40 }
const READING: Partial<Mix> = { read: 40 }
const SELLING: Bias = { mix: CONFIRMING, ttl: 'long', drain: true }

const BUGS: readonly (readonly [name: string, bug: BugName, bias: Bias, about: string])[] = [
  [
    'oversold (sold)',
    'sold-too-many',
    { ...SELLING, mix: BUSY },
    'a hold is granted without room, and everything is confirmed',
  ],
  [
    'oversold (held)',
    'sold-too-many',
    { mix: { ...BUSY, confirm: 5 }, drain: false },
    'a hold is granted without room',
  ],
  ['capacity ignored', 'capacity-ignored', { mix: BUSY }, 'one resource never refuses'],
  ['units freed early', 'units-freed-early', { mix: BUSY }, 'the units of a live hold go to another caller'],
  [
    'sale sold again',
    'sale-sold-again',
    { mix: { ...CONFIRMING, hold: 60 }, ttl: 'short' },
    'a sale frees its units at its old deadline',
  ],
  ['freed twice', 'freed-twice', { mix: { ...RELEASING, hold: 60 } }, 'a release frees twice its units'],
  ['false sold-out', 'false-sold-out', { exact: true }, 'sold out is answered although units are free'],
  [
    'released units lost',
    'released-units-lost',
    { mix: { ...RELEASING, hold: 60 }, exact: true },
    'released units are never freed',
  ],
  [
    'expired units lost',
    'expired-units-lost',
    { mix: BUSY, ttl: 'short', exact: true },
    'the units of an expired hold are never freed',
  ],
  [
    'confirmed after expiry',
    'confirmed-after-expiry',
    { mix: CONFIRMING, ttl: 'short' },
    'a hold past its deadline is confirmed',
  ],
  [
    'confirmed after release',
    'confirmed-after-release',
    { mix: { ...RELEASING, confirm: 35 } },
    'a released hold is confirmed',
  ],
  ['expired early', 'expired-early', { mix: CONFIRMING }, 'a live hold ends before its deadline'],
  [
    'release undone',
    'release-undone',
    { mix: { ...RELEASING, confirm: 25 } },
    'released is answered, and nothing is released',
  ],
  ['confirm lost', 'confirm-lost', { mix: CONFIRMING }, 'confirmed is answered, and nothing is confirmed'],
  ['sale released', 'sale-released', { mix: { ...RELEASING, confirm: 35 } }, 'a sale is undone by a release'],
  ['live hold called gone', 'live-called-gone', { mix: CONFIRMING }, 'gone is answered for a live hold'],
  [
    'answer changed',
    'answer-changed',
    { mix: { ...CONFIRMING, release: 25 } },
    'the same confirm or release, repeated, gets another answer',
  ],
  [
    'sale claimed',
    'sale-claimed',
    { mix: RELEASING },
    'already confirmed is answered for a hold that was not confirmed',
  ],
  [
    'replay with another deadline',
    'replay-other-deadline',
    { mix: REPLAYING },
    'a hold sent again is answered with another deadline',
  ],
  [
    'replay refused',
    'replay-refused',
    { mix: REPLAYING },
    'a granted hold sent again is refused as sold out',
  ],
  [
    'replay takes again',
    'replay-takes-again',
    { mix: REPLAYING },
    'a hold sent again takes its units a second time',
  ],
  [
    'replay called reused',
    'replay-called-reused',
    { mix: REPLAYING },
    'a hold sent again is answered with id-reused',
  ],
  ['new id called reused', 'id-called-reused', {}, 'a new hold is answered with id-reused'],
  [
    'other lines accepted',
    'other-lines-accepted',
    { mix: { otherLines: 35 } },
    'one id is granted for two requests',
  ],
  ['deadline wrong', 'deadline-wrong', {}, 'the deadline is not the time of the grant plus the TTL'],
  [
    'deadline not kept',
    'deadline-not-kept',
    { mix: CONFIRMING, ttl: 'short' },
    'another deadline is kept than was reported',
  ],
  [
    'grant torn',
    'torn-grant',
    { mix: BUSY, resources: 2 },
    'a hold of several lines takes only some of them',
  ],
  [
    'refusal torn',
    'torn-refusal',
    { mix: BUSY, resources: 2, exact: true },
    'a refused hold of several lines keeps one of them',
  ],
  [
    'line taken late',
    'line-taken-late',
    { mix: BUSY, resources: 2 },
    'a hold takes its second line after another caller was served',
  ],
  ['read too many', 'read-too-many', { mix: READING }, 'availability reports a unit more than there is'],
  ['read too few', 'read-too-few', { mix: READING }, 'availability reports a unit less than there is'],
  ['read stale', 'read-stale', { mix: READING }, 'availability reports the state before the last change'],
]

const EDITS: readonly (readonly [name: string, edit: Edit, bias: Bias, about: string])[] = [
  ['counter off', edits.counterOff, {}, 'the store counts a unit more or less than its rows have'],
  ['sale missing', edits.saleMissing, SELLING, 'the store has no row for a confirmed hold'],
  ['sale forgotten', edits.saleForgotten, SELLING, 'the store has a confirmed hold as expired'],
  [
    'sale invented',
    edits.saleInvented,
    { mix: { confirm: 5 } },
    'the store has an ended or live hold as confirmed',
  ],
  [
    'release forgotten',
    edits.releaseForgotten,
    { mix: RELEASING },
    'the store has a released hold as expired',
  ],
  ['hold stored twice', edits.storedTwice, SELLING, 'the store has two rows for one hold'],
  ['hold stored torn', edits.storedTorn, { resources: 2 }, 'the store has only some lines of a hold'],
  ['stored deadline', edits.storedDeadline, {}, 'the store has another deadline than was reported'],
  [
    'row invented',
    edits.rowInvented,
    { mix: BUSY },
    'the store has a hold that was refused or never requested',
  ],
  ['probe finds too little', edits.probeShort, {}, 'afterwards, free units cannot be held'],
  ['probe finds too much', edits.probeOver, {}, 'afterwards, more units than are free can be held'],
  ['version twice', edits.versionTwice, { mix: BUSY }, 'two changes of one resource have one version'],
  [
    'versions swapped',
    edits.versionsSwapped,
    { mix: BUSY },
    'two grants of one resource have each other’s versions',
  ],
  [
    'versions crossed',
    edits.versionsCrossed,
    { mix: BUSY, resources: 2 },
    'two holds of two resources are each before the other',
  ],
  [
    'replay with another version',
    edits.replayOtherVersion,
    { mix: REPLAYING },
    'a hold sent again is answered with another version',
  ],
]

export const DEFECT_CLASSES: readonly DefectClass[] = [
  ...BUGS.map(([name, bug, bias, about]) => ({ name, bug, bias, about })),
  ...EDITS.map(([name, edit, bias, about]) => ({ name, edit, bias, about })),
]
