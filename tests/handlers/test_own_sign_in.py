"""People change how they sign in: their password, their second factor; and get a new password when they forgot it."""

from base64 import b32decode
from datetime import timedelta
from email import message_from_string
from email.utils import parseaddr
from typing import Any

import boto3
import pytest

from bench.browser import ANA, PASSWORD, Browser, code_of, enrolled, joined, link_mailed, me, owner
from letterlock.entry import people_wiring, settings, token_wiring, wiring
from tests.handlers.stack import Stack

NEW = "a new and longer phrase"
FACTOR = "urn:letterlock:problem:second-factor-required"


# ---- the password ---------------------------------------------------------------------------------------------------


def test_who_changes_the_password_stays_signed_in_under_another_secret_and_all_others_are_out(stack: Stack) -> None:
    browser, other = owner(stack), Browser(stack)
    other.sign_in()
    before = browser.cookie

    browser.must("PUT", "/v1/me/password", {"current": PASSWORD, "new": NEW})

    assert browser.must("GET", "/v1/me")["email"] == ANA
    assert len(browser.must("GET", "/v1/me/sessions")["sessions"]) == 1
    assert other.ask("GET", "/v1/me")[0] == 401
    assert Browser(stack, before).ask("GET", "/v1/me")[0] == 401
    assert Browser(stack).sign_in(password=PASSWORD)[0] == 401
    assert Browser(stack).sign_in(password=NEW)[0] == 201
    (mail,) = stack.mailed()
    assert "password" in mail


def test_whoever_sits_at_an_open_browser_changes_nothing_without_the_password(stack: Stack) -> None:
    browser = owner(stack)

    answers = [browser.ask("PUT", "/v1/me/password", {"current": NEW, "new": NEW})[0] for _ in range(11)]

    assert answers == [403] * 10 + [429]
    assert Browser(stack).sign_in()[0] == 201


def test_a_token_changes_no_password(stack: Stack) -> None:
    assert stack.api("PUT", "/v1/me/password", {"current": PASSWORD, "new": NEW})[0] == 403


def test_a_password_is_the_same_from_every_keyboard(stack: Stack) -> None:
    browser = owner(stack)
    browser.must("PUT", "/v1/me/password", {"current": PASSWORD, "new": "Grüße an alle Leute"})

    assert Browser(stack).sign_in(password="Gru\u0308ße an alle Leute")[0] == 201


# ---- the second factor ----------------------------------------------------------------------------------------------


def test_with_a_second_factor_the_password_alone_lets_nobody_in(stack: Stack) -> None:
    browser = owner(stack)
    secret, _ = enrolled(browser)
    assert browser.must("GET", "/v1/me")["email"] == ANA

    status, answer = Browser(stack).sign_in()
    assert (status, answer["type"]) == (401, FACTOR)
    assert Browser(stack).sign_in(password=NEW) == Browser(stack).sign_in("nobody@team.example"), "nothing of a factor"
    assert Browser(stack).sign_in(code=code_of(secret, 30))[0] == 201


def test_a_code_works_once(stack: Stack) -> None:
    secret, _ = enrolled(owner(stack))
    code = code_of(secret, 30)

    assert Browser(stack).sign_in(code=code)[0] == 201
    status, answer = Browser(stack).sign_in(code=code)
    assert (status, answer["type"]) == (401, FACTOR)


def test_a_code_of_another_time_is_none(stack: Stack) -> None:
    secret, _ = enrolled(owner(stack))

    for seconds in (-90, 90, 3600):
        assert Browser(stack).sign_in(code=code_of(secret, seconds))[0] == 401


def test_a_recovery_code_works_once_in_the_codes_place(stack: Stack) -> None:
    _, codes = enrolled(owner(stack))
    assert len(set(codes)) == 10

    assert Browser(stack).sign_in(code=codes[3].upper())[0] == 201
    assert Browser(stack).sign_in(code=codes[3])[0] == 401
    assert Browser(stack).sign_in(code=codes[4])[0] == 201


def test_codes_are_not_to_be_guessed(stack: Stack) -> None:
    enrolled(owner(stack))

    answers = [Browser(stack).sign_in(code=f"{number:06}")[0] for number in range(12)]

    assert 429 in answers


