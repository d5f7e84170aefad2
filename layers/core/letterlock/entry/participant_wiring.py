"""Which adapter stands behind which port, for who takes part in a conversation: see `entry.wiring`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from letterlock.entry import people_wiring, wiring
from letterlock.entry.settings import setting

if TYPE_CHECKING:
    from letterlock.adapters.dynamo_conversations import DynamoConversations
    from letterlock.services.manage_participants import AddParticipant, ConfirmSender, RemoveParticipant


@cache
def recorded_conversations() -> DynamoConversations:
    """The store of conversations, for acts that are recorded in the audit log."""
    from letterlock.adapters.dynamo_conversations import DynamoConversations

    return DynamoConversations(
        wiring.client("dynamodb"),
        setting("CONVERSATIONS_TABLE"),
        wiring.sealer(),
        wiring.blind_index(),
        wiring.now,
        wiring.audit_entries(),
    )


@cache
def confirm_sender() -> ConfirmSender:
    from letterlock.services.manage_participants import ConfirmSender

    return ConfirmSender(recorded_conversations(), people_wiring.deeds(), wiring.ids(), wiring.now)


@cache
def add_participant() -> AddParticipant:
    from letterlock.services.manage_participants import AddParticipant

    return AddParticipant(
        recorded_conversations(),
        wiring.contacts(),
        wiring.mailboxes(),
        people_wiring.deeds(),
        wiring.ids(),
        wiring.now,
    )


@cache
def remove_participant() -> RemoveParticipant:
    from letterlock.services.manage_participants import RemoveParticipant

    return RemoveParticipant(recorded_conversations(), people_wiring.deeds(), wiring.ids(), wiring.now)
