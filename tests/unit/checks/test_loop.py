"""A mail of ours that comes back is known, and nobody else's is taken for it."""

import pytest

from letterlock.adapters.mime_parser import MimeParser
from letterlock.adapters.outgoing_mime import compose
from letterlock.domain.checks.automatic import automatic
from letterlock.domain.checks.loop import Loop, Purpose, loop
from letterlock.domain.mail import Address, Mail
from letterlock.domain.replies import OutgoingMail
from tests.unit.checks.given import AT, MAILBOX, delivered, judged


def sent(sender: str, purpose: Purpose) -> Mail:
    mail = OutgoingMail(
        Address(sender), Address(sender), (Address("ana@customer.example"),), (), "s", "t", "", "", (), purpose
    )
    return MimeParser().parse(bytes(compose(mail, AT)))


@pytest.mark.parametrize("purpose", list(Purpose))
def test_whatever_went_out_from_a_mailbox_and_comes_back_to_it_is_a_loop(purpose: Purpose) -> None:
    expected = Loop.NOTIFICATION if purpose is Purpose.NOTIFICATION else Loop.OWN_MAIL
    assert loop(sent(MAILBOX, purpose), MAILBOX) is expected
    assert loop(sent(MAILBOX.upper(), purpose), MAILBOX) is expected


def test_what_was_to_tell_somebody_of_a_team_is_a_loop_in_any_mailbox() -> None:
    assert loop(sent("notifications@mail.acme.example", Purpose.NOTIFICATION), MAILBOX) is Loop.NOTIFICATION


@pytest.mark.parametrize("purpose", [Purpose.REPLY, Purpose.ACKNOWLEDGEMENT, Purpose.ACCOUNT])
def test_what_another_desk_sends_is_a_mail_like_any_other(purpose: Purpose) -> None:
    assert loop(sent("help@other.example", purpose), MAILBOX) is None


def test_a_mail_without_the_mark_is_none_of_ours() -> None:
    assert judged(sender=f"Acme <{MAILBOX}>").loop is None
    assert judged("X-Letterlock-Loop: ;;;").loop is None


def test_only_what_a_person_wrote_goes_out_as_a_persons() -> None:
    found = {purpose: automatic(sent(MAILBOX, purpose), delivered()) for purpose in Purpose}
    assert {purpose: found and found.kind for purpose, found in found.items()} == {
        Purpose.REPLY: None,
        Purpose.ACKNOWLEDGEMENT: "auto_replied",
        Purpose.NOTIFICATION: "auto_generated",
        Purpose.ACCOUNT: "auto_generated",
    }