def test_a_second_factor_counts_only_when_a_code_of_it_was_seen(stack: Stack) -> None:
    browser = owner(stack)
    shown = browser.must("POST", "/v1/me/totp", {"password": PASSWORD})
    assert shown["uri"].startswith(f"otpauth://totp/Letterlock:{ANA}?secret={shown['secret']}&issuer=Letterlock")

    assert Browser(stack).sign_in()[0] == 201
    assert browser.ask("POST", "/v1/me/totp/confirm", {"code": code_of(shown["secret"], 3600)})[0] == 401
    assert Browser(stack).sign_in()[0] == 201
    assert browser.ask("DELETE", "/v1/me/totp", {"password": PASSWORD, "code": "123456"})[0] == 409


def test_a_second_factor_is_removed_by_who_has_both(stack: Stack) -> None:
    browser = owner(stack)
    secret, codes = enrolled(browser)
    stack.mailed()
    assert browser.ask("POST", "/v1/me/totp", {"password": PASSWORD})[0] == 409

    assert browser.ask("DELETE", "/v1/me/totp", {"password": NEW, "code": code_of(secret, 30)})[0] == 403
    assert browser.ask("DELETE", "/v1/me/totp", {"password": PASSWORD, "code": code_of(secret, 90)})[0] == 401
    assert browser.ask("DELETE", "/v1/me/totp", {"password": PASSWORD, "code": codes[0]})[0] == 204

    assert browser.must("GET", "/v1/me")["email"] == ANA
    assert Browser(stack).sign_in()[0] == 201
    (mail,) = stack.mailed()
    assert "second factor" in mail


def test_whoever_sits_at_an_open_browser_sets_up_and_removes_no_second_factor(stack: Stack) -> None:
    browser = owner(stack)
    stack.mailed()
    routes = ("POST", "/v1/me/totp"), ("DELETE", "/v1/me/totp"), ("POST", "/v1/me/totp/recovery-codes")
    for method, path in routes:
        code = {} if (method, path) == routes[0] else {"code": "123456"}
        assert browser.ask(method, path, code)[0] == 400
        status, answer = browser.ask(method, path, {"password": NEW, **code})
        assert (status, answer["detail"]) == (403, "this is not your password")
    assert Browser(stack).sign_in()[0] == 201
    assert stack.mailed() == []


def test_new_recovery_codes_take_the_password_and_a_code(stack: Stack) -> None:
    browser = owner(stack)
    secret, old = enrolled(browser)
    path = "/v1/me/totp/recovery-codes"
    assert browser.ask("POST", path, {"password": PASSWORD, "code": code_of(secret, 3600)})[0] == 401

    new = browser.must("POST", path, {"password": PASSWORD, "code": old[0]})["recovery_codes"]

    assert browser.must("GET", "/v1/me")["email"] == ANA
    assert Browser(stack).sign_in(code=old[1])[0] == 401
    assert Browser(stack).sign_in(code=new[0])[0] == 201


def test_each_change_of_how_one_signs_in_is_told_to_whose_it_is_and_so_is_a_recovery_code_that_is_used(
    stack: Stack,
) -> None:
    browser = owner(stack)
    stack.mailed()
    secret, codes = enrolled(browser)
    Browser(stack).sign_in(code=codes[0])
    Browser(stack).sign_in(code=code_of(secret, 30))
    codes = browser.must("POST", "/v1/me/totp/recovery-codes", {"password": PASSWORD, "code": codes[1]})[
        "recovery_codes"
    ]
    browser.must("DELETE", "/v1/me/totp", {"password": PASSWORD, "code": codes[0]})

    before = len(stack.sent())
    stack.mailed()
    mails = [message_from_string(each.raw_data) for each in stack.sent()[before:]]
    assert {parseaddr(str(each["To"]))[1] for each in mails} == {ANA}
    assert sorted(str(each["Subject"]) for each in mails) == [
        "Somebody signed in with a recovery code",
        "You have a second factor now",
        "You have new recovery codes",
        "Your second factor was removed",
    ]
    text = "".join(each.raw_data for each in stack.sent()[before:])
    assert not any(each in text for each in (secret, *codes))


# ---- a forgotten password -------------------------------------------------------------------------------------------


def asked_for(stack: Stack) -> str:
    Browser(stack).must("POST", "/v1/password-resets", {"email": ANA})
    return link_mailed(stack)


def test_the_link_sets_another_password_and_ends_every_session(stack: Stack) -> None:
    browser = owner(stack)
    token = asked_for(stack)

    Browser(stack).must("POST", "/v1/password-resets/complete", {"token": token, "password": NEW})

    assert browser.ask("GET", "/v1/me")[0] == 401
    assert Browser(stack).sign_in(password=PASSWORD)[0] == 401
    assert Browser(stack).sign_in(password=NEW)[0] == 201


