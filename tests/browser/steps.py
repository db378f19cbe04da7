"""What a member of staff does at a terminal, step by step, in the words of the page."""

from playwright.sync_api import Page, expect

from tests.desks import PASSWORD


class Staff:
    """Somebody at a terminal."""

    def __init__(self, page: Page, url: str) -> None:
        """Sit down at the terminal served at `url`."""
        self.page = page
        self.url = url

    def sign_in(self, name: str) -> None:
        """Sign in and see the first page."""
        self.page.goto(f"{self.url}/sign-in")
        self.page.fill("#user_name", name)
        self.page.fill("#password", PASSWORD)
        self.press("Sign in")
        expect(self.page.get_by_text(f"Signed in as {name.title()}")).to_be_visible()

    def go(self, path: str) -> None:
        """Open an address of this node."""
        self.page.goto(f"{self.url}{path}")

    def press(self, words: str) -> None:
        """Press the button with these words."""
        self.page.get_by_role("button", name=words, exact=True).click()

    def follow(self, words: str) -> None:
        """Follow the first link with these words."""
        self.page.get_by_role("link", name=words).first.click()

    def create(self, first: str = "Daniel", last: str = "Hargreaves", number: str = "") -> str:
        """Create a person; gives the path of the page that opens."""
        self.go("/people/new")
        self.page.fill("#last", last)
        self.page.fill("#first", first)
        self.fill_day("born", "3", "3", "1988")
        self.page.fill("#noms", number)
        self.press("Continue")
        self.press("Create person")
        self.sees("Person created")
        return self.page.url.removeprefix(self.url).partition("?")[0]

    def fill_day(self, name: str, day: str, month: str, year: str) -> None:
        """Type a date."""
        for part, typed in (("day", day), ("month", month), ("year", year)):
            self.page.fill(f"#{name}-{part}", typed)

    def add_note(self, person: str, text: str) -> None:
        """Write a note about a person and save it."""
        self.go(f"{person}/notes/new")
        self.page.select_option("#subtype", index=1)
        self.page.fill("#text", text)
        self.press("Continue")
        self.press("Save note")
        self.sees("Note saved")

    def set_risk(self, person: str, field: str, level: str, *, on_purpose: bool = False) -> None:
        """Fill in the form of risk levels and come to its check."""
        self.go(f"{person}/risk")
        self.page.select_option(f"#{field}", level)
        self.page.fill("#reason", "Said so in an interview today.")
        if on_purpose:
            self.page.check("#lower")
        self.press("Continue")

    def sees(self, words: str) -> None:
        """Find these words on the page."""
        expect(self.page.get_by_text(words).first).to_be_visible()

    def sees_no(self, words: str) -> None:
        """Find these words nowhere on the page."""
        expect(self.page.get_by_text(words)).to_have_count(0)
