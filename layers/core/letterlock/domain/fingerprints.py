"""What tells one mail from every other: what it says, not how it travelled."""

from __future__ import annotations

import hashlib
import json

from letterlock.domain.mail import Mail


def fingerprint(mail: Mail) -> bytes:
    """SHA-256 over subject, sender, recipients, references, date, bodies and files.

    Equal for two deliveries of one mail, whatever headers each hop added; different for two mails that share a
    Message-ID.
    """
    said = json.dumps(
        [
            mail.subject,
            mail.sender.key if mail.sender else "",
            [each.key for each in mail.to],
            [each.key for each in mail.cc],
            [each.key for each in mail.reply_to],
            [*mail.in_reply_to, *mail.references],
            mail.date.isoformat() if mail.date else "",
            mail.text,
            mail.html,
            [[each.name, each.media_type, each.sha256] for each in mail.attachments],
        ],
        ensure_ascii=True,
    )
    return hashlib.sha256(said.encode("ascii")).digest()
