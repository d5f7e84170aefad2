"""HTML from strangers as it may stand in an agent's browser. `tests/attacks` has what somebody made to hurt."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from letterlock.adapters import html_style
from letterlock.adapters.answer_octets import HTML_OCTETS, octets
from letterlock.adapters.html_attributes import Attributes
from letterlock.adapters.html_sanitiser import TAGS_SHOWN, sanitise, written_anew
from letterlock.adapters.html_style import declarations
from letterlock.adapters.html_tokens import CUT
from letterlock.adapters.html_tree import DEEPEST, ESCAPED_IN_TEXT

LINK = ' target="_blank" rel="noopener noreferrer nofollow"'
IMAGE = ' referrerpolicy="no-referrer"'
SERVED = {"cup@customer.example": "/v1/cup", "a b%1": "/v1/odd"}


def html(written: str, *, remote_images: bool = False) -> str:
    """Without what is put to every link and image."""
    shown = sanitise(written, SERVED, remote_images=remote_images).html
    assert shown.count("<a ") == shown.count(LINK)
    assert shown.count("<img ") == shown.count(IMAGE)
    return shown.replace(LINK, "").replace(IMAGE, "")


# ---- what is shown ---------------------------------------------------------------------------------------------------


def test_what_a_mail_is_made_of_gets_through() -> None:
    written = (
        '<h1>Hi</h1><p dir="rtl">A <b>bold</b> <a href="https://acme.example/?a=1&amp;b=2">link</a>, '
        '<a href="mailto:support@acme.example">mail</a>.</p><ul><li>one</li></ul>'
        '<table border="1" bgcolor="#eeeeee"><tbody><tr><td colspan="2" style="color:red">cell</td></tr></tbody></table>'
        '<img alt="a cup"><blockquote>quoted</blockquote>'
    )
    assert html(written) == written


def test_a_long_table_is_shown_whole() -> None:
    shown = sanitise("<table>" + "<tr><td>cell</td></tr>" * 20_000 + "</table>")

    assert shown.html.count("cell") == 20_000
    assert shown.whole


def test_white_letters_keep_their_black_ground() -> None:
    assert html('<body text=white bgcolor="#000000" style="margin:0">x</body>') == (
        '<div style="background-color:#000000;color:white;margin:0">x</div>'
    )
    assert html("<html><body>x</body></html>") == "x"


def test_characters_that_were_escaped_stay_so() -> None:
    assert html("&lt;b&gt;x&lt;/b&gt; &amp;lt; <b title='&quot;&gt;'>y</b>") == (
        '&lt;b&gt;x&lt;/b&gt; &amp;lt; <b title="&quot;&gt;">y</b>'
    )


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<p>a<p>b", "<p>a</p><p>b</p>"),
        ("<ul><li>x<li>y</ul>z", "<ul><li>x</li><li>y</li></ul>z"),
        ("<dl><dt>a<dd>b<dt>c</dl>", "<dl><dt>a</dt><dd>b</dd><dt>c</dt></dl>"),
        ("<p><b>a<p>b</b>c", "<p><b>a</b></p><b><p>b</p></b>c"),
        ("<b><i>a</b>b</i>c", "<b><i>a</i></b><i>b</i>c"),
        ("<p><span>a<div>b</div></span>", "<p><span>a</span></p><div>b</div>"),
        ("<span><div>a</span>b</div>", "<span><div>ab</div></span>"),
        ("<h1>a</h2>b", "<h1>a</h1>b"),
        ('<a href="https://a/">a<a href="https://b/">b</a>', '<a href="https://a/">a</a><a href="https://b/">b</a>'),
        ("<table><tr><td>a<td>b<tr><th>c</table>", "<table><tbody><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr></tbody></table>"),
        ("<table>a<tr>b<td>c</table>", "<table><tbody><tr><td>a</td></tr><tr><td>b</td><td>c</td></tr></tbody></table>"),
        ("<table><col width=1><td>a</table>", '<table><colgroup><col width="1"></colgroup><tbody><tr><td>a</td></tr></tbody></table>'),
        ("<div><table><tr><td></div>x</table>y</div>", "<div><table><tbody><tr><td>x</td></tr></tbody></table>y</div>"),
        ("<td>a</td>b<tr>c", "abc"),
        ("<div>a</p>b</table>c", "<div>abc</div>"),
        ("<pre>\n\na\n</pre>", "<pre>a\n</pre>"),
        ("<a name=top>a<p>b", "a<p>b</p>"),
        ("<B>a</B><Table ALIGN=left><TD>b", '<b>a</b><table align="left"><tbody><tr><td>b</td></tr></tbody></table>'),
        ("<!--[if mso]>no<![endif]-->a<!--[if !mso]><!-->b<!--<![endif]-->c<?xml no?><![CDATA[no]]>", "abc"),
        ("<o:p>a</o:p><marquee>b</marquee><center>c</center>", "ab<center>c</center>"),
    ],
)  # fmt: skip
def test_what_does_not_nest_is_nested_as_a_browser_would(written: str, shown: str) -> None:
    assert html(written) == shown


# ---- images ----------------------------------------------------------------------------------------------------------


def test_an_image_of_the_mail_comes_from_where_its_file_is_served() -> None:
    assert html('<img src="cid:cup@customer.example" alt="a cup">') == '<img src="/v1/cup" alt="a cup">'
    assert html('<img src=" CID:cup%40customer.example">') == '<img src="/v1/cup">'
    assert html('<img src="cid:a%20b%251">') == '<img src="/v1/odd">'


@pytest.mark.parametrize(
    "source", ["cid:other@customer.example", "cid:", "cup@customer.example", "/v1/cup", "cid:/v1/cup"]
)
def test_no_other_file_is_served_to_a_mail(source: str) -> None:
    for remote_images in (False, True):
        assert html(f'a<img src="{source}">b', remote_images=remote_images) == "ab"


REMOTE = [
    '<img src="https://x.example/p.gif">',
    '<img src="HTTP://x.example/p.gif" width=1 height=1>',
    '<img src="//x.example/p.gif">',
    '<img srcset="https://x.example/p.gif 2x">',
    '<img alt="" src="https://x.example/p.gif" srcset="https://x.example/q.gif 2x">',
    '<table background="https://x.example/p.gif"><tr><td>x</td></tr></table>',
    '<body background="//x.example/p.gif">',
    '<div style="background:url(https://x.example/p.gif)">x</div>',
    '<video poster="https://x.example/p.gif"></video>',
]


def test_images_from_elsewhere_are_left_out_and_counted() -> None:
    shown = sanitise("".join(REMOTE))

    assert "x.example" not in shown.html
    assert shown.remote_images == len(REMOTE)


def test_images_from_elsewhere_are_shown_when_asked_for_by_https_and_without_a_referrer() -> None:
    shown = sanitise("".join(REMOTE), remote_images=True)

    assert shown.html.count("https://x.example/p.gif") == 3
    assert shown.html.count(IMAGE) == 3
    assert shown.html.count("x.example") == 3
    assert shown.remote_images == len(REMOTE) - 3


def test_an_image_that_is_not_shown_leaves_its_description() -> None:
    assert html('<img src="https://x.example/p.gif" alt="Our cups" width=600>') == '<img alt="Our cups" width="600">'


@pytest.mark.parametrize(
    "source",
    ["https://", "https:x.example", "https://x.example/\\", "data:image/png;base64,AA==", "ftp://x.example/", "//"],
)
def test_what_is_no_web_address_is_no_image(source: str) -> None:
    assert html(f'a<img src="{source}">b', remote_images=True) == "ab"


# ---- two readers -----------------------------------------------------------------------------------------------------

TAGS = st.sampled_from(
    [
        "p",
        "b",
        "i",
        "font",
        "a",
        "li",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "div",
        "span",
        "h1",
        "h2",
        "pre",
        "blockquote",
        "center",
        "table",
        "tr",
        "td",
        "th",
        "tbody",
        "caption",
        "col",
    ]
)
SOUP = st.lists(
    st.one_of(
        TAGS.map(lambda tag: f"<{tag}>"),
        TAGS.map(lambda tag: f"</{tag}>"),
        st.sampled_from(["<a href=https://x/>", "<font color=red>", "<img alt=x>", "<hr>", "x", " ", "\n", "\xa0", "&lt;", "<table>", "<td>", "<p>"]),
    ),
    max_size=40,
).map("".join)  # fmt: skip


@given(SOUP)
@settings(max_examples=1_000, deadline=None)
def test_what_is_written_is_what_a_parser_reads(soup: str) -> None:
    """nh3 parses as a browser does: had it repaired anything, it would hand back something else."""
    once = sanitise(soup).html
    plain = once.replace(LINK, "").replace(IMAGE, "").replace("&nbsp;", "\xa0")

    assert plain == written_anew(soup, Attributes({}, remote_images=False))[0]
    assert sanitise(once).html == once


# ---- bounds ----------------------------------------------------------------------------------------------------------
FONTS = "".join(f"<font color=c{each}>" for each in range(250))
MEGABYTE = 1_000_000
HOSTILE = {
    "deep": "<div>" * 200_000 + "the end",
    "deep tables": "<table><tr><td>" * 50_000 + "the end",
    "tables in tables": "<table>" * 100_000 + "the end",
    "open items": "<li>x" * 200_000 + "the end",
    "formatting that is opened again with every paragraph": f"<p>{FONTS}" + "<p>x" * 50_000,
    "formatting that is opened again with every block": "".join(f"<div>{FONTS[:3_000]}x</div>" for _ in range(500)),
    "formatting that is moved in front of a table": f"<table>{FONTS}" + "<tr>x" * 50_000,
    "links in links": '<a href="https://x.example/">x' * 50_000,
    "misnested formatting": "<b><i></b></i>x" * 50_000,
    "large formatting": f'<b title="{"x" * 10_000}"><div></b>x' * 300,
    "ampersands": "&" * MEGABYTE,
    "no-break spaces": "&nbsp;" * (MEGABYTE // 2),
    "ampersands and unknown tags": "&&&&<x>" * 100_000,
    "ampersands in an attribute": f'<b title="{"&" * 16_000}">x</b>' * 50,
    "letters of three octets": "\u3042" * MEGABYTE,
    "quotes": '"' * MEGABYTE,
    ">": ">" * MEGABYTE,
    "<": "<" * MEGABYTE,
    "an attribute of a megabyte": f'<b title="{"x" * MEGABYTE}">the end</b>',
    "100,000 attributes": "<b " + "".join(f"a{each}=x " for each in range(100_000)) + ">the end",
    "100,000 attributes alike": "<b " + "title=x " * 100_000 + ">the end",
    "styles": f'<b style="{"color:red;" * 100_000}">the end</b>',
    "comments that never close": "<!--" * 250_000,
    "comments": "<!-- --><!-->" * 80_000,
    "CDATA that never closes": "<![CDATA[" * 110_000,
    "plaintext": "<plaintext>x" * 80_000,
    "a quote that never closes": '<a title="' * 100_000,
    "tags that never close": "<b " * 300_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_parser_is_given_is_bounded(name: str) -> None:
    """Its time and memory grow with the depth, with what it repairs, and with what it escapes in one text."""
    written, whole = written_anew(HOSTILE[name], Attributes({}, remote_images=False))

    assert octets(written) <= HTML_OCTETS * 1.1
    assert written.count("<") <= 6 * TAGS_SHOWN
    assert deepest(written) <= DEEPEST
    assert all(text.count("&") <= 2 * ESCAPED_IN_TEXT for text in texts(written))
    assert whole == (CUT not in written)
    if HOSTILE[name].endswith("the end"):
        assert not whole or "the end" in written


def deepest(written: str) -> int:
    depth = found = 0
    for piece in written.split("<")[1:]:
        depth += -1 if piece.startswith("/") else not piece.startswith(("br", "hr", "img", "wbr", "col>"))
        found = max(found, depth)
    assert depth == 0
    return found


def texts(written: str) -> list[str]:
    return [piece.partition(">")[2] for piece in written.split("<")]


def test_formatting_that_goes_on_does_not_multiply() -> None:
    """20 kB of tags once became 25 MB."""
    for written in (f"<p>{FONTS}" + "<p>x" * 4_000, f"<table>{FONTS}" + "<tr>x" * 4_000):
        assert len(sanitise(written).html) < 20 * len(written)


def test_what_is_too_long_for_an_answer_ends_with_a_mark() -> None:
    for written in ("word " * MEGABYTE, "\u3042" * MEGABYTE, "<p>x</p>" * TAGS_SHOWN, "&quot;&lt;" * MEGABYTE):
        shown = sanitise(written)
        assert not shown.whole
        assert octets(shown.html) <= HTML_OCTETS * 1.1
        assert shown.html.removesuffix("</p>").endswith(CUT)


def test_a_style_that_a_mail_repeats_is_looked_into_once_and_once_as_it_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Newsletters say one style on thousands of cells, and so do mails that are made to cost (`make fuzz SEED=54356`)."""
    seen: list[str] = []

    def noted(style: str) -> str:
        seen.append(style)
        return declarations(style)

    monkeypatch.setattr(html_style, "declarations", noted)
    shown = sanitise('<p style="MARGIN:0; position:fixed">x</p>' * 1_000).html

    assert shown.count('<p style="margin:0">') == 1_000
    assert seen == ["MARGIN:0; position:fixed", "margin:0"]
