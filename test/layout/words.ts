/**
 * Words that are not used, and what is said instead: one plain word for one thing (docs/GLOSSARY.md). Names of data that results and
 * schedules already carry are no prose, and stay.
 */
export interface BannedWord {
  readonly pattern: RegExp
  readonly instead: string
}

const banned = (pattern: RegExp, instead: string): BannedWord => ({ pattern, instead })

export const bannedWords: readonly BannedWord[] = [
  banned(/\bparted by\b/i, 'separated by, split by'),
  banned(/\bwish(?:es|ed)?\b/i, 'request'),
  banned(/\bmend(?:s|ed|ing)?\b/i, 'fix'),
  banned(/\bhow manyeth\b/i, 'the index, the position'),
  banned(/\bhad twice\b/i, 'oversold'),
  banned(/\bnot tempted\b/i, 'its race did not come up'),
  banned(/\bplayed once\b/i, 'one repeat'),
  banned(/\bwork inside\b/i, 'critical section'),
  banned(/(?<!-)\bforgets\b/i, 'loses writes'),
  banned(/\blease ends\b/i, 'the lease expires'),
  banned(/\bg(?:ive|ives|iven|ave|iving) back\b/i, 'release'),
  banned(/\boverheld\b/i, 'over-reserved'),
  banned(/\bmakers['’]? release\b/i, 'official release'),
  banned(/\bclass(?:es)? of tickets\b|\bticket class(?:es)?\b/i, 'GA tier'),
  banned(/\bcomebacks?\b/i, 'when a seat is free again'),
  banned(/\bcompany\b/i, 'worker group'),
  banned(/\bthe house\b|\bhouse of seats\b/i, 'the venue'),
  banned(/(?<!')\bafresh\b|\banew\b/i, 'again'),
  banned(/\bwhoever\b/i, 'the caller, the client, a process that'),
  banned(/\bfor ever\b/i, 'permanently, without end'),
  banned(/\bto be had\b/i, 'available'),
  banned(/\bknock(?:s|ed|ing)?\b/i, 'connect, retry'),
  banned(/\blast gasps?\b/i, 'its last requests'),
  banned(/\bhair['’]?s breadth\b/i, 'rarely'),
  banned(/\bhitherto\b|\bthereof\b|\bherein\b|\bwhilst\b|\bhenceforth\b|\bnought\b/i, 'plain words'),
]

/** One sentence for each line of a text with a word that is not used. */
export function strayWords(path: string, text: string): readonly string[] {
  return text
    .split('\n')
    .flatMap((line, at) =>
      bannedWords.flatMap(({ pattern, instead }) =>
        pattern.test(line) ? [`${path}:${at + 1} says "${line.match(pattern)?.[0]}"; say: ${instead}`] : [],
      ),
    )
}
