"""One message as a page to open, or to put into a frame: sanitised HTML under a policy that would stop it anyway.

The sanitiser is the wall; the policy is the second one. `sandbox` without `allow-scripts` runs nothing, whoever frames
the page, and `allow-same-origin` is what lets the mail's own images come with the session's cookie. Links open in a
window of their own, outside the sandbox.
"""

from __future__ import annotations

from html import escape
from typing import Final

from letterlock.adapters.answer_octets import TEXT_OCTETS, within
from letterlock.domain.conversations import Message
from letterlock.domain.mail import Content, ShownHtml
from letterlock.entry.settings import setting

MEDIA_TYPE: Final = "text/html; charset=utf-8"
_POLICY: Final = (
    "default-src 'none'; img-src 'self' {images}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)
_STYLE: Final = (
    ":root{color-scheme:light;background:#fff;color:#000}body{font:15px/1.5 system-ui,sans-serif;margin:1rem;"
    "overflow-wrap:break-word}img{max-width:100%}pre{white-space:pre-wrap;font:inherit}"
)


def content_security_policy(*, remote_images: bool) -> str:
    """Images: our own route, and the bucket that it leads to, by both of its names; any by HTTPS when asked for."""
    bucket, region = setting("DOWNLOADS_BUCKET"), setting("AWS_REGION")
    downloads = f"https://{bucket}.s3.{region}.amazonaws.com https://{bucket}.s3.amazonaws.com"
    return _POLICY.format(images="https:" if remote_images else downloads)


def own_images_nearby(message: Message) -> dict[str, str]:
    """Where the message's files are served, by content id, as seen from its page: whatever stands before `/v1`."""
    return {each.content_id: f"attachments/{each.id}" for each in reversed(message.attachments) if each.content_id}


def page(content: Content, html: ShownHtml) -> str:
    """A mail without HTML is its text."""
    shown = html.html or f"<pre>{escape(within(content.text, TEXT_OCTETS), quote=False)}</pre>"
    return (
        '<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Message</title><style>{_STYLE}</style></head><body>{shown}</body></html>"
    )
