// Asks this browser for a passkey, to make one or to sign in by one, and puts its answer into the
// form that is sent. Where the browser knows no passkeys the form stays hidden, and the page works
// by its password.

const DECLINED = 'No passkey was used. Try again, or use your password.'

function bytesOf (text) {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(plain, (one) => one.charCodeAt(0))
}

function textOf (buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer))
  return btoa(plain).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function asked (options) {
  const asked = { ...options, challenge: bytesOf(options.challenge) }
  if (options.user) asked.user = { ...options.user, id: bytesOf(options.user.id) }
  for (const name of ['excludeCredentials', 'allowCredentials']) {
    asked[name] = (options[name] ?? []).map((one) => ({ ...one, id: bytesOf(one.id) }))
  }
  return asked
}

function answerOf (credential) {
  const response = {}
  for (const name of ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature',
    'userHandle']) {
    if (credential.response[name]) response[name] = textOf(credential.response[name])
  }
  const rawId = textOf(credential.rawId)
  return JSON.stringify({ id: credential.id, rawId, type: credential.type, response })
}

async function prove (form) {
  const publicKey = asked(JSON.parse(form.dataset.options))
  const credential = form.dataset.passkey === 'create'
    ? await navigator.credentials.create({ publicKey })
    : await navigator.credentials.get({ publicKey })
  form.elements.namedItem('answer').value = answerOf(credential)
}

function offer (form) {
  const fault = form.querySelector('[data-passkey-fault]')
  form.hidden = false
  for (const one of document.querySelectorAll('[data-passkey-without]')) one.remove()
  form.addEventListener('submit', async (press) => {
    press.preventDefault()
    fault.textContent = ''
    try {
      await prove(form)
    } catch {
      fault.textContent = DECLINED
      return
    }
    // Sent by the script, it is not asked about again.
    form.submit()
  })
}

if (window.PublicKeyCredential && navigator.credentials) {
  for (const form of document.querySelectorAll('form[data-passkey]')) offer(form)
}
