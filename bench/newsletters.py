"""Mails of the kinds that a help desk gets, in the sizes that they have: the set of `make bench-ingest`."""

from __future__ import annotations

import random
from email.message import EmailMessage
from typing import Final

from bench.letters import CUSTOMER, letter, prose

TO: Final = "support@acme.example"
IMAGE_BYTES: Final = 40_000
IMAGES: Final = 3


def texts(count: int) -> list[bytes]:
    """2 kB, text and HTML."""
    return [letter(number, to=TO) for number in range(count)]


def newsletters(count: int) -> list[bytes]:
    """50 to 200 kB of HTML: nested tables, links, styles."""
    return [_newsletter(number, 50_000 + 150_000 * number // max(1, count - 1)) for number in range(count)]


def with_images(count: int) -> list[bytes]:
    """HTML that shows three images of 40 kB."""
    return [_with_images(number) for number in range(count)]


def with_files(count: int) -> list[bytes]:
    """1 to 10 MB of attachment."""
    sizes = [1_000_000 + 9_000_000 * number // max(1, count - 1) for number in range(count)]
    return [letter(number, to=TO, attachment_bytes=size) for number, size in enumerate(sizes)]


def _newsletter(number: int, size: int) -> bytes:
    mail = _headed(number, "What is new this week")
    row = (
        '<tr><td style="padding:12px 0;font-family:Arial,sans-serif" align="left"><table width="100%%"><tr><td>'
        '<a href="https://news.example/c/%d/%d?utm_source=mail" style="color:#036">%s</a></td></tr></table></td></tr>\n'
    )
    rows, written = [], 0
    for item, paragraph in enumerate(prose(size, number).split("\n\n")):
        rows.append(row % (number, item, paragraph))
        written += len(rows[-1])
        if written > size:
            break
    mail.set_content(
        f"<html><body><table width='600'>{''.join(rows)}</table></body></html>", subtype="html", cte="8bit"
    )
    return mail.as_bytes()


def _with_images(number: int) -> bytes:
    chance = random.Random(number)  # noqa: S311 - pictures, no secrets
    mail = _headed(number, "Photos of the damage")
    mail.set_content(prose(1_000, number))
    shown = "".join(f'<p><img src="cid:photo{each}@camera" width="400"></p>' for each in range(IMAGES))
    mail.add_alternative(f"<html><body><p>{prose(1_000, number)}</p>{shown}</body></html>", subtype="html")
    *_, html = mail.iter_parts()
    if not isinstance(html, EmailMessage):
        raise TypeError(html)
    for each in range(IMAGES):
        picture = b"\xff\xd8\xff\xe0" + chance.randbytes(IMAGE_BYTES)
        html.add_related(picture, "image", "jpeg", cid=f"<photo{each}@camera>")
    return mail.as_bytes()


def _headed(number: int, subject: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"Ana Example <{CUSTOMER}>"
    mail["To"] = TO
    mail["Subject"] = subject
    mail["Message-ID"] = f"<N{number:020d}@news.customer.example>"
    return mail
