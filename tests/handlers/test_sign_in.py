"""People sign in, and out; nobody learns from it who else could."""

from collections import Counter
from datetime import timedelta
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from bench.browser import ANA, HOST, PASSWORD, Browser, owner
from bench.people import CHEAP
from letterlock.adapters import argon2_passwords
from letterlock.adapters.argon2_passwords import Parameters
from letterlock.domain.sign_in import SESSIONS_AT_MOST
from letterlock.entry import people_wiring, wiring
from tests.handlers.stack import Stack

WRONG = "another long phrase"


def test_a_session_is_a_cookie_that_scripts_and_other_sites_do_not_get(stack: Stack) -> None:
    owner(stack)
    browser = Browser(stack)

    status, answer = browser.sign_in()

    assert status == 201
    (cookie,) = browser.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=lls_")
    assert cookie.endswith("; Path=/; Max-Age=43200; Secure; HttpOnly; SameSite=Lax")
    assert browser.cookie not in str(answer)
    assert browser.must("GET", "/v1/me")["email"] == ANA


def test_who_is_to_be_remembered_is_for_thirty_days(stack: Stack) -> None:
    owner(stack)
    browser = Browser(stack)

    _, answer = browser.sign_in(remember=True)

    assert "Max-Age=2592000" in browser.headers["Set-Cookie"][0]
    assert answer["expires_at"] > (wiring.now() + timedelta(days=29)).isoformat()


