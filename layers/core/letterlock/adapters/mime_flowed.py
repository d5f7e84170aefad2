"""format=flowed (RFC 3676): lines that a mail program broke are put together again, as their author wrote them."""

from __future__ import annotations

from typing import Final

SIGNATURE: Final = "-- "
"""Section 4.3: it ends in a space, and is no line that flows."""
LINES_READ: Final = 300_000
"""A text with more lines is no letter, and stays as it came."""


def unflowed(text: str, *, delete_space: bool = False) -> str:
    """`text` has line feeds for line ends. `delete_space`: the parameter DelSp (section 4.5)."""
    if text.count("\n") > LINES_READ:
        return text
    out: list[str] = []
    paragraph: list[str] = []
    depth = 0
    for line in text.split("\n"):
        content = line.lstrip(">")
        quoted = len(line) - len(content)
        content = content[1:] if content.startswith(" ") else content  # space-stuffing, section 4.4
        if paragraph and (quoted != depth or content == SIGNATURE):
            out.append(_line(depth, "".join(paragraph).rstrip(" ")))
            paragraph = []
        depth = quoted
        if content.endswith(" ") and content != SIGNATURE:
            paragraph.append(content[:-1] if delete_space else content)
        else:
            out.append(_line(depth, "".join([*paragraph, content])))
            paragraph = []
    if paragraph:
        out.append(_line(depth, "".join(paragraph).rstrip(" ")))
    return "\n".join(out)


def _line(depth: int, content: str) -> str:
    return f"{'>' * depth} {content}" if depth and content else ">" * depth + content
