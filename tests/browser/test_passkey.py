"""A passkey in Chromium, by the device that its own tools put in: added, used, and kept away."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from casework.access.online import Online, Provider
from casework.access.passkeys import Passkeys, RelyingPlace
from tests.browser.conftest import Browsing, Look
from tests.browser.gallery import served
from tests.browser.steps import Staff
from tests.browser.terminal import terminal_of
from tests.desks import PASSWORD, Offices
from tests.unit.casework.access.test_online import ISSUER, RETURN, Service

pytestmark = pytest.mark.browser


@pytest.fixture
def keyed_url(offices: Offices) -> Iterator[str]:
    """Leeds, where passkeys and a sign-in service are offered, by the name that browsers want."""
    office = offices.open("LEI")
    office.hire("ash")
    now_ms, chance = office.clock.now_ms, office.desk.chance
    passkeys = Passkeys(office.store, now_ms, chance, RelyingPlace("localhost", "", "Leeds"))
    parts = Provider(
        issuer=ISSUER,
        name="Justice sign-in",
        registered_as="leeds",
        secret=None,
        return_to=RETURN,
    )
    online = Online(parts, Service(), now_ms, chance)
    app = terminal_of(office, passkeys=passkeys, online=online).app
    with served(app) as address:
        # The port is only known now.
        url = address.replace("127.0.0.1", "localhost")
        passkeys._place = RelyingPlace("localhost", url, "Throughcare, Leeds")
        yield url
    office.store.close()


def device(page: Page, *, verifies: bool = True) -> tuple[Any, str]:
    """Puts a device into the browser that asks for nobody's finger; gives its tools and its id."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    added = tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return tools, added["authenticatorId"]


def test_a_passkey_is_added_and_signs_in(keyed_url: str, browsing: Browsing, look: Look) -> None:
    """S22: without a password, until the device no longer knows its owner."""
    ash = Staff(browsing.open(), keyed_url)
    tools, authenticator = device(ash.page)
    ash.sign_in("ash")
    ash.go("/passkeys/new")
    look(ash.page, "passkey")
    ash.page.fill("#name", "My phone")
    ash.page.fill("#password", PASSWORD)
    ash.press("Add the passkey")
    ash.sees("Passkey added")
    ash.sees("My phone")
    look(ash.page, "your-passkeys")
    ash.press("Sign out")
    ash.press("Use a passkey")
    expect(ash.page.get_by_text("Signed in as Ash")).to_be_visible()
    ash.press("Sign out")
    tools.send(
        "WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False}
    )
    ash.press("Use a passkey")
    expect(ash.page.get_by_text("No passkey was used")).to_be_visible()


def test_a_page_of_our_own_stands_before_the_service(
    keyed_url: str, browsing: Browsing, look: Look
) -> None:
    """S36: forms lead nowhere else, so the policy of the page is as everywhere."""
    ash = Staff(browsing.open(), keyed_url)
    asked: list[str] = []

    def stay(route: Route) -> None:
        # An answer without content leaves the browser on the page where it is.
        asked.append(route.request.url)
        route.fulfill(status=204)

    ash.page.route(f"{ISSUER}/**", stay)
    ash.go("/sign-in")
    look(ash.page, "sign-in-ways")
    ash.press("Use Justice sign-in")
    expect(ash.page.get_by_role("link", name="Go to Justice sign-in")).to_be_visible()
    look(ash.page, "going")
    assert any("code_challenge_method=S256" in one for one in asked)
