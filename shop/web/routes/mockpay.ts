/** The provider's pages, on the shop's own address as in TigerFans. */
import { Problem } from '../../../harness/service/problems.ts'
import { PAYMENT_OUTCOMES } from '../../orders/states.ts'
import { refuseOtherSites } from '../other-sites.ts'
import { mockpayPage } from '../pages/mockpay.ts'
import type { ShopApp, ShopWeb } from '../shop-web.ts'
import { formOf, HTML_TYPE } from './forms.ts'

interface ByPsid {
  readonly Params: { readonly psid: string }
}

export function mockpayRoutes(app: ShopApp, { parts: { provider } }: ShopWeb): void {
  app.get<ByPsid>('/mockpay/:psid', async ({ params: { psid } }, reply) => {
    const payment = await provider.find(psid)
    if (payment === undefined) throw new Problem('not-found', 'there is no such payment')
    reply.type(HTML_TYPE)
    return mockpayPage(payment)
  })

  app.post<ByPsid>('/mockpay/:psid/emit', async (request, reply) => {
    refuseOtherSites(request)
    const chosen = formOf(request.body).get('t')
    const outcome = PAYMENT_OUTCOMES.find((each) => each === chosen)
    if (outcome === undefined) throw new Problem('invalid-request', 't is succeeded, failed or canceled')
    const answer = await provider.emit(request.params.psid, outcome)
    if (answer.kind === 'no-such-payment') throw new Problem('not-found', 'there is no such payment')
    return reply.redirect(answer.returnPath, 303)
  })
}
