"""What the operator has verified of conversations: wired apart, for no other function needs it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from letterlock.entry import mail_wiring, wiring
from letterlock.entry.settings import setting

if TYPE_CHECKING:
    from letterlock.adapters.dynamo_digests import DynamoDigests
    from letterlock.services.every_conversation import EveryConversation
    from letterlock.services.replay_mail import ReplayMail
    from letterlock.services.verify_digests import VerifyDigests


@cache
def verify_digests() -> VerifyDigests:
    from letterlock.services.verify_digests import VerifyDigests

    return VerifyDigests(digests(), every_conversation("digests"))


@cache
def replay_mail() -> ReplayMail:
    from letterlock.adapters.mime_parser import MimeParser
    from letterlock.adapters.ses_stored_mail import envelope_of
    from letterlock.services.replay_mail import ReplayMail

    store = wiring.conversations()
    return ReplayMail(
        every_conversation=every_conversation("replay"),
        mailboxes=wiring.mailboxes(),
        conversations=store,
        archive=wiring.archive(),
        parser=MimeParser(),
        judge_mail=mail_wiring.judge_mail(),
        envelope_of=envelope_of,
    )


@cache
def every_conversation(asked: str) -> EveryConversation:
    from letterlock.services.every_conversation import EveryConversation

    return EveryConversation(digests(), wiring.mailboxes(), wiring.cursors(), asked)


@cache
def digests() -> DynamoDigests:
    from letterlock.adapters.dynamo_digests import DynamoDigests

    return DynamoDigests(
        wiring.client("dynamodb"), setting("CONVERSATIONS_TABLE"), wiring.sealer(), wiring.blind_index()
    )
