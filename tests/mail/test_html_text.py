"""HTML from strangers as text to read."""

import pytest

from letterlock.adapters.html_text import TEXT_CHARACTERS, to_text
from letterlock.adapters.html_tokens import CUT, TAGS_READ


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
        ("<div>one</div><div>two <b>bold</b>\n and   more</div>", "one\ntwo bold and more"),
        ("a &lt;b&gt; &amp; c&nbsp;d &euro; &#8364; &#x20ac;", "a <b> & c\u00a0d € € €"),
        ("<pre>  keep\n   this</pre>", "  keep\n   this"),
        ("<blockquote>one<blockquote>two</blockquote></blockquote>three", "> one\n>\n>> two\n\nthree"),
        ('<img src="cid:1" alt="a &quot;cup&quot;"> of tea', 'a "cup" of tea'),
        ('<a href="https://x.example/?a=b" title="1 > 0">link</a>', "link <https://x.example/?a=b>"),
        ("<SCRIPT>no</SCRIPT>yes<style>no</style><title>no</title><!-- no --><!DOCTYPE no>", "yes"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("never <b closed", "never"),
        ('<a title="never closed>text', "text"),
        ("<!-- never closed, as in a browser", ""),
        ("&#" + "9" * 5_000 + ";", "&#" + "9" * 5_000 + ";"),
        ("", ""),
        # tables
        ("<table><tr><td>Cup</td><td></td><td>2</td></tr><tr><th>Pot<td>8.00</table>", "Cup  2\nPot  8.00"),
        ("<table><tr><td>a<table><tr><td>b<td>c</table>d</table>e", "a\n\nb  c\n\nd\n\ne"),
        # lists
        ("<p>a</p><ul><li>b<li><p>c</p></ul><p>d</p>", "a\n\n- b\n- c\n\nd"),
        ("<ul><li>a<ul><li>b</ul><li>c</ul>", "- a\n  - b\n- c"),
        ("<ol><li>a<li>b</ol><ol start=7><li>c</ol>", "1. a\n2. b\n\n7. c"),
        ("<ol start=x><li>a<br>b</ol>", "1. a\n  b"),
        ("<blockquote><ul><li>a</ul></blockquote>", "> - a"),
        ("</ul></ul><li>a", "- a"),
        # links
        ('<a href="https://www.x.example/">x.example</a>', "x.example"),
        ('<a href="mailto:tom@x.example">tom@x.example</a> <a href="mailto:tom@x.example">Tom</a>', "tom@x.example Tom <tom@x.example>"),
        ('<a href="https://x.example"> here </a>now', "here <https://x.example> now"),
        ('<a href="https://x.example"><div>here</div></a>now', "here <https://x.example>\nnow"),
        ('<a href="https://x.example"><img src=x></a>a', "a"),
        ('<a href="https://x.example"><img src=x alt=Cups></a>a', "Cups <https://x.example>a"),
        ('<a href="javascript:x">a</a><a href="/x">b</a><a name=x>c</a><a href="https://a b/">d</a>', "abcd"),
        (f'<a href="https://x.example/{"x" * 1_000}">a</a>', "a"),
        # what is not to be seen
        ('<div style="display:none">no<div>no</div>no</div>yes', "yes"),
        ('<span style="color:red; DISPLAY : none !important">no</span>yes<img alt=no style="display:none">', "yes"),
        ('<p style="max-height:0;overflow:hidden">no<p>yes<p style="max-height:0.5em">yes', "yes\n\nyes"),
        ('<table><tr><td style="display:none">no<td>yes<tr style="display:none"><td>no<table><tr><td>no</table><tr><td>yes</table>', "yes\nyes"),
        ('<table style="visibility:hidden"><tr><td>no</table>yes<div title="display:none">yes</div>', "yes\nyes"),
        ('<ul><li style="display:none">no</ul>yes', "yes"),
        ('<div style="display:none">all that there is', "all that there is"),
    ],
)  # fmt: skip
def test_html_reads_as_a_person_would_read_it(html: str, text: str) -> None:
    assert to_text(html) == text


HOSTILE = [
    "<ul>" * 40_000 + "<li>x" * 5_000,
    "<blockquote>" * 40_000 + "x",
    '<a href="https://x.example/">x<br>' * 20_000,
    '<a href="https://x.example/"><div>x</div></a>' * 10_000,
    '<div style="display:none">' * 40_000 + "x",
    "<td style='display:none'><table>" * 20_000,
    f'<img alt="{"x" * 1_000_000}">',
    "<img " + "alt " * 250_000 + ">",
    "<a href='" * 100_000,
]


@pytest.mark.parametrize("html", HOSTILE, ids=lambda html: html[:24])
def test_a_rendition_is_no_larger_than_what_it_was_made_of(html: str) -> None:
    """Prefixes and addresses are bounded, so none multiplies."""
    assert len(to_text(html)) <= 2 * len(html)


def test_a_rendition_ends_somewhere() -> None:
    for html in ("word " * TEXT_CHARACTERS, "<p>x</p>" * TAGS_READ):
        text = to_text(html)
        assert len(text) <= TEXT_CHARACTERS + len(CUT)
        assert text.endswith(CUT.strip())
