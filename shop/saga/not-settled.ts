/** Why a report was not settled. Nothing was recorded, and it is not acknowledged. */

/** The report is about an order that this shop never made. */
export class ForeignReportError extends Error {
  override readonly name = 'ForeignReportError'
}

/** The outcome is open for the moment: the provider must send the report again. */
export class NotYetError extends Error {
  override readonly name = 'NotYetError'
}
