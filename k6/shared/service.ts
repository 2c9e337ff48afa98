/** The service's address, and how requests are sent. */
export const BASE_URL = (__ENV.BASE_URL ?? 'http://127.0.0.1:8080').replace(/\/+$/, '')
export const JSON_BODY = { headers: { 'content-type': 'application/json' } }
/** Longer than the service's own deadline. */
export const TIMEOUT = '20s'
