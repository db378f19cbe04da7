"""Who works where, as the centre says: what reaches the place, and what counts there."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.access.accounts import AccountLocked, NoPost, WrongSignIn
from casework.access.actions import NotAllowed
from casework.access.caller import Caller
from casework.access.first_codes import CODE_MS_MAX, WrongCode
from casework.access.lockout import ATTEMPTS_MAX, WAIT_MS_MAX
from casework.access.passwords import WeakPassword
from casework.access.posts import OLD_AFTER_MS
from casework.access.sessions import SignInNeeded
from casework.desk.entrance import Entrance, SecondPersonNeeded, give_code, unlock_account
from casework.desk.feed import read_feed
from casework.desk.holding import OnlyAtCentre
from casework.desk.people import NewPerson
from casework.desk.posts import (
    Appointment,
    PostOver,
    PostView,
    acts_since_end,
    appoint,
    change_post,
    end_post,
    give_new_code,
    post_of,
    posts_at,
    unlock_post,
)
from casework.desk.trail import ask_for_officer, officer_name
from casework.records import REGISTRY
from casework.records.files import place_subject, post_record
from casework.rules.rows import day_of
from sync_protocol.author import Act, Draft
from sync_protocol.ids import ActorId
from tests.desks import PASSWORD, Office
from tests.moving import MovingEstate
from tests.unit.casework.desk.steps import someone

OTHER = ActorId(b"other".ljust(16, b"."))
KREED = ActorId(b"kreed".ljust(16, b"."))
DAY_MS = 24 * 3_600_000
BETWEEN = NewPerson("Jo", "Between", date_of_birth="1981-05-06")


class Estate(MovingEstate):
    """The centre with an administrator, and the prison at Leeds with Ash and an administrator."""

    def __init__(self, folder: Path) -> None:
        """Nobody is appointed yet."""
        super().__init__(folder)
        self.boss = self.centre.hire("boss", "administrator")
        self.leeds = self.open("LEI")
        self.leeds.hire("ash")
        self.leeds.hire("root", "administrator")

    def appoint(self, role: str = "senior", staff: ActorId = KREED, name: str = "kreed") -> None:
        """Name somebody for Leeds; the office has not heard of it yet."""
        given = Appointment(
            code="LEI",
            user_name=name,
            display_name="K. Reed",
            role="senior" if role == "senior" else "auditor",
            staff=staff,
        )
        appoint(self.centre.desk, self.boss, given)

    @property
    def post(self) -> PostView:
        """Their post as it stands at the centre."""
        return post_of(self.centre.desk, self.boss, "LEI", KREED)

    def code(self) -> str:
        """A new one-time code for them."""
        return give_new_code(self.centre.desk, self.boss, self.post)

    def settled(self) -> Caller:
        """They are appointed, the office has heard of it, and they have chosen a password."""
        self.appoint()
        code = self.code()
        self.settle()
        return self.leeds.accounts.sign_in_first("kreed", code, PASSWORD, "t")


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    made = Estate(tmp_path)
    yield made
    for office in (made.centre, *made.offices.values()):
        office.store.close()


def posts_held(office: Office) -> int:
    with office.store.reading() as reading:
        return int(reading.select("SELECT count(*) FROM post")[0][0])


def test_a_post_reaches_its_own_place_and_no_other(estate: Estate) -> None:
    brixton = estate.open("BXI")
    estate.appoint()
    estate.settle()
    assert (posts_held(estate.leeds), posts_held(brixton)) == (1, 0)


def test_the_centres_auditor_finds_an_office_s_officer_by_their_user_name(estate: Estate) -> None:
    """S30: they have no account at the centre, which appointed them."""
    oak = estate.centre.hire("oak", "auditor")
    assert ask_for_officer(estate.centre.desk, oak, "kreed") is None
    estate.appoint()
    assert ask_for_officer(estate.centre.desk, oak, "kreed") == KREED
    assert officer_name(estate.centre.desk, KREED) == "K. Reed"
    assert officer_name(estate.centre.desk, OTHER) == OTHER.hex()


def test_whoever_is_appointed_chooses_a_password_by_a_code_that_works_once(
    estate: Estate,
) -> None:
    estate.appoint()
    code = estate.code()
    estate.settle()
    accounts = estate.leeds.accounts
    account = accounts.account(KREED)
    assert (account.is_waiting, account.is_open, account.role) == (True, True, "senior")
    for wrong in ("AAAA-AAAA-AAAA-AAAA", ""):
        with pytest.raises(WrongCode):
            accounts.sign_in_first("kreed", wrong, PASSWORD, "t")
        estate.clock.pass_ms(WAIT_MS_MAX)
    with pytest.raises(WrongSignIn):
        accounts.sign_in("kreed", "", "t")
    estate.clock.pass_ms(WAIT_MS_MAX)
    with pytest.raises(WeakPassword):
        accounts.sign_in_first("kreed", code, "short", "t")
    caller = accounts.sign_in_first("KReed", code.lower().replace("-", " "), PASSWORD, "t")
    assert (caller.staff, caller.role, caller.display_name) == (KREED, "senior", "K. Reed")
    assert accounts.sign_in("kreed", PASSWORD, "t") == caller
    with pytest.raises(WrongCode):
        accounts.sign_in_first("kreed", code, "four other plain words", "t")


def test_a_code_is_kept_nowhere_and_counts_for_a_fortnight(estate: Estate) -> None:
    estate.appoint()
    code = estate.code()
    estate.settle()
    with estate.leeds.store.reading() as reading:
        kept = repr(reading.select("SELECT * FROM post"))
    assert code not in kept
    assert code.replace("-", "") not in kept
    estate.clock.pass_ms(CODE_MS_MAX + 1)
    with pytest.raises(WrongCode):
        estate.leeds.accounts.sign_in_first("kreed", code, PASSWORD, "t")


def test_a_code_is_given_at_the_office_too_and_never_to_oneself(estate: Estate) -> None:
    estate.appoint()
    estate.settle()
    leeds = estate.leeds
    entrance = Entrance(leeds.desk, leeds.accounts, leeds.sessions)
    root = leeds.accounts.sign_in("root", PASSWORD, "t")
    code = give_code(entrance, root, KREED)
    assert leeds.accounts.sign_in_first("kreed", code, PASSWORD, "t").staff == KREED
    with pytest.raises(SecondPersonNeeded):
        give_code(entrance, root, root.staff)
    assert ("code_given", None) in leeds.audit()


def test_where_anybody_is_appointed_nobody_else_signs_in_but_the_administrator(
    estate: Estate,
) -> None:
    ash = estate.leeds.accounts.sign_in("ash", PASSWORD, "t")
    token = estate.leeds.sessions.begin(ash, "cookie")
    estate.appoint()
    estate.settle()
    with pytest.raises(NoPost):
        estate.leeds.accounts.sign_in("ash", PASSWORD, "t")
    with pytest.raises(SignInNeeded):
        estate.leeds.sessions.resume(token, "cookie")
    assert estate.leeds.accounts.sign_in("root", PASSWORD, "t").role == "administrator"


def test_who_is_removed_stays_out_from_the_next_contact_on_and_is_listed(estate: Estate) -> None:
    """S21: their sessions end, and what they did in between is told to the auditor alone."""
    kreed = estate.settled()
    leeds = estate.leeds
    token = leeds.sessions.begin(kreed, "cookie")
    before = someone(leeds, kreed)
    estate.clock.pass_ms(60_000)
    end_post(
        estate.centre.desk, estate.boss, estate.post, last_day=day_of(estate.centre.desk.now_ms())
    )
    estate.clock.pass_ms(60_000)
    assert leeds.sessions.resume(token, "cookie").staff == kreed.staff
    between = someone(leeds, kreed, BETWEEN)
    estate.settle()
    with pytest.raises(SignInNeeded):
        leeds.sessions.resume(token, "cookie")
    with pytest.raises(NoPost):
        leeds.accounts.sign_in("kreed", PASSWORD, "t")
    auditor = Caller(ActorId(b"audit".ljust(16, b".")), "Auditor", "auditor", "t")
    for office in (leeds, estate.centre):
        late = acts_since_end(office.desk, auditor)
        assert {one.staff for one in late} == {KREED}
        told = {one.subject for one in late}
        assert between in told
        assert before not in told
        with pytest.raises(NotAllowed):
            acts_since_end(office.desk, kreed)


def test_a_last_day_to_come_lets_them_in_until_it_is_over(estate: Estate) -> None:
    estate.settled()
    today = day_of(estate.clock.now)
    tomorrow = day_of(estate.clock.now + DAY_MS)
    end_post(estate.centre.desk, estate.boss, estate.post, last_day=tomorrow)
    estate.settle()
    assert estate.leeds.accounts.sign_in("kreed", PASSWORD, "t").staff == KREED
    estate.clock.pass_ms(2 * DAY_MS)
    assert day_of(estate.clock.now) > tomorrow > today
    with pytest.raises(NoPost):
        estate.leeds.accounts.sign_in("kreed", PASSWORD, "t")


def test_who_comes_back_has_their_password_and_their_name_again(estate: Estate) -> None:
    estate.settled()
    desk, boss = estate.centre.desk, estate.boss
    estate.clock.pass_ms(1000)
    end_post(desk, boss, estate.post, last_day=day_of(desk.now_ms()))
    with pytest.raises(PostOver):
        give_new_code(desk, boss, estate.post)
    estate.clock.pass_ms(1000)
    estate.appoint()
    assert len(posts_at(desk, boss, "LEI")) == 1
    estate.settle()
    assert estate.leeds.accounts.sign_in("kreed", PASSWORD, "t").staff == KREED


def test_another_role_counts_from_the_next_contact_on_also_in_an_open_session(
    estate: Estate,
) -> None:
    """S21."""
    token = estate.leeds.sessions.begin(estate.settled(), "cookie")
    change_post(
        estate.centre.desk,
        estate.boss,
        estate.post,
        role="auditor",
        team="",
        display_name="K. Reed-Example",
    )
    assert estate.leeds.sessions.resume(token, "cookie").role == "senior"
    estate.settle()
    caller = estate.leeds.sessions.resume(token, "cookie")
    assert (caller.role, caller.display_name) == ("auditor", "K. Reed-Example")


def test_a_locked_account_is_unlocked_by_the_centre_at_the_next_contact(estate: Estate) -> None:
    """S19."""
    estate.settled()
    for _ in range(ATTEMPTS_MAX):
        with pytest.raises(WrongSignIn):
            estate.leeds.accounts.sign_in("kreed", "not it at all", "t")
        estate.clock.pass_ms(WAIT_MS_MAX)
    unlock_post(estate.centre.desk, estate.boss, estate.post)
    with pytest.raises(AccountLocked):
        estate.leeds.accounts.sign_in("kreed", PASSWORD, "t")
    estate.settle()
    assert estate.leeds.accounts.sign_in("kreed", PASSWORD, "t").staff == KREED


def test_nobody_unlocks_themselves(estate: Estate) -> None:
    """S19: it takes a second person, in a role that may."""
    leeds = estate.leeds
    entrance = Entrance(leeds.desk, leeds.accounts, leeds.sessions)
    root = leeds.accounts.sign_in("root", PASSWORD, "t")
    ash = leeds.accounts.sign_in("ash", PASSWORD, "t")
    with pytest.raises(SecondPersonNeeded):
        unlock_account(entrance, root, root.staff)
    with pytest.raises(NotAllowed):
        unlock_account(entrance, ash, root.staff)
    unlock_account(entrance, root, ash.staff)


def test_an_office_appoints_nobody_by_its_pages_nor_by_forging(estate: Estate) -> None:
    """A node that writes a post of its own place changes nothing of who may sign in anywhere."""
    estate.settled()
    mallory = ActorId(b"mallory".ljust(16, b"."))
    given = Appointment(code="LEI", user_name="m", display_name="M", role="staff", staff=mallory)
    root = estate.leeds.accounts.sign_in("root", PASSWORD, "t")
    with pytest.raises(OnlyAtCentre):
        appoint(estate.leeds.desk, root, given)
    values = {"staff": mallory.hex(), "user_name": "m", "display_name": "M", "role": "staff"}
    draft = Draft(
        kind="post",
        subjects=(place_subject("LEI"),),
        record=post_record(mallory, "LEI"),
        values={**values, "status": "open"},
        happened_at=estate.clock.now,
    )
    estate.leeds.store.write(Act(actor=root.staff, device="t", drafts=(draft,)))
    estate.settle()
    assert "m" not in {one.user_name for one in estate.leeds.accounts.accounts()}
    named = posts_at(estate.centre.desk, estate.boss, "LEI")
    assert [one.post.staff for one in named] == [KREED]


def test_what_the_centre_said_gets_old_and_a_clock_put_back_makes_it_no_younger(
    estate: Estate,
) -> None:
    """S21: every page says so after three days without the centre, across a restart too."""
    estate.settled()
    leeds, clock = estate.leeds, estate.clock
    line = [clock.now]
    leeds.heard.listen(lambda: line[0] or None)
    leeds.heard.note()
    # The line forgets at each start.
    line[0] = 0
    clock.pass_ms(OLD_AFTER_MS - 1)
    assert not leeds.posts.is_old()
    clock.pass_ms(1)
    assert leeds.posts.is_old()
    leeds.heard.note()
    clock.pass_ms(-OLD_AFTER_MS)
    assert leeds.posts.is_old()
    # Whoever works here goes on: what may still be read is for the lease to say.
    assert leeds.accounts.sign_in("kreed", PASSWORD, "t").staff == KREED
    line[0] = clock.now
    leeds.heard.note()
    assert not leeds.posts.is_old()


def test_a_post_is_no_persons_record(estate: Estate) -> None:
    """Nothing that shows people knows the kind: no search, no count, no feed, no form."""
    kreed = estate.settled()
    with estate.leeds.store.reading() as reading:
        assert reading.select("SELECT count(*) FROM person") == [(0,)]
    assert read_feed(estate.leeds.desk, kreed).entries == ()
    assert "post" not in REGISTRY.kinds
    assert estate.centre.desk.registry is REGISTRY
