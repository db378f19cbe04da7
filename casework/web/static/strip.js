// The one script of the terminal's pages. It keeps the status strip true while a page is open,
// warns before unsaved work is left, and puts the keyboard on what is wrong. Every page works
// without it.

const ASK_EVERY_MS = 10_000
const IDLE_MS = 15 * 60_000
const AWAKE_EVERY_MS = 5_000
const ANSWER_WITHIN_MS = 8_000
const UNREACHABLE = {
  state: 'lost',
  lead: 'This terminal cannot reach this office\'s computer.',
  rest: 'Nothing can be saved until it can. Leave this page open: what you typed stays on it.'
}

const strip = document.querySelector('[data-strip]')
const lead = strip?.querySelector('[data-strip-lead]')
const rest = strip?.querySelector('[data-strip-rest]')
const said = strip?.querySelector('[data-strip-said]')

let state = [...(strip?.classList ?? [])].find((name) => name.startsWith('tc-strip--'))

function show (now) {
  lead.textContent = now.lead
  rest.textContent = now.rest
  if (now.is_all_sent) {
    for (const mark of document.querySelectorAll('[data-unsent]')) mark.remove()
  }
  const next = `tc-strip--${now.state}`
  if (next === state) return
  strip.classList.replace(state, next)
  state = next
  // Only a change of state is read out; ages that grow by a minute are not.
  said.textContent = `${now.lead} ${now.rest}`
}

async function ask () {
  try {
    const answer = await fetch('/strip', {
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS)
    })
    show(answer.ok ? await answer.json() : UNREACHABLE)
  } catch {
    show(UNREACHABLE)
  }
}

if (strip) {
  setInterval(() => { if (!document.hidden) ask() }, ASK_EVERY_MS)
  document.addEventListener('visibilitychange', () => { if (!document.hidden) ask() })
  window.addEventListener('offline', ask)
  window.addEventListener('online', ask)
}

// A terminal that nobody touches shows no record: the session has ended by then. Unsaved work
// stays, since sending it asks for the password and keeps what was typed.
let touched = Date.now()
let unsaved = 0
// Not scrolling: the page scrolls by itself when the strip grows, and nobody need be there.
for (const kind of ['keydown', 'pointerdown', 'wheel', 'touchmove']) {
  document.addEventListener(kind, () => { touched = Date.now() }, { passive: true })
}
const isSignedIn = document.querySelector('form[action="/sign-out"]') !== null
if (isSignedIn) {
  setInterval(() => {
    if (unsaved || Date.now() - touched < IDLE_MS) return
    const next = encodeURIComponent(location.pathname + location.search)
    location.replace(`/sign-in?why=idle&next=${next}`)
  }, ASK_EVERY_MS)
}

// A page that the browser kept whole is asked for anew: whoever goes back may be somebody else.
window.addEventListener('pageshow', (event) => {
  if (!event.persisted || !isSignedIn) return
  document.body.hidden = true
  location.reload()
})

// At a kiosk the screen locks: what is being written is kept by this office's computer under its
// author's name, and the page is left, so that nothing of it stays on the screen.
const lockAfter = Number(document.body.dataset.lockAfter ?? 0)
const lock = document.querySelector('form[action="/lock"]')

async function keep () {
  for (const form of document.querySelectorAll('form[data-guard]')) {
    const typed = new URLSearchParams(new FormData(form))
    // Only what the computer keeps by a token of its own: never a password.
    if (!typed.get('form')) continue
    typed.set('step', 'keep')
    await fetch(form.action, { method: 'POST', body: typed, redirect: 'manual' })
    const place = new URL(form.action)
    place.searchParams.set('form', typed.get('form'))
    lock.elements.back.value = place.pathname + place.search
  }
}

async function lockScreen () {
  document.querySelector('main').hidden = true
  try { await keep() } catch { /* The screen locks all the same. */ }
  window.dispatchEvent(new Event('tc-leave'))
  lock.submit()
}

if (lock) {
  lock.addEventListener('submit', (event) => {
    event.preventDefault()
    lockScreen()
  })
}
if (lock && lockAfter) {
  let locking = false
  let told = Date.now()
  setInterval(() => {
    if (locking) return
    if (Date.now() - touched >= lockAfter) {
      locking = true
      lockScreen()
    } else if (touched > told) {
      told = Date.now()
      fetch('/awake').catch(() => {})
    }
  }, AWAKE_EVERY_MS)
}

for (const form of document.querySelectorAll('form[data-guard]')) {
  const warn = (event) => event.preventDefault()
  let isUnsaved = false
  const mark = (now) => { unsaved += now - isUnsaved; isUnsaved = now }
  const first = new FormData(form)
  form.addEventListener('input', () => {
    const isChanged = [...new FormData(form)].some(([name, value]) => first.get(name) !== value)
    mark(isChanged)
    if (isChanged) window.addEventListener('beforeunload', warn)
    else window.removeEventListener('beforeunload', warn)
  })
  const leave = () => window.removeEventListener('beforeunload', warn)
  form.addEventListener('submit', leave)
  window.addEventListener('tc-leave', leave)
}

// A second press while the first is on its way is dropped; the server would save it once anyway.
for (const form of document.querySelectorAll('form[method="post"]')) {
  let pressed = 0
  form.addEventListener('submit', (event) => {
    if (Date.now() - pressed < 1500) event.preventDefault()
    pressed = Date.now()
  })
}

document.querySelector('.govuk-error-summary')?.focus()
for (const link of document.querySelectorAll('.govuk-error-summary a[href^="#"]')) {
  link.addEventListener('click', () => document.querySelector(link.hash)?.focus())
}