def test_the_second_factor_outlives_a_new_password(stack: Stack) -> None:
    enrolled(owner(stack))
    new = {"token": asked_for(stack), "password": NEW}
    Browser(stack).must("POST", "/v1/password-resets/complete", new)

    status, answer = Browser(stack).sign_in(password=NEW)

    assert (status, answer["type"]) == (401, FACTOR)


def test_a_reset_link_works_once_and_for_an_hour(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    owner(stack)
    first, second = asked_for(stack), asked_for(stack)
    new = {"token": first, "password": NEW}
    Browser(stack).must("POST", "/v1/password-resets/complete", new)

    assert Browser(stack).ask("POST", "/v1/password-resets/complete", new)[0] == 410
    late = wiring.now() + timedelta(minutes=61)
    monkeypatch.setattr(wiring, "now", lambda: late)
    for module in (wiring, token_wiring, people_wiring, settings):
        for made in vars(module).values():
            if hasattr(made, "cache_clear") and made is not wiring.client:
                made.cache_clear()
    assert Browser(stack).ask("POST", "/v1/password-resets/complete", new | {"token": second})[0] == 410


@pytest.mark.parametrize("forged", ["llr_" + "0" * 101, "x", "lli_" + "A" * 101])
def test_a_link_that_was_never_made_is_gone_like_any_other(stack: Stack, forged: str) -> None:
    status, answer = Browser(stack).ask("POST", "/v1/password-resets/complete", {"token": forged, "password": NEW})

    assert (status, answer["type"]) == (410, "urn:letterlock:problem:gone")


def test_nobody_unknown_gets_a_mail(stack: Stack) -> None:
    assert Browser(stack).ask("POST", "/v1/password-resets", {"email": "nobody@team.example"})[0] == 202

    assert stack.mailed() == []


def test_a_mail_goes_out_once_for_each_fact(stack: Stack) -> None:
    owner(stack)
    Browser(stack).must("POST", "/v1/password-resets", {"email": ANA})
    assert len(stack.mailed()) == 1
    stack.shown.clear()

    assert stack.mailed() == []


def test_a_reset_link_is_listed_and_ended_by_its_person_and_by_an_admin(stack: Stack) -> None:
    ana = owner(stack)
    ben = joined(ana, "ben@team.example")

    for who, email, path in (
        (ana, ANA, "/v1/me/password-resets"),
        (ben, "ben@team.example", f"/v1/people/{me(ben)}/password-resets"),
    ):
        Browser(stack).must("POST", "/v1/password-resets", {"email": email})
        token = link_mailed(stack)
        (listed,) = who.must("GET", "/v1/me/sessions")["password_resets"]
        assert set(listed) == {"id", "asked_at", "until"}
        assert listed["id"] not in token

        assert [ana.ask("DELETE", path)[0] for _ in range(2)] == [204, 204]
        assert who.must("GET", "/v1/me/sessions")["password_resets"] == []
        new = {"token": token, "password": NEW}
        assert Browser(stack).ask("POST", "/v1/password-resets/complete", new)[0] == 410
    acts = [each["act"] for each in ana.must("GET", "/v1/audit")["entries"]]
    assert acts.count("reset_link_revoked") == 2


def test_a_reset_link_that_was_ended_before_its_mail_went_is_not_mailed(stack: Stack) -> None:
    ana = owner(stack)
    Browser(stack).must("POST", "/v1/password-resets", {"email": ANA})
    ana.must("DELETE", "/v1/me/password-resets")
    assert stack.mailed() == []


def test_resets_are_counted_as_well(stack: Stack) -> None:
    for email in (ANA, "nobody@team.example"):
        wanted: dict[str, Any] = {"email": email}
        answers = [Browser(stack).ask("POST", "/v1/password-resets", wanted)[0] for _ in range(4)]
        assert answers == [202, 202, 202, 429]


def test_no_secret_lies_in_a_table_or_a_queue(stack: Stack) -> None:
    browser = owner(stack)
    secret, codes = enrolled(browser)
    token = asked_for(stack)
    dynamodb = boto3.client("dynamodb")
    for table in ("AccountsTable", "ConversationsTable", "AuditTable", "LimitsTable"):
        stored = str(dynamodb.scan(TableName=table)["Items"])
        for each in (secret, str(b32decode(secret)), codes[0], token, browser.cookie):
            assert each not in stored, table
