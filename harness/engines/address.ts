/**
 * Addresses with passwords, as people type them. An unescaped `/`, `?`, `#` or `@` in a password ends the
 * account part for a standard URL parser: a piece of the password is then taken for a host, a database or an
 * option, and would be printed as such. So such an address is refused before it is parsed.
 */
import { reasonOf } from '../errors.ts'

/** What may contain an `@` after the host: options that both libraries know by name. */
const OPTION = /^(user|password|host|options|application_name|ssl\w*|channel_binding|target_session_attrs)=/

/** Why the account of this URL cannot be separated from the rest, as a clause; undefined if it can. */
export function misplacedSign(text: string): string | undefined {
  const rest = text.replace(/^[a-z]+:\/\//i, '')
  const why = 'a user or password in it has a sign (/ ? # @ %) that means something else in a URL'
  // Neither engine's addresses have a part that begins like this.
  if (rest.includes('#')) return why
  const end = rest.search(/[/?]/)
  const [path = '', ...query] = (end < 0 ? '' : rest.slice(end)).split('?')
  if (path.includes('@')) return why
  const options = query.join('?').split('&')
  return options.some((option) => option.includes('@') && !OPTION.test(option)) ? why : undefined
}

export function remedyForSigns(variable: string): string {
  return `in the password of ${variable} write / as %2F, ? as %3F, # as %23, @ as %40, a comma as %2C and % as %25`
}

/** Output of another program: it may name an index, a proxy or a mirror with a password. */
export function withoutAccounts(printed: string): string {
  // Up to the last @ of the word, for the reason above.
  return printed.replaceAll(/\/\/\S*@/g, '//')
}

/** The first line of a thrown value, without the password, either plain or URL-encoded. */
export function reasonWithout(secret: string | undefined, thrown: unknown): string {
  if (!secret) return reasonOf(thrown)
  if (thrown instanceof AggregateError && thrown.message === '') {
    return thrown.errors.map((each) => reasonWithout(secret, each)).join('; ')
  }
  // Removed before the text is shortened: the cut may fall inside the password.
  const text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown)
  return reasonOf(text.replaceAll(secret, '***').replaceAll(encodeURIComponent(secret), '***'))
}
