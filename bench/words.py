"""English text of realistic entropy for the case notes of a workload: no paragraph comes twice.

A canned paragraph would compress to nothing and flatter whoever compresses. Here every content
word is drawn by itself, so that gzip finds about as little to save as in notes that people wrote.
"""

import random
from typing import Final


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


NOUNS: Final = _listed("""
    appointment accommodation address advice agreement alcohol allocation anger anxiety appeal
    application apprenticeship argument arrangement arrears assessment association attendance
    attitude bail balance barrier bedding behaviour benefit bill birthday board booking boundary
    breakfast brother budget bus business call canteen case cell certificate challenge chapel
    charge chart child choice class clinic clothing college comment commitment complaint concern
    conduct confidence conflict consent contact contract conversation cost counselling course
    court cousin craving curfew custody daughter deadline debt decision delay dentist deposit
    depression detail diary diet difficulty disagreement discussion doctor document dose doubt
    draft drug duty education effort employer employment encouragement engagement enquiry escort
    estate evening evidence exercise expectation explanation family father feedback fee feeling
    fight fine fitness flat form friend funding furniture garden glasses goal grandmother grant
    gratitude group guidance guilt gym habit handover headache health hearing help heating holiday
    hope hospital hostel hour housing idea identity illness improvement incentive income induction
    injury insight instruction insurance intention interest interview issue job journey judgement
    keyworker kitchen knowledge landlord language laundry lawyer learning leave lesson letter
    library licence lift list literacy loan lock loss lunch maintenance management mattress meal
    mediation medication meeting member memory mentor message method mind mistake money mood
    morning mother motivation neighbour nerve network night noise note number numeracy nurse
    objective obligation offence offer office officer opinion opportunity option order outcome
    painting panel paperwork parcel parent partner past patience payment peer pension period
    permission phone photograph plan plumbing police positive prescription pressure prison
    privilege probation problem programme progress promise property provider psychologist purpose
    qualification quarrel question queue rapport reason receipt reception recovery reduction
    referral reflection refusal regime relapse relationship release relief reminder rent repair
    report reputation request requirement resettlement residence resource respect response
    responsibility result review reward right risk role room roster routine rule safety sanction
    saving schedule school screening search seminar sentence servery session shift shop shower
    sibling signature sister skill sleep smoke solicitor son staff statement step stepfather story
    strategy stress structure substance suggestion summary supervision supplement support surgery
    survey suspicion target task teacher team telephone temper tenancy test therapy thought ticket
    tobacco tool topic trade training transfer transport treatment trigger trouble trust tutor
    uncle uniform unit university update uncertainty vacancy value van vehicle victim view visit
    visitor volunteer voucher wage wait walk warning washing week weekend weight wellbeing wife
    window wing wish witness work worker workshop worry writing yard
    """)
VERBS: Final = _listed("""
    accepted accessed acknowledged admitted agreed allowed apologised appealed appeared applied
    appreciated approached arranged arrived asked attended avoided became began behaved believed
    blamed booked borrowed brought called cancelled carried challenged changed chaired checked
    claimed cleaned collected commented committed compared complained completed confirmed
    considered consulted contacted continued cooked corrected covered declined delivered denied
    described determined developed disclosed discussed disputed dropped earned encouraged ended
    engaged enjoyed enquired enrolled escorted established examined exchanged expected explained
    explored expressed faced failed felt filled finished followed forgot found gained gathered
    gave grew handed heard helped hesitated hoped identified ignored improved indicated informed
    insisted intended interrupted introduced investigated invited joined kept knew learned left
    listened lost maintained managed mentioned met missed moved named needed noticed observed
    obtained offered opened ordered organised outlined owed packed paid participated passed
    phoned planned posted practised prepared presented promised proposed provided questioned
    raised reacted read realised received recognised recommended recorded reduced referred
    reflected refused regretted rehearsed rejected reminded repaired repeated replied reported
    requested resolved responded returned reviewed revised rewrote said saved scheduled searched
    secured settled shared showed signed sought spent spoke started stated stayed stopped
    struggled submitted suggested supported surrendered suspended talked telephoned tested thanked
    threatened told took trained transferred travelled treated tried understood undertook upheld
    used viewed visited volunteered waited wanted warned watched wondered worked worried wrote
    """)
ADJECTIVES: Final = _listed("""
    able absent acceptable accurate additional adequate afraid agitated alert ambitious angry
    anxious apologetic appropriate available aware basic bitter brief bright broken busy calm
    capable careful careless challenging cheerful clean clear clinical close cold comfortable
    common complete complex concerned confident confused consistent constructive content
    cooperative correct critical current daily damp deep defensive delayed dependent desperate
    detailed determined different difficult direct disappointed discreet distant distracted
    distressed doubtful dry due early eager easy effective elderly emotional empty enthusiastic
    exact excellent expensive extra fair familiar firm fit flexible formal former fortunate
    forward fragile free frequent friendly frightened frustrated full further future general
    gentle genuine glad good grateful guarded guilty happy hard harmful healthy heavy helpful
    honest hopeful hostile impatient important impulsive independent indifferent informal initial
    insecure intense interested irregular irritable isolated keen known large late lawful light
    likely limited little local lonely long loud low loyal main mature mental mild minor missing
    mixed motivated nervous new noisy normal numerous occasional open optimistic ordinary original
    outstanding overdue painful patient permanent personal physical pleasant pleased polite poor
    positive possible practical previous private probable productive professional prompt proud
    quiet rapid rare ready realistic reasonable recent regular related relaxed relevant reliable
    reluctant remorseful repeated resentful respectful responsible rude sad safe satisfied secure
    sensible separate serious severe shared short sincere single slow small sober social specific
    stable steady strange strict strong stubborn successful sudden suitable supportive surprised
    suspicious talkative temporary tense thorough thoughtful tired tolerant troubled unable unclear
    uncomfortable unemployed unexpected unhappy unpaid unsettled unstable unusual unwell upset
    urgent useful usual vague valid verbal violent visible vulnerable warm weak weekly willing
    withdrawn worried written wrong young
    """)
