"""What a secret scanner reports is believed when it is signed, and what of it is ours and live is dead at once."""

import hashlib
import json
from base64 import b64encode
from typing import Any

import pytest

from bench.leaks import KEY_NAME, public_keys, report, signed
from letterlock.adapters.leak_reports import ScannerKeys
from letterlock.domain.errors import Unauthenticated
from tests.handlers.stack import Stack, rest_event
from tests.handlers.test_api_refusals import assert_problem
from tests.handlers.test_tokens import ask, everything, made

PATH = "/v1/secret-scanning"
P384 = """-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEKDwdc2XOR4jyn46/I07f/q1v6Zf76l/6
LVjMnfp7HFCLBVJvVbnrsgQPBbSPttDhlHXJkGHkG4i6Uu/bjBaQRxph2GfteZcp
2cks0B29IlYw2E7eMqePnmRmTNrFEu+M
-----END PUBLIC KEY-----"""


def told(stack: Stack, body: str, headers: dict[str, str] | None = None) -> Any:
    return stack.api("POST", PATH, body, token="", headers=signed(body) if headers is None else headers)


def labels(answer: Any) -> list[str]:
    assert answer[0] == 200, answer[1]
    return [each["label"] for each in answer[1]]


def test_every_live_token_of_ours_in_a_report_is_revoked_and_its_owner_told(stack: Stack) -> None:
    ana, bea = stack.person(), stack.person()
    personal, kept = made(stack, ana)["token"], made(stack, ana)["token"]
    body = report(personal, "ghp_0123456789", bea.secret, kept[:-1] + "x", stack.token, personal)
    stack.relay()

    answer = told(stack, body)
    assert labels(answer) == [
        "true_positive", "false_positive", "true_positive", "false_positive", "true_positive", "true_positive",
    ]  # fmt: skip
    assert answer[1][0] == {
        "token_hash": hashlib.sha256(personal.encode()).hexdigest(),
        "token_type": "letterlock_token",
        "label": "true_positive",
    }
    for token in (personal, stack.token):
        assert stack.api("GET", "/v1/me", token=token)[0] == 401
    assert ask(stack, bea, "GET", "/v1/me")[0] == 401
    assert stack.api("GET", "/v1/me", token=kept)[0] == 200
    leaked = [each["detail"]["data"] for each in stack.relay() if each["detail-type"] == "TokenLeaked"]
    assert {each["holder"] for each in leaked} == {ana.id, bea.id, leaked[-1]["credential"]}
    assert labels(told(stack, body)) == ["false_positive"] * 6
    assert [each for each in stack.relay() if each["detail-type"] == "TokenLeaked"] == []


def test_a_report_may_come_in_base64(stack: Stack) -> None:
    body = report(stack.token)
    event = rest_event("POST", PATH, b64encode(body.encode()).decode(), token="", headers=signed(body))
    answer = stack.call("accounts_api", event | {"isBase64Encoded": True})
    assert [each["label"] for each in json.loads(answer["body"])] == ["true_positive"]


IDENTIFIER, SIGNATURE = "Github-Public-Key-Identifier", "Github-Public-Key-Signature"


@pytest.mark.parametrize(
    "spoilt",
    [
        {IDENTIFIER: "", SIGNATURE: ""},
        {IDENTIFIER: ""},
        {IDENTIFIER: "0" * 64},
        {SIGNATURE: ""},
        {SIGNATURE: "not base64"},
        {SIGNATURE: b64encode(b"not DER").decode()},
        {SIGNATURE: signed("another body")[SIGNATURE]},
    ],
)
def test_what_no_known_scanner_signed_is_not_looked_into(stack: Stack, spoilt: dict[str, str]) -> None:
    """Whoever names a scanner's key is in the audit log, once; for that nothing is read but the key that seals it."""
    before, entries = everything("AccountsTable", "ConversationsTable"), len(everything("AuditTable"))
    calls = len(stack.recorder.calls)
    for body in (report(stack.token), "[]", "{}"):
        headers = {name: value for name, value in (signed(body) | spoilt).items() if value}
        assert_problem(told(stack, body, headers), 401, "unauthenticated")
    named = IDENTIFIER not in spoilt
    touched = {resource for each in stack.recorder.calls[calls:] for _, resource in each.grants}
    assert touched <= ({"AuditTable", "KeysTable", "SealingKey"} if named else set())
    assert everything("AccountsTable", "ConversationsTable") == before
    assert len(everything("AuditTable")) == entries + named


@pytest.mark.parametrize("body", ["{}", '{"token": "x"}', '["x"]', "[{}]", '[{"token": 1}]', "[[]]", "null"])
def test_a_signed_report_of_another_shape_is_refused(stack: Stack, body: str) -> None:
    assert_problem(told(stack, body), 400, "invalid")


def test_what_is_no_json_is_refused(stack: Stack) -> None:
    assert_problem(told(stack, "[{"), 400, "invalid")


def test_a_report_is_bounded(stack: Stack) -> None:
    assert labels(told(stack, report(*["x"] * 1000))) == ["false_positive"] * 1000
    assert_problem(told(stack, report(*["x"] * 1001)), 413, "too-large")
    large = json.dumps([{"token": "x", "url": "u" * 1024 * 1024}])
    assert_problem(told(stack, large), 413, "too-large")
    assert labels(told(stack, "[]")) == []


def test_fields_that_the_scanner_adds_one_day_are_let_be(stack: Stack) -> None:
    body = json.dumps([{"token": stack.token, "confidence": {"level": 9}}])
    answer = told(stack, body)
    assert labels(answer) == ["true_positive"]
    assert answer[1][0]["token_type"] == ""


def test_a_token_in_the_report_is_in_no_log(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    told(stack, report(stack.token, "zebra"))
    told(stack, report(stack.token, "zebra") + " ", signed("x"))
    printed = capsys.readouterr().out
    assert stack.token not in printed
    assert "zebra" not in printed


def test_a_key_of_another_kind_is_none() -> None:
    with pytest.raises(ValueError, match="P-256"):
        ScannerKeys(json.dumps({"k": P384}))
    with pytest.raises(Unauthenticated):
        ScannerKeys("{}").verify(KEY_NAME, signed("x")["Github-Public-Key-Signature"], b"x")
    ScannerKeys(public_keys()).verify(KEY_NAME, signed("x")["Github-Public-Key-Signature"], b"x")
