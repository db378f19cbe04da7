// An OpenID provider of the test's own on loopback. Whoever the cookie "as" names is signed in: a
// test signs in as a person would, without typing. It prints one line when it listens.

import Provider from 'oidc-provider'

const { port, returns, secret } = JSON.parse(process.argv[2])
const issuer = `http://127.0.0.1:${port}`

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'leeds',
    token_endpoint_auth_method: 'none',
    redirect_uris: returns,
    response_types: ['code'],
    grant_types: ['authorization_code']
  }, {
    client_id: 'leeds-with-a-secret',
    client_secret: secret,
    token_endpoint_auth_method: 'client_secret_basic',
    redirect_uris: returns,
    response_types: ['code'],
    grant_types: ['authorization_code']
  }],
  cookies: { keys: ['of the test alone'] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId
    })
    grant.addOIDCScope('openid')
    await grant.save()
    return grant
  }
})

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next()
  const as = ctx.cookies.get('as')
  const result = as
    ? { login: { accountId: as } }
    : { error: 'access_denied', error_description: 'nobody signed in' }
  return provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false })
})

provider.listen(port, '127.0.0.1', () => console.log('listening'))
