"""What was revoked is dead at the next request, whoever revokes it how often; what hangs on it is ended afterwards."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from bench.people import SignedIn
from bench.recorder import Fault, lost, refusal
from letterlock.domain.permissions import Role, Scope
from letterlock.entry import token_wiring
from letterlock.services.deeds import Asked
from letterlock.services.revoke import Revocable, Target
from tests.handlers.stack import Stack, sqs_event
from tests.handlers.test_api_refusals import MAIL, assert_problem
from tests.handlers.test_tokens import ask, everything, made

DONE: dict[str, list[Any]] = {"batchItemFailures": []}


def opened(stack: Stack, assignee: str, count: int = 1) -> list[str]:
    """Conversations that somebody has."""
    ids = []
    for number in range(count):
        stack.mail(
            MAIL.replace(b"Order 7", f"Order {number} of {assignee}".encode()), ses_message_id=f"{assignee}{number}"
        )
        ids.append(stack.api("GET", "/v1/conversations")[1]["conversations"][0]["id"])
        assert stack.api("PUT", f"/v1/conversations/{ids[-1]}/assignee", {"assignee": assignee})[0] == 200
    return ids


def assignee_of(stack: Stack, conversation: str) -> Any:
    return stack.api("GET", f"/v1/conversations/{conversation}")[1]["assignee"]


def facts(told: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [each["detail"]["data"] for each in told if each["detail-type"] == kind]


def revoke(stack: Stack, kind: Revocable, id: str, holder: str = "") -> None:  # noqa: A002 - the field's own name
    """As another request does meanwhile, in another process."""
    assert token_wiring.revoke()(Target(kind, stack.workspace, id, holder), Asked("", "request-2"))


def at_the_next_transaction(stack: Stack, happens: Callable[[], object]) -> None:
    """Between what the next request has read and what it writes."""

    def interrupt(_request: Any) -> None:
        stack.recorder.faults.clear()
        happens()

    stack.recorder.faults["dynamodb", "TransactWriteItems"] = interrupt


# ---- at once --------------------------------------------------------------------------------------------------------


def test_a_removed_person_is_out_with_their_sessions_and_tokens(stack: Stack) -> None:
    admin, bea = stack.person(), stack.person(Role.AGENT)
    token = made(stack, bea)["token"]
    stack.relay()

    for _ in range(2):
        assert ask(stack, admin, "DELETE", f"/v1/people/{bea.id}")[0] == 204
        assert ask(stack, bea, "GET", "/v1/me")[0] == 401
        assert stack.api("GET", "/v1/me", token=token)[0] == 401
    assert facts(stack.relay(), "PersonRemoved") == [{"workspace": stack.workspace, "person": bea.id}]
    assert ask(stack, admin, "GET", "/v1/me")[0] == 200


def test_who_may_not_be_removed_stays(stack: Stack) -> None:
    owner, admin, agent = stack.person(Role.OWNER), stack.person(Role.ADMIN), stack.person(Role.AGENT)
    assert_problem(ask(stack, owner, "DELETE", f"/v1/people/{owner.id}"), 409, "rule-broken")
    assert_problem(ask(stack, admin, "DELETE", f"/v1/people/{owner.id}"), 403, "forbidden")
    assert_problem(ask(stack, agent, "DELETE", f"/v1/people/{admin.id}"), 403, "forbidden")
    for nobody in ("per_" + "0" * 26, admin.session, "x"):
        assert_problem(ask(stack, admin, "DELETE", f"/v1/people/{nobody}"), 404, "not-found")
    for each in (owner, admin, agent):
        assert ask(stack, each, "GET", "/v1/me")[0] == 200
    by_token = stack.token_with(frozenset({Scope.PEOPLE_READ}), Role.OWNER)
    assert_problem(stack.api("DELETE", f"/v1/people/{agent.id}", token=by_token), 403, "forbidden")


def test_two_owners_cannot_remove_each_other_at_once(stack: Stack) -> None:
    ana, bea = stack.person(Role.OWNER), stack.person(Role.OWNER)
    at_the_next_transaction(stack, lambda: revoke(stack, Revocable.PERSON, ana.id))
    answer = ask(stack, ana, "DELETE", f"/v1/people/{bea.id}")

    assert_problem(answer, 401, "unauthenticated")
    assert ask(stack, bea, "GET", "/v1/me")[0] == 200


def test_everybody_is_signed_out_also_the_one_who_asked(stack: Stack) -> None:
    owner, bea = stack.person(Role.OWNER), stack.person()
    token = made(stack, bea)["token"]
    assert ask(stack, owner, "DELETE", "/v1/credentials")[0] == 204

    for who in (owner, bea):
        assert ask(stack, who, "GET", "/v1/me")[0] == 401
    for each in (token, stack.token):
        assert stack.api("GET", "/v1/me", token=each)[0] == 401
    assert len(facts(stack.relay(), "EverybodySignedOut")) == 1


def test_a_token_revoked_twice_at_once_is_told_of_once(stack: Stack) -> None:
    ana = stack.person()
    token = made(stack, ana)["id"]
    stack.relay()
    at_the_next_transaction(stack, lambda: revoke(stack, Revocable.API_TOKEN, token, ana.id))

    assert ask(stack, ana, "DELETE", f"/v1/me/tokens/{token}")[0] == 204
    assert len(facts(stack.relay(), "CredentialRevoked")) == 1
    assert len([each for each in everything("AuditTable") if each["act"]["S"] == "token_revoked"]) == 1


def test_whoever_is_revoked_while_making_a_token_makes_none(stack: Stack) -> None:
    owner, bea = stack.person(Role.OWNER), stack.person()
    for path, happens in (
        ("/v1/tokens", lambda: revoke(stack, Revocable.PERSON, bea.id)),
        ("/v1/me/tokens", lambda: revoke(stack, Revocable.WORKSPACE, stack.workspace)),
    ):
        who = bea if path == "/v1/tokens" else owner
        at_the_next_transaction(stack, happens)
        assert_problem(ask(stack, who, "POST", path, {"name": "x", "scopes": ["people:read"]}), 401, "unauthenticated")
    assert [
        each
        for each in everything("AuditTable")
        if each["act"]["S"] == "token_issued" and each["actor"]["S"] in (owner.id, bea.id)
    ] == []


def test_a_use_that_is_noted_while_it_is_revoked_brings_no_token_back(stack: Stack) -> None:
    ana = stack.person()
    issued = made(stack, ana)

    def revoked(_request: Any) -> None:
        stack.recorder.faults.clear()
        revoke(stack, Revocable.API_TOKEN, issued["id"], ana.id)

    stack.recorder.faults["dynamodb", "UpdateItem"] = revoked  # the day of its first use is noted
    stack.api("GET", "/v1/me", token=issued["token"])
    assert stack.api("GET", "/v1/me", token=issued["token"])[0] == 401


def test_a_revocation_whose_answer_got_lost_has_happened_once(stack: Stack) -> None:
    ana = stack.person()
    token = made(stack, ana)["id"]
    stack.relay()
    stack.recorder.faults["dynamodb", "TransactWriteItems"] = refusal(500, "InternalServerError")
    assert_problem(ask(stack, ana, "DELETE", f"/v1/me/tokens/{token}"), 500, "internal")
    stack.recorder.faults.clear()
    for _ in range(2):
        assert ask(stack, ana, "DELETE", f"/v1/me/tokens/{token}")[0] == 204
    assert len(facts(stack.relay(), "CredentialRevoked")) == 1


# ---- afterwards -----------------------------------------------------------------------------------------------------


def test_a_revoked_token_says_when_it_was_and_that_it_is_finished(stack: Stack) -> None:
    ana = stack.person()
    token = made(stack, ana)["id"]
    ask(stack, ana, "DELETE", f"/v1/me/tokens/{token}")
    stack.finish_revocations(stack.relay())

    _, shown, _ = ask(stack, ana, "GET", f"/v1/me/tokens/{token}")
    assert (shown["state"], shown["finished"]) == ("revoked", True)
    assert shown["revoked_at"]


def test_a_removed_persons_conversations_are_nobodys_and_a_colleagues_stay(stack: Stack) -> None:
    admin, bea, cleo = stack.person(), stack.person(Role.AGENT), stack.person(Role.AGENT)
    theirs, others = opened(stack, bea.id, 3), opened(stack, cleo.id)
    closed = theirs[0]
    stack.api("PUT", f"/v1/conversations/{closed}/status", {"status": "closed"})
    stack.relay()
    ask(stack, admin, "DELETE", f"/v1/people/{bea.id}")
    told = stack.finish_revocations(stack.relay())

    assert [assignee_of(stack, each) for each in theirs] == [None] * 3
    assert [assignee_of(stack, each) for each in others] == [cleo.id]
    assert len(facts(told, "ConversationAssigned")) == 3
    [person] = [each for each in everything("AccountsTable") if each["sk"]["S"] == f"PERSON#{bea.id}"]
    assert person["finished_at"]
    assert person["credentials"] == {"M": {}}


def test_what_takes_longer_than_a_run_goes_on_in_the_next(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    admin, bea = stack.person(), stack.person(Role.AGENT)
    theirs = opened(stack, bea.id, 4)
    stack.relay()
    ask(stack, admin, "DELETE", f"/v1/people/{bea.id}")
    [fact] = [each for each in stack.relay() if each["detail-type"] == "PersonRemoved"]
    left, runs = [fact], 0
    while left:
        budget = iter([30_000, 30_000])
        monkeypatch.setattr(
            "bench.stack.Context.get_remaining_time_in_millis", lambda _self, budget=budget: next(budget, 0)
        )
        assert stack.call("token_revocation", sqs(left.pop())) == DONE
        left += stack.revocations_left()
        runs += 1
    assert runs == 3
    monkeypatch.undo()
    assert [assignee_of(stack, each) for each in theirs] == [None] * 4


def sqs(event: dict[str, Any]) -> dict[str, Any]:
    return sqs_event(json.dumps(event))


@pytest.mark.parametrize(
    "fault", [lost, refusal(500, "InternalServerError"), refusal(400, "ProvisionedThroughputExceededException")]
)
@pytest.mark.parametrize("operation", ["GetItem", "Query", "UpdateItem", "TransactWriteItems", "SendMessage"])
def test_a_run_that_fails_anywhere_is_finished_when_the_fact_comes_again(
    stack: Stack, operation: str, fault: Fault
) -> None:
    admin, bea = stack.person(), stack.person(Role.AGENT)
    made(stack, bea)
    [theirs] = opened(stack, bea.id)
    stack.relay()
    ask(stack, admin, "DELETE", f"/v1/people/{bea.id}")
    told = stack.relay()
    [fact] = [each for each in told if each["detail-type"] == "PersonRemoved"]
    service = "sqs" if operation == "SendMessage" else "dynamodb"
    stack.recorder.faults[service, operation] = fault
    assert len(stack.call("token_revocation", sqs(fact))["batchItemFailures"]) == 1
    stack.recorder.faults.clear()

    unassigned = facts(stack.finish_revocations([fact, fact]), "ConversationAssigned")
    assert len(unassigned) == 1
    assert assignee_of(stack, theirs) is None
    _, page, _ = ask(stack, admin, "GET", "/v1/tokens")
    assert [each["finished"] for each in page["tokens"] if each["holder"] == bea.id] == [True]


def test_after_everybody_was_signed_out_the_lists_say_so(stack: Stack) -> None:
    owner = stack.person(Role.OWNER)
    made(stack, owner)
    ask(stack, owner, "DELETE", "/v1/credentials")
    stack.finish_revocations(stack.relay())

    tokens = [each for each in everything("AccountsTable") if each["sk"]["S"].startswith(("TOK#", "SES#"))]
    assert len(tokens) == 3
    assert all("revoked_at" in each and "expires_at" in each for each in tokens)
    back = stack.person(Role.OWNER)
    assert {each["state"] for each in ask(stack, back, "GET", "/v1/tokens")[1]["tokens"]} == {"revoked"}


# ---- work that was queued -------------------------------------------------------------------------------------------


def queued(stack: Stack, who: SignedIn | None = None, token: str = "") -> tuple[dict[str, Any], str]:
    """A reply that waits to be sent: its fact, and where it can be read."""
    stack.mail(MAIL)
    [card] = stack.api("GET", "/v1/conversations")[1]["conversations"][:1]
    path = f"/v1/conversations/{card['id']}"
    status, reply, _ = stack.api(
        "POST", f"{path}/replies", {"text": "Soon."}, token=token, headers=who.headers if who else None
    )
    assert status == 202
    [fact] = [each for each in stack.relay() if each["detail-type"] == "ReplyQueued"]
    return fact, f"{path}/messages/{reply['id']}"


def test_a_reply_of_a_removed_person_is_not_sent(stack: Stack) -> None:
    admin, bea = stack.person(), stack.person(Role.AGENT)
    fact, path = queued(stack, bea)
    ask(stack, admin, "DELETE", f"/v1/people/{bea.id}")

    assert stack.deliver(fact) == DONE
    assert stack.sent() == []
    sending = stack.api("GET", path)[1]["sending"]
    assert (sending["state"], sending["reason"]) == ("failed", "author_revoked")
    assert ask(stack, admin, "POST", f"{path}/retry")[0] == 202
    [again] = [each for each in stack.relay() if each["detail-type"] == "ReplyQueued"]
    assert stack.deliver(again) == DONE
    assert len(stack.sent()) == 1


def test_a_reply_of_a_revoked_service_token_is_not_sent(stack: Stack) -> None:
    admin = stack.person()
    service = made(stack, admin, "/v1/tokens", scopes=["conversations:write"])
    fact, path = queued(stack, token=service["token"])
    ask(stack, admin, "DELETE", f"/v1/tokens/{service['id']}")

    assert stack.deliver(fact) == DONE
    assert stack.sent() == []
    assert stack.api("GET", path)[1]["sending"]["reason"] == "author_revoked"


def test_a_persons_reply_goes_out_although_the_token_or_session_it_came_with_has_ended(stack: Stack) -> None:
    admin, bea = stack.person(), stack.person(Role.AGENT)
    token = made(stack, bea, scopes=["conversations:write"])
    by_token, _ = queued(stack, token=token["token"])
    ask(stack, bea, "DELETE", f"/v1/me/tokens/{token['id']}")
    assert stack.deliver(by_token) == DONE
    assert len(stack.sent()) == 1
    assert ask(stack, admin, "GET", "/v1/me")[0] == 200


def test_nothing_of_a_revocation_waits_on_the_queue_for_ever(stack: Stack) -> None:
    """A fact of something that never was ends well, and so does one that nobody knows yet."""
    for name, data in (
        ("PersonRemoved", {"person": "per_" + "0" * 26}),
        ("CredentialRevoked", {"credential": "tok_" + "0" * 26, "holder": "tok_" + "0" * 26}),
        ("CredentialRevoked", {"credential": "inv_" + "0" * 26}),
        ("SomethingNew", {}),
    ):
        event = {
            "detail-type": name,
            "detail": {
                "metadata": {
                    "id": "fct_1",
                    "occurred_at": "2026-11-02T09:45:00.000+00:00",
                    "correlation_id": "request-1",
                },
                "data": {"workspace": stack.workspace, **data},
            },
        }
        waiting = [event]
        for _ in range(3):
            for each in waiting:
                assert stack.call("token_revocation", sqs(each)) == DONE
            waiting = stack.revocations_left()
        assert waiting == []