ADVERBS: Final = _listed("""
    again already also always angrily apparently briefly calmly carefully clearly completely
    consistently correctly currently directly early easily equally eventually fairly finally
    firmly formally frankly fully generally gradually hardly honestly immediately increasingly
    initially instead jointly lately later mainly mostly nearly never normally occasionally often
    openly partly patiently personally politely possibly previously privately probably promptly
    properly quickly quietly rarely readily really recently regularly reluctantly repeatedly
    slightly slowly sometimes soon steadily still strongly suddenly today together twice usually
    voluntarily well willingly
    """)
SMALL: Final = _listed("about after against and at because before but by for from in into")
JOINS: Final = _listed("although and as because before but once since so then until while")
OWNERS: Final = _listed("a another any each her his its my no one our some that the their")
WHO: Final = _listed("he I she they we nobody somebody staff")
SURNAMES: Final = _listed("""
    Abara Ainsworth Akhtar Alder Bailey Banerjee Barrow Begum Birch Blackwood Brady Brook Byrne
    Carver Chaudhry Clegg Corrigan Dale Dhillon Doyle Drummond Ellery Eze Fairley Farrow Fenwick
    Garrick Gill Goddard Grange Haddow Hale Harker Hussain Idowu Ingram Jarvis Kaur Keane Kendal
    Khan Lacey Larkin Lomas Malik Marsh Mensah Merrick Naylor Nkosi Oakes Okafor Osman Parr Patel
    Pike Quigley Rahman Ridley Rooney Rowe Sadler Sharma Shaw Singh Stokes Tait Thorne Tranter
    Udeh Vance Varley Walsh Whitlock Wray Yates Zaman
    """)
FORENAMES: Final = _listed("""
    Adam Aisha Alan Amir Andre Anita Ben Callum Carl Chloe Connor Craig Daniel Darren Dean Delroy
    Ewan Faisal Farah Gareth Grace Hamza Hannah Ian Imran Ivy Jade Jamal Jason Joel Karen Kofi
    Kyle Lauren Leon Liam Lucy Marcus Maria Mia Mohammed Nadia Nathan Neil Nina Omar Owen Paul
    Priya Rachel Reece Rhys Ruth Ryan Samir Sean Sophie Steven Tariq Tessa Tyrone Victor Wayne
    Yusuf Zoe
    """)


def paragraph(rng: random.Random, least: int = 200, most: int = 400) -> str:
    """A note of `least` to `most` characters; like a hurried one, it may stop mid-sentence."""
    length = rng.randint(least, most)
    text = sentence(rng)
    while len(text) < length:
        text += " " + sentence(rng)
    return text[:length].rstrip()


def sentence(rng: random.Random) -> str:
    """One or two clauses and a full stop, now and then with a name, a time, a date or a slip."""
    words = _clause(rng)
    if rng.random() < 0.55:
        words += [rng.choice(JOINS), *_clause(rng)]
    if rng.random() < 0.5:
        words += _detail(rng)
    text = " ".join(_slip(rng, word) if rng.random() < 0.04 else word for word in words)
    return text[0].upper() + text[1:] + "."


def full_name(rng: random.Random) -> tuple[str, str]:
    """A forename and a surname, both made up here."""
    return rng.choice(FORENAMES), rng.choice(SURNAMES)


def _clause(rng: random.Random) -> list[str]:
    words = [*_subject(rng), rng.choice(VERBS)]
    if rng.random() < 0.4:
        words.insert(-1, rng.choice(ADVERBS))
    words += _thing(rng)
    while rng.random() < 0.45:
        words += [rng.choice(SMALL), *_thing(rng)]
    return words


def _subject(rng: random.Random) -> list[str]:
    chance = rng.random()
    if chance < 0.2:
        return [rng.choice(("Mr", "Ms", "Officer")), rng.choice(SURNAMES)]
    if chance < 0.35:
        return list(full_name(rng))
    return [rng.choice(WHO)] if chance < 0.7 else _thing(rng)


def _thing(rng: random.Random) -> list[str]:
    words = [rng.choice(OWNERS)] if rng.random() < 0.6 else []
    if rng.random() < 0.45:
        words.append(rng.choice(ADJECTIVES))
    ending = rng.choice(("", "", "s"))
    return [*words, rng.choice(NOUNS) + ending]


def _detail(rng: random.Random) -> list[str]:
    number = rng.randrange
    details = (
        ["at", f"{number(7, 21)}:{number(0, 60, 5):02}"],
        ["on", f"{number(1, 29)}/{number(1, 13)}"],
        ["in", "room", f"{rng.choice('ABCDEF')}{number(1, 40)}"],
        ["for", f"£{number(1, 90)}.{number(0, 100, 5):02}"],
        ["ref", str(number(10_000, 99_999))],
        ["ext", str(number(1_000, 9_999))],
    )
    return rng.choice(details)


def _slip(rng: random.Random, word: str) -> str:
    """The word with two letters the wrong way round."""
    if len(word) < 4:
        return word
    place = rng.randrange(1, len(word) - 1)
    return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