def test_a_session_ends_by_itself(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = owner(stack)
    late = wiring.now() + timedelta(hours=12, minutes=1)
    with monkeypatch.context() as patch:
        patch.setattr(wiring, "now", lambda: late)
        wiring.authenticate.cache_clear()
        assert browser.ask("GET", "/v1/me")[0] == 401


def test_signing_out_ends_the_session_and_takes_the_cookie_back(stack: Stack) -> None:
    browser = owner(stack)
    session = browser.cookie

    assert browser.ask("DELETE", "/v1/sessions/current") == (204, None)

    assert "Max-Age=0" in browser.headers["Set-Cookie"][0]
    browser.cookie = session
    assert browser.ask("GET", "/v1/me")[0] == 401


def test_one_sees_ones_sessions_and_ends_another(stack: Stack) -> None:
    first, second = owner(stack), Browser(stack)
    second.sign_in()

    sessions = first.must("GET", "/v1/me/sessions")["sessions"]

    assert [each["current"] for each in sessions] == [True, False]
    assert {each["user_agent"] for each in sessions} == {"Mozilla/5.0 (a browser)"}
    assert {each["source"] for each in sessions} == {"192.0.2.7"}
    assert first.ask("DELETE", f"/v1/me/sessions/{sessions[1]['id']}")[0] == 204
    assert second.ask("GET", "/v1/me")[0] == 401
    assert len(first.must("GET", "/v1/me/sessions")["sessions"]) == 1
    assert first.ask("DELETE", "/v1/me/sessions/ses_" + "0" * 26)[0] == 404


def test_the_oldest_session_makes_room(stack: Stack) -> None:
    oldest = owner(stack)
    browser = Browser(stack)
    for _ in range(SESSIONS_AT_MOST):
        people_wiring.limits.cache_clear()
        _forget_tries()
        assert browser.sign_in()[0] == 201

    assert oldest.ask("GET", "/v1/me")[0] == 401
    assert len(browser.must("GET", "/v1/me/sessions")["sessions"]) == SESSIONS_AT_MOST
    _, *people = _items("PERSON#")
    assert len(str(people)) < 4096


def _forget_tries() -> None:
    dynamodb = boto3.client("dynamodb")
    for item in dynamodb.scan(TableName="LimitsTable")["Items"]:
        dynamodb.delete_item(TableName="LimitsTable", Key={name: item[name] for name in ("pk", "sk")})


def _items(prefix: str) -> list[dict[str, Any]]:
    items = boto3.client("dynamodb").scan(TableName="AccountsTable")["Items"]
    return [each for each in items if each["sk"]["S"].startswith(prefix)]


# ---- where the request comes from -----------------------------------------------------------------------------------


def test_another_sites_page_changes_nothing_with_a_session(stack: Stack) -> None:
    browser = owner(stack)

    for origin in ("https://evil.example", "null", f"https://{HOST}.evil.example"):
        answer = browser.ask("PATCH", "/v1/me", {"name": "x"}, headers={"Origin": origin})
        assert answer[0] == 403
    assert browser.must("GET", "/v1/me")["name"] == "Ana"


def test_another_sites_page_signs_nobody_in(stack: Stack) -> None:
    owner(stack)
    browser = Browser(stack)

    given = {"email": ANA, "password": PASSWORD}
    status, _ = browser.ask("POST", "/v1/sessions", given, headers={"Origin": "https://evil.example"})

    assert status == 403
    assert not browser.cookie
    assert stack.api("POST", "/v1/sessions", given, token="")[0] == 201, "what is no browser says no origin"


# ---- nobody learns who could sign in --------------------------------------------------------------------------------


def test_a_wrong_password_and_an_unknown_address_are_one_answer(stack: Stack) -> None:
    owner(stack)

    known, unknown = (Browser(stack).sign_in(email, WRONG) for email in (ANA, "nobody@team.example"))

    assert known == unknown
    assert known[0] == 401
    assert ANA not in str(known)


@pytest.mark.parametrize("route", ["/v1/sessions", "/v1/password-resets"])
def test_known_and_unknown_addresses_cost_the_same_calls_and_one_argon2(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    owner(stack)
    derived = Counter[str]()
    verify = Argon2id.verify_phc_encoded

    class Counted:
        """Makes no hash: then there would be two."""

        @staticmethod
        def verify_phc_encoded(*args: Any, **more: Any) -> None:
            derived[email] += 1
            verify(*args, **more)

    monkeypatch.setattr(argon2_passwords, "Argon2id", Counted)
    calls: dict[str, list[tuple[str, ...]]] = {}
    bodies = []
    for cold in (False, True):
        for email in (ANA, "nobody@team.example"):
            if cold:
                wiring.keyring()._entries.clear()
            body = {"email": email} | ({"password": WRONG} if route == "/v1/sessions" else {})
            start = len(stack.recorder.calls)
            bodies.append(Browser(stack).ask("POST", route, body))
            made = stack.recorder.calls[start:]
            calls[f"{email} {cold}"] = [
                (each.service, each.operation, *sorted(resource for _, resource in each.grants)) for each in made
            ]

    for cold in (False, True):
        assert calls[f"{ANA} {cold}"] == calls[f"nobody@team.example {cold}"]
    assert bodies[0] == bodies[1] == bodies[2] == bodies[3]
    each = 2 if route == "/v1/sessions" else 0
    assert derived == Counter({ANA: each, "nobody@team.example": each})


@pytest.mark.parametrize("email", [ANA, "nobody@team.example"])
def test_who_guesses_too_often_waits_whether_the_address_is_known_or_not(stack: Stack, email: str) -> None:
    owner(stack)
    browser = Browser(stack)

    answers = [browser.sign_in(email, WRONG)[0] for _ in range(11)]

    assert answers == [401] * 10 + [429]
    assert 0 < int(browser.headers["Retry-After"][0]) <= 900
    assert browser.sign_in(email, PASSWORD)[0] == 429, "also with the right one"


def test_a_forged_source_address_makes_nobody_another(stack: Stack) -> None:
    for number in range(100):
        headers = {"X-Forwarded-For": f"198.51.100.{number}", "X-Real-IP": f"198.51.100.{number}"}
        Browser(stack).ask(
            "POST", "/v1/sessions", {"email": f"a{number}@team.example", "password": WRONG}, headers=headers
        )

    assert Browser(stack).sign_in("another@team.example", WRONG)[0] == 429


def test_a_removed_person_is_refused_as_a_stranger_is(stack: Stack) -> None:
    owner(stack)
    (person,) = _items("PERSON#")
    boto3.client("dynamodb").put_item(TableName="AccountsTable", Item=person | {"state": {"S": "removed"}})

    assert Browser(stack).sign_in() == Browser(stack).sign_in("nobody@team.example")


# ---- how the password is kept ---------------------------------------------------------------------------------------


def test_a_password_is_hashed_anew_when_the_parameters_have_changed(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner(stack)
    (before,) = _items("SIGNIN#")
    assert before["password"]["S"].startswith(CHEAP.phc)
    dearer = Parameters(kibibytes=16, iterations=2)
    monkeypatch.setattr(argon2_passwords, "PARAMETERS", dearer)
    for made in (people_wiring.passwords, people_wiring.sign_in_person):
        made.cache_clear()

    assert Browser(stack).sign_in()[0] == 201

    (after,) = _items("SIGNIN#")
    assert after["password"]["S"].startswith(dearer.phc)
    assert Browser(stack).sign_in()[0] == 201
    assert Browser(stack).sign_in(password=WRONG)[0] == 401


def test_nothing_of_a_person_lies_in_the_clear(stack: Stack) -> None:
    owner(stack)
    dynamodb = boto3.client("dynamodb")

    for table in ("AccountsTable", "ConversationsTable", "AuditTable", "LimitsTable"):
        stored = str(dynamodb.scan(TableName=table)["Items"])
        for said in (ANA, "Ana", PASSWORD, "a browser", "192.0.2.7"):
            assert said not in stored, table
