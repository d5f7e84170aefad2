"""What the operator has verified of conversations: wired apart, for no other function needs it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from letterlock.entry.settings import setting
from letterlock.entry.wiring import (
    archive,
    blind_index,
    client,
    conversations,
    cursors,
    judge_mail,
    mailboxes,
    sealer,
)

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

    store = conversations()
    return ReplayMail(
        every_conversation=every_conversation("replay"),
        mailboxes=mailboxes(),
        conversations=store,
        archive=archive(),
        parser=MimeParser(),
        judge_mail=judge_mail(),
        envelope_of=envelope_of,
    )


@cache
def every_conversation(asked: str) -> EveryConversation:
    from letterlock.services.every_conversation import EveryConversation

    return EveryConversation(digests(), mailboxes(), cursors(), asked)


@cache
def digests() -> DynamoDigests:
    from letterlock.adapters.dynamo_digests import DynamoDigests

    return DynamoDigests(client("dynamodb"), setting("CONVERSATIONS_TABLE"), sealer(), blind_index())
