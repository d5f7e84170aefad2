"""The canary sees what leaks: each of these lets something out on purpose, and would fail if it went unseen."""

from typing import Any

import pytest

from letterlock.adapters import event_bus
from letterlock.domain.errors import Conflict, NotFound
from letterlock.entry import wiring
from letterlock.entry.settings import setting
from tests import canary
from tests.handlers.stack import Stack, rest_event

MAIL = (
    b"From: Zebra Stripe <zebra-sender@customer.example>\r\nTo: support@acme.example\r\nSubject: Zebra subject\r\n"
    b"Message-ID: <zebra-message-id@customer.example>\r\nX-Zebra: a zebra's own header\r\n\r\n"
    b"Zebra body of a mail.\r\nIts second line of the zebra, write to zebra-friend@customer.example.\r\n"
)
SAID = (
    "Zebra Stripe",
    "zebra-sender@customer.example",
    "Zebra subject",
    "Zebra body of a mail.",
    "zebra-message-id@customer.example",
    "Its second line of the zebra, write to zebra-friend@customer.example.",
    "zebra-friend@customer.example",
    "a zebra's own header",
)

VERIFY = "letterlock.services.verify_digests.VerifyDigests.__call__"


@pytest.mark.leaks
@pytest.mark.parametrize("word", SAID)
def test_a_word_of_a_mail_in_a_log(stack: Stack, word: str) -> None:
    stack.mail(MAIL)
    print(f'{{"level":"INFO","message":"stored","subject":"{word}"}}')


@pytest.mark.leaks
def test_an_api_token_in_a_log(stack: Stack) -> None:
    stack.api("GET", "/v1/conversations")
    print(f"token {stack.token} was used")


@pytest.mark.leaks
def test_a_subject_on_the_bus(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.mail(MAIL)
    publish = event_bus.EventBridgeBus.publish

    def talkative(bus: Any, details: Any) -> Any:
        bus._client.put_events(
            Entries=[
                {"Source": "x", "DetailType": "x", "Detail": '{"subject":"Zebra subject"}', "EventBusName": "facts"}
            ]
        )
        return publish(bus, details)

    monkeypatch.setattr(event_bus.EventBridgeBus, "publish", talkative)
    stack.relay()


@pytest.mark.leaks
def test_a_body_in_a_queue(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.mail(MAIL)

    def talkative(*_: Any, **__: Any) -> None:
        queue = setting("OUTBOUND_QUEUE_URL")
        wiring.client("sqs").send_message(QueueUrl=queue, MessageBody="Zebra body of a mail.")
        raise NotFound("no such workspace")

    monkeypatch.setattr(VERIFY, talkative)
    assert "error" in stack.call("digest_verification", {"workspace": stack.workspace})


@pytest.mark.leaks
def test_a_name_in_an_error_answer(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.mail(MAIL)

    def talkative(*_: Any, **__: Any) -> None:
        raise Conflict("Zebra Stripe was here already")

    monkeypatch.setattr("letterlock.services.read_inbox.ListConversations.__call__", talkative)
    event = rest_event("GET", "/v1/conversations", None, token=stack.token)
    assert stack.call("conversations_api", event)["statusCode"] == 409


@pytest.mark.leaks
def test_an_address_in_what_a_function_raises(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.mail(MAIL)

    def talkative(*_: Any, **__: Any) -> None:
        raise ValueError("zebra-sender@customer.example")

    monkeypatch.setattr(VERIFY, talkative)
    with pytest.raises(ValueError, match="zebra"):
        stack.call("digest_verification", {"workspace": stack.workspace})


@pytest.mark.leaks
def test_an_address_in_what_an_exception_came_from(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.mail(MAIL)

    def talkative(*_: Any, **__: Any) -> None:
        raise RuntimeError("could not be verified") from ValueError("zebra-sender@customer.example")

    monkeypatch.setattr(VERIFY, talkative)
    with pytest.raises(RuntimeError):
        stack.call("digest_verification", {"workspace": stack.workspace})


@pytest.mark.leaks
def test_a_name_in_the_key_of_an_object(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.mail(MAIL)

    def talkative(*_: Any, **__: Any) -> None:
        wiring.client("s3").put_object(Bucket="archive", Key="stack/Zebra Stripe/raw", Body=b"")
        raise NotFound("no such workspace")

    monkeypatch.setattr(VERIFY, talkative)
    assert "error" in stack.call("digest_verification", {"workspace": stack.workspace})


class _Watch:
    """The canary's reports alone: what it listens to listens already."""

    pytest_runtest_makereport = staticmethod(canary.pytest_runtest_makereport)


@pytest.mark.leaks
def test_a_leak_while_a_test_is_prepared_fails_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from tests.canary import CANARY

        @pytest.fixture
        def prepared():
            CANARY.know("zebra-prepared@customer.example")
            print("zebra-prepared@customer.example is on its way")

        def test_nothing_else(prepared):
            pass
        """
    )
    hits = list(canary.CANARY.hits)
    pytester.runpytest_inprocess("-p", "no:cacheprovider", plugins=[_Watch()]).assert_outcomes(errors=1)
    canary.CANARY.hits[:] = hits
