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
        ('<a href="https://x.example/?a>b" title="1 > 0">link</a>', "link"),
        ("<SCRIPT>no</SCRIPT>yes<style>no</style><title>no</title><!-- no --><!DOCTYPE no>", "yes"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("never <b closed", "never"),
        ('<a title="never closed>text', "text"),
        ("<!-- never closed, as in a browser", ""),
        ("&#" + "9" * 5_000 + ";", "&#" + "9" * 5_000 + ";"),
        ("", ""),
    ],
)
def test_html_reads_as_a_person_would_read_it(html: str, text: str) -> None:
    assert to_text(html) == text


def test_a_rendition_ends_somewhere() -> None:
    for html in ("word " * TEXT_CHARACTERS, "<p>x</p>" * TAGS_READ):
        text = to_text(html)
        assert len(text) <= TEXT_CHARACTERS + len(CUT)
        assert text.endswith(CUT.strip())
