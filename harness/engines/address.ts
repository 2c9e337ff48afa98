/**
 * Addresses with passwords, as people type them. A `/`, `?`, `#` or `@` that stands in a password as it is
 * ends the account for whoever reads the URL by its rules: a piece of the password is then taken for a
 * host, a database or an option, and would be printed as such. So an address of that kind is refused before
 * it is read.
 */
import { reasonOf } from '../errors.ts'

/** What may hold an `@` behind the host: options that both libraries know by name. */
const OPTION = /^(user|password|host|options|application_name|ssl\w*|channel_binding|target_session_attrs)=/

/** Why the account of this URL cannot be told from the rest, in a clause; undefined where it can. */
export function misplacedSign(text: string): string | undefined {
  const rest = text.replace(/^[a-z]+:\/\//i, '')
  const why = 'a user or password in it has a sign (/ ? # @ %) that means something else in a URL'
  // Neither engine's addresses have a part that begins so.
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

/** What another program printed: an index, a proxy or a mirror may be named in it with a password. */
export function withoutAccounts(printed: string): string {
  // Up to the last @ of the word, for the same reason as above.
  return printed.replaceAll(/\/\/\S*@/g, '//')
}

/** The first line of whatever was thrown, without the password: as it is, and as a URL has it. */
export function reasonWithout(secret: string | undefined, thrown: unknown): string {
  if (!secret) return reasonOf(thrown)
  if (thrown instanceof AggregateError && thrown.message === '') {
    return thrown.errors.map((each) => reasonWithout(secret, each)).join('; ')
  }
  // Before it is cut to a sentence: the password may end in what is cut.
  const text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown)
  return reasonOf(text.replaceAll(secret, '***').replaceAll(encodeURIComponent(secret), '***'))
}
