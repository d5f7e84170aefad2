"""What somebody puts into a mail to run, to call home or to take over the page that shows it: read, and really opened."""

from collections.abc import Callable, Iterator
from functools import partial
from html.parser import HTMLParser

import pytest

from letterlock.adapters.html_sanitiser import sanitise
from letterlock.domain.mail import Content, ShownHtml
from letterlock.entry.message_page import content_security_policy, page
from tests.attacks.browser import Heard, Page, as_document, frames_opened, installed, opened, put_in
from tests.attacks.xss import VECTORS, Vector

VECTOR = pytest.mark.parametrize(
    "vector", [pytest.param(each, id=each.title, marks=pytest.mark.attack(f"XSS, {each.title}")) for each in VECTORS]
)
FAMILIES = sorted({each.family for each in VECTORS})

# ---- read by somebody else ---------------------------------------------------------------------------------------------

ELEMENTS = frozenset(
    [
        "a",
        "abbr",
        "address",
        "b",
        "big",
        "blockquote",
        "br",
        "caption",
        "center",
        "cite",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "font",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "tt",
        "u",
        "ul",
        "var",
        "wbr",
    ]
)
ATTRIBUTES = frozenset(
    [
        "align",
        "alt",
        "bgcolor",
        "border",
        "cellpadding",
        "cellspacing",
        "color",
        "colspan",
        "dir",
        "face",
        "height",
        "href",
        "lang",
        "referrerpolicy",
        "rel",
        "rowspan",
        "size",
        "span",
        "start",
        "style",
        "target",
        "title",
        "type",
        "valign",
        "width",
    ]
)
"""And `src`, with images from elsewhere: these mails have none of their own."""


class Reading(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: dict[str, set[str]] = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, set()).add(value or "")


@VECTOR
@pytest.mark.parametrize("remote_images", [False, True])
def test_only_what_is_listed_is_shown(vector: Vector, remote_images: bool) -> None:
    shown = sanitise(vector.with_canary("canary.test", "1"), remote_images=remote_images).html
    reading = Reading(shown)

    assert reading.elements <= ELEMENTS
    assert reading.attributes.keys() <= ATTRIBUTES | ({"src"} if remote_images else set())
    for each in reading.attributes.get("src", ()):
        assert each.startswith("https://canary.test")
    for each in reading.attributes.get("href", ()):
        assert each.startswith(("http://", "https://", "mailto:", "tel:"))
    for each in reading.attributes.get("style", ()):
        assert not set(each) & set("()\\/@'\"")
        assert "position" not in each
    assert shown == sanitise(shown, remote_images=remote_images).html


# ---- opened by a browser -----------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a function is told."""
    monkeypatch.setenv("DOWNLOADS_BUCKET", "downloads")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")


WAYS: dict[str, Callable[[str], Page]] = {"document": as_document, "innerHTML": put_in}
browser = pytest.mark.skipif(not installed(), reason="no Chromium is installed")


def shown(vector: Vector, way: str, name: str, host: str) -> Page:
    return WAYS[way](sanitise(vector.with_canary(host, name)).html)


def unsanitised(vector: Vector, way: str, name: str, host: str) -> Page:
    return WAYS[way](vector.with_canary(host, name))


def under_policy(vector: Vector, _way: str, name: str, host: str) -> Page:
    """Not sanitised, on the page of a message: what the policy alone stops."""
    html = page(Content("", ""), ShownHtml(vector.with_canary(host, name)))
    return Page(html, {"Content-Security-Policy": content_security_policy(remote_images=False)})


def heard_of(make: Callable[[Vector, str, str, str], Page], *ways: str) -> dict[str, set[str]]:
    """Of each attack, by its title, what was heard of it: `ran`, `left`, and what the page found."""
    frames = {f"{way}/{number}": partial(make, each, way) for number, each in enumerate(VECTORS) for way in ways}
    heard = frames_opened({name: partial(made, name) for name, made in frames.items()})
    found: dict[str, set[str]] = {each.title: set() for each in VECTORS}
    for place, word in _words(heard):
        _, number = place.split("/")
        found[VECTORS[int(number)].title].add(word)
    return found


def _words(heard: Heard) -> Iterator[tuple[str, str]]:
    for word in ("ran", "left"):
        for place in heard.under(f"/{word}/"):
            yield "/".join(place.split("/")[:2]), word
    for place in heard.under("/told/"):
        yield place.rpartition("/")[0], place.rpartition("/")[2]


@pytest.fixture(scope="module")
def sanitised() -> dict[str, set[str]]:
    return heard_of(shown, *WAYS)


@pytest.fixture(scope="module")
def raw() -> dict[str, set[str]]:
    return heard_of(unsanitised, "document")


@browser
@pytest.mark.browser
@VECTOR
def test_nothing_runs_nothing_leaves_and_the_page_around_it_stays(
    vector: Vector, sanitised: dict[str, set[str]]
) -> None:
    assert sanitised[vector.title] == set()


@browser
@pytest.mark.browser
@pytest.mark.attack("XSS, what is not sanitised is seen to run and to call home")
def test_without_the_sanitiser_the_same_browser_is_seen_to_run_them(raw: dict[str, set[str]]) -> None:
    """Or the tests above would show nothing. Browsers close ways in: a later one may know fewer."""
    live = [each for each in VECTORS if each.live]
    unseen = [each.title for each in live if not raw[each.title]]

    assert len(unseen) <= len(live) // 10, unseen
    for family in FAMILIES:
        assert any(raw[each.title] for each in live if each.family == family), family
    assert {word for words in raw.values() for word in words} >= {"ran", "left", "covered", "clobbered", "swallowed"}


@browser
@pytest.mark.browser
@pytest.mark.attack("XSS, the page of a message stops them by its policy alone")
def test_the_policy_of_a_page_stops_them_without_the_sanitiser() -> None:
    heard = heard_of(under_policy, "document")

    assert {title: words for title, words in heard.items() if words & {"ran", "left"}} == {}


@browser
@pytest.mark.browser
def test_a_page_shows_its_own_images_to_who_is_signed_in() -> None:
    """In a frame as the documentation has it; and the browser fetches no other."""
    path = "/v1/conversations/cnv_1/messages/msg_1"
    html = sanitise(
        '<p>x<img src="cid:cup"><img src="http://canary.test/left"><img src="cid:other">', {"cup": "attachments/att_1"}
    )

    def pages(asked: str, _port: str) -> Page | None:
        if asked == "/":
            sandbox = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
            frame = f"<!doctype html><iframe src='{path}/html' sandbox='{sandbox}' onload='fetch(\"/done\")'></iframe>"
            return Page(frame, {"Set-Cookie": "session=x; Path=/; HttpOnly; SameSite=Strict"})
        if asked == f"{path}/html":
            policy = content_security_policy(remote_images=False)
            return Page(page(Content("x"), html), {"Content-Security-Policy": policy})
        return Page("") if asked in ("/favicon.ico", "/done") else None

    assert [(each.path, each.cookie) for each in opened(pages).requests] == [(f"{path}/attachments/att_1", "session=x")]
