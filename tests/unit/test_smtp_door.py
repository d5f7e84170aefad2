"""The local cloud's SMTP door: what a sender is told, and what the receipt rule gets."""

from collections.abc import Coroutine
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from botocore.exceptions import EndpointConnectionError

from local.receipt import Delivery
from local.smtp_door import Door
from local.verdicts import BY_DOMAIN, Verdicts

MAIL = b"From: Ana <ana@client.example>\r\nSubject: Hello\r\n\r\nHello\r\n"


class Rule:
    """Takes deliveries as the receipt rule does, or fails as it does when S3 is away."""

    def __init__(self, *, fails: bool = False) -> None:
        self.taken: list[tuple[Delivery, bytes]] = []
        self._fails = fails

    async def __call__(self, delivery: Delivery, raw: bytes) -> None:
        if self._fails:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:4566")
        self.taken.append((delivery, raw))


def finished(coroutine: Coroutine[Any, Any, str]) -> str:
    """The result of a coroutine that waits for nothing."""
    with pytest.raises(StopIteration) as end:
        coroutine.send(None)
    return str(end.value.value)


def sent(
    rule: Rule, *recipients: str, sender: str = "ana@client.example", helo: str = "client.example", raw: bytes = MAIL
) -> list[str]:
    """The door's answers to each recipient and to the mail."""
    door = Door(rule, mail_domain="demo.test")
    server: Any = SMTP.__new__(SMTP)
    session: Any = Session.__new__(Session)
    envelope = Envelope()
    session.host_name, session.peer = helo, ("127.0.0.1", 40000)
    envelope.mail_from, envelope.original_content = sender, raw
    answers = [finished(door.handle_RCPT(server, session, envelope, each, [])) for each in recipients]
    return [*answers, finished(door.handle_DATA(server, session, envelope))]


def test_a_mail_is_acknowledged_with_the_id_under_which_it_was_stored() -> None:
    rule = Rule()
    *_, answer = sent(rule, "support@demo.test")
    delivery, raw = rule.taken[0]
    assert answer == f"250 Ok {delivery.message_id}"
    assert raw == MAIL


def test_a_mail_that_could_not_be_stored_is_asked_for_again() -> None:
    *_, answer = sent(Rule(fails=True), "support@demo.test")
    assert answer.startswith("451 ")


def test_several_recipients_make_one_delivery_that_names_each_once() -> None:
    rule = Rule()
    sent(rule, "support@demo.test", "sales@demo.test", "support@demo.test")
    assert [delivery.recipients for delivery, _ in rule.taken] == [("support@demo.test", "sales@demo.test")]


def test_any_address_of_the_mail_domain_is_accepted_and_no_other_domain_is() -> None:
    answers = sent(Rule(), "nobody-we-know@DEMO.test", "support@elsewhere.test", "support@sub.demo.test")
    assert [answer[:3] for answer in answers] == ["250", "550", "550", "250"]


def test_a_bounce_has_no_sender() -> None:
    rule = Rule()
    sent(rule, "support@demo.test", sender="<>")
    assert rule.taken[0][0].mail_from == ""


def test_every_verdict_is_a_pass_unless_the_envelope_asks_for_another() -> None:
    rule = Rule()
    sent(rule, "support@demo.test", raw=b"From: a@spam.test\r\nX-SES-Spam-Verdict: FAIL\r\n\r\n")
    assert rule.taken[0][0].verdicts == Verdicts()


@pytest.mark.parametrize("domain", sorted(BY_DOMAIN))
def test_a_verdict_is_asked_for_with_the_senders_domain_or_with_ehlo(domain: str) -> None:
    rule = Rule()
    sent(rule, "support@demo.test", sender=f"ana@{domain}")
    sent(rule, "support@demo.test", helo=domain.upper())
    assert [delivery.verdicts for delivery, _ in rule.taken] == [BY_DOMAIN[domain]] * 2
    assert BY_DOMAIN[domain] != Verdicts()
