"""What of a mail's style may be shown."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letterlock.adapters.html_style import PROPERTIES, declarations, loads


@pytest.mark.parametrize(
    ("style", "shown"),
    [
        ("color:red", "color:red"),
        ("COLOR : Red !important;", "color:red"),
        ("margin:0 auto;padding:.5em 1.25em", "margin:0 auto;padding:.5em 1.25em"),
        ("color:#1A2b3C;background:rgb(1, 2,3)", "color:#1a2b3c;background:rgb(1, 2,3)"),
        ("background-color:hsla(120, 50%, 50%, 0.5)", "background-color:hsla(120, 50%, 50%, 0.5)"),
        ("font-family:'Segoe UI', \"Helvetica\", -apple-system", "font-family:segoe ui, helvetica, -apple-system"),
        ("font:bold 14px/1.5 Arial", "font:bold 14px/1.5 arial"),
        ("border:1px solid #ccc;;width:100%;", "border:1px solid #ccc;width:100%"),
        ("display:none;max-height:0", "display:none;max-height:0"),
        ("mso-line-height-rule:exactly;line-height:20px", "line-height:20px"),
    ],
)
def test_the_look_of_text_and_boxes_stays(style: str, shown: str) -> None:
    assert declarations(style) == shown


@pytest.mark.parametrize(
    "style",
    [
        "position:fixed",
        "top:0;left:0;z-index:9999",
        "transform:translate(0,-500px)",
        "margin:-500px",
        "margin-top:-1px",
        "opacity:0",
        "animation:x 1s",
        "content:'x'",
        "cursor:url(https://x.example/c.cur)",
        "background:url(https://x.example/p.gif)",
        "background:URL( 'https://x.example/p.gif' )",
        "background:red url(//x.example)",
        "background:u\\72l(https://x.example)",
        "background:u/**/rl(https://x.example)",
        "background-image:url(https://x.example)",
        "background:image-set('https://x.example' 1x)",
        "background:-webkit-image-set(url(x) 1x)",
        "list-style-image:url(x)",
        "list-style:url(x)",
        "width:expression(alert(1))",
        "width:calc(1px)",
        "color:var(--x)",
        "--x:1",
        "behavior:url(x.htc)",
        "-moz-binding:url(x)",
        "color:red}body{display:none",
        "color:red/*",
        "font-family:a\\",
        "@import 'https://x.example'",
        "color",
        ":red",
        "color:",
        "width:99999px",
    ],
)
def test_nothing_leaves_its_place_and_nothing_loads(style: str) -> None:
    assert declarations(style) == ""


def test_what_would_load_is_known() -> None:
    assert loads("background: URL(https://x.example)")
    assert not loads("background: red")


PIECES = st.sampled_from(
    [
        *sorted(PROPERTIES),
        *":;,/()'\"\\{}@!#- \n\t",
        "url",
        "expression",
        "rgb(",
        "red",
        "1px",
        "-1px",
        "/*",
        "*/",
        "\x00",
    ]
)
STYLES = st.one_of(st.lists(PIECES, max_size=30).map("".join), st.text(max_size=60))


@given(STYLES)
def test_what_is_shown_is_plain_and_shown_again_unchanged(style: str) -> None:
    shown = declarations(style)

    assert declarations(shown) == shown
    assert re.fullmatch(r"[a-z0-9 #%.,:;/()-]*", shown)
    assert not re.search(r"(?<!rgb)(?<!rgba)(?<!hsl)(?<!hsla)\(|//|/\*|-\d", shown)
