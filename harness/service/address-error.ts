/** Why an address cannot be listened on. */
import { codeOf } from '../engines/engine-error.ts'

/** The address is somebody else's, or nobody's. The message is one sentence. */
export class AddressError extends Error {
  override readonly name = 'AddressError'
  readonly code = 'address'
}

/** Undefined where it is not the address that is wrong. */
export function addressError(error: unknown, host: string, port: number): AddressError | undefined {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new AddressError(`port ${port} of ${host} is in use`)
    case 'EACCES':
      return new AddressError(`port ${port} of ${host} may not be listened on`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new AddressError(`${host} is no address of this machine`)
    default:
      return undefined
  }
}
