/** The error for an address on which the service cannot listen. */
import { codeOf } from '../engines/engine-error.ts'

/** The service cannot listen on the address. The message is one sentence. */
export class AddressError extends Error {
  override readonly name = 'AddressError'
  readonly code = 'address'
}

/** Undefined if the address is not the cause. */
export function addressError(error: unknown, host: string, port: number): AddressError | undefined {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new AddressError(`port ${port} of ${host} is in use`)
    case 'EACCES':
      return new AddressError(`port ${port} of ${host} cannot be listened on without more rights`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new AddressError(`${host} is not an address of this machine`)
    default:
      return undefined
  }
}
