"""Who there is in a workspace, who is invited, and who may do what to whom."""

from datetime import timedelta
from typing import Any

import pytest

from bench.browser import ANA, PASSWORD, Browser, joined, link_mailed, me, owner
from bench.recorder import Call
from letterlock.domain.permissions import Role, Scope
from letterlock.entry import people_wiring, wiring
from tests.handlers.stack import Stack

BEN = "ben@team.example"


def accept(token: str, **more: Any) -> dict[str, Any]:
    return {"token": token, "name": "Ben", "password": PASSWORD} | more


REFUSAL = {("dynamodb:PutItem", "AuditTable")}
"""What a refusal leaves: see test_refusals."""


def written(stack: Stack, calls: list[Call]) -> list[str]:
    writes = [each for each in calls if each.operation in ("TransactWriteItems", "PutItem")]
    return [each.operation for each in writes if each.grants != REFUSAL]


# ---- invitations ----------------------------------------------------------------------------------------------------


def test_who_accepts_is_what_they_were_invited_to_be_and_signed_in(stack: Stack) -> None:
    ana = owner(stack)

    ben = joined(ana, BEN, "agent", mailboxes=[])

    found = ben.must("GET", "/v1/me")
    assert (found["role"], found["mailboxes"], found["email"], found["name"]) == ("agent", [], BEN, "ben")
    assert found["workspace"] == ana.must("GET", "/v1/me")["workspace"]
    assert [each["state"] for each in ana.must("GET", "/v1/invitations")["invitations"]] == ["used"]
    assert [each["email"] for each in ana.must("GET", "/v1/people")["people"]] == [ANA, BEN]


def test_who_invites_without_end_waits_and_nothing_is_written_meanwhile(stack: Stack) -> None:
    ana, wanted = owner(stack), {"email": BEN, "role": "agent"}
    for _ in range(5):
        ana.must("POST", "/v1/invitations", wanted)
    assert len(stack.mailed()) == 5
    start = len(stack.recorder.calls)

    status, answer = ana.ask("POST", "/v1/invitations", wanted)

    assert (status, answer["type"]) == (429, "urn:letterlock:problem:too-many-requests")
    assert 0 < int(ana.headers["Retry-After"][0]) <= 3600
    assert written(stack, stack.recorder.calls[start:]) == []
    assert ana.ask("POST", "/v1/invitations", wanted | {"email": "cleo@team.example"})[0] == 201


def test_an_invitation_works_once_for_three_days_and_until_it_is_revoked(stack: Stack) -> None:
    ana = owner(stack)
    invited = ana.must("POST", "/v1/invitations", {"email": BEN, "role": "agent"})
    token = link_mailed(stack)
    assert ana.ask("DELETE", f"/v1/invitations/{invited['id']}")[0] == 204
    assert ana.ask("DELETE", f"/v1/invitations/{invited['id']}")[0] == 204

    status, answer = Browser(stack).ask("POST", "/v1/invitations/accept", accept(token))
    assert (status, answer["type"]) == (410, "urn:letterlock:problem:gone")

    ana.must("POST", "/v1/invitations", {"email": BEN, "role": "agent"})
    token = link_mailed(stack)
    Browser(stack).must("POST", "/v1/invitations/accept", accept(token))
    assert Browser(stack).ask("POST", "/v1/invitations/accept", accept(token)) == (status, answer)
    used = ana.must("GET", "/v1/invitations")["invitations"][-1]["id"]
    assert ana.ask("DELETE", f"/v1/invitations/{used}")[0] == 409


def test_two_who_accept_one_invitation_at_once_are_one_person(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = owner(stack)
    ana.must("POST", "/v1/invitations", {"email": BEN, "role": "agent"})
    token = link_mailed(stack)
    people = people_wiring.people()
    join = type(people).join
    raced: list[int] = []

    def meanwhile(*args: Any) -> None:
        if not raced:
            raced.append(0)
            raced.append(Browser(stack).ask("POST", "/v1/invitations/accept", accept(token))[0])
        join(*args)

    monkeypatch.setattr(type(people), "join", meanwhile)

    assert Browser(stack).ask("POST", "/v1/invitations/accept", accept(token))[0] == 410
    assert raced == [0, 201]
    assert len(ana.must("GET", "/v1/people")["people"]) == 2


def test_an_address_that_is_somebodys_already_is_told_to_the_inviter(stack: Stack) -> None:
    ana = owner(stack)
    joined(ana, BEN)

    assert ana.ask("POST", "/v1/invitations", {"email": " Ben@Team.example", "role": "agent"})[0] == 409


def test_sent_again_under_its_key_an_invitation_is_the_same_one(stack: Stack) -> None:
    ana = owner(stack)
    wanted = {"email": BEN, "role": "agent"}

    first = ana.must("POST", "/v1/invitations", wanted, headers={"Idempotency-Key": "k"})
    again = ana.must("POST", "/v1/invitations", wanted, headers={"Idempotency-Key": "k"})

    assert first == again
    assert ana.headers["Idempotency-Replayed"] == ["true"]
    assert len(stack.mailed()) == 1
    status, answer = ana.ask("POST", "/v1/invitations", wanted | {"role": "admin"}, headers={"Idempotency-Key": "k"})
    assert (status, answer["type"]) == (409, "urn:letterlock:problem:idempotency-key-reused")


def test_what_a_removed_person_invited_to_is_over_with_them(stack: Stack) -> None:
    ana = owner(stack)
    ben = joined(ana, BEN, "admin")
    ben.must("POST", "/v1/invitations", {"email": "cleo@team.example", "role": "agent"})
    token = link_mailed(stack)
    ana.must("DELETE", f"/v1/people/{me(ben)}")

    assert Browser(stack).ask("POST", "/v1/invitations/accept", accept(token))[0] == 410


@pytest.mark.parametrize("change", [{"role": "agent"}, {"mailboxes": []}])
def test_an_invitation_gives_nothing_that_its_inviter_has_no_more(stack: Stack, change: dict[str, Any]) -> None:
    ana = owner(stack)
    ben = joined(ana, BEN, "admin")
    ben.must("POST", "/v1/invitations", {"email": "cleo@team.example", "role": "admin"})
    token = link_mailed(stack)
    ana.must("PATCH", f"/v1/people/{me(ben)}", change)

    status, answer = Browser(stack).ask("POST", "/v1/invitations/accept", accept(token))
    assert (status, answer["type"]) == (410, "urn:letterlock:problem:gone")
    assert len(ana.must("GET", "/v1/people")["people"]) == 2


def test_an_inviter_who_is_demoted_in_that_very_moment_brings_nobody_in(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = owner(stack)
    ben = joined(ana, BEN, "admin")
    his = f"/v1/people/{me(ben)}"
    ben.must("POST", "/v1/invitations", {"email": "cleo@team.example", "role": "admin"})
    token = link_mailed(stack)
    people = people_wiring.people()
    join = type(people).join
    raced: list[int] = []

    def meanwhile(*args: Any) -> None:
        if not raced:
            raced.append(ana.ask("PATCH", his, {"role": "viewer"})[0])
        join(*args)

    monkeypatch.setattr(type(people), "join", meanwhile)

    assert Browser(stack).ask("POST", "/v1/invitations/accept", accept(token))[0] == 410
    assert raced == [200]
    assert len(ana.must("GET", "/v1/people")["people"]) == 2


def test_who_was_removed_can_be_invited_again_as_somebody_new(stack: Stack) -> None:
    ana = owner(stack)
    ben = joined(ana, BEN, "admin")
    before = me(ben)
    assert ana.ask("DELETE", f"/v1/people/{before}")[0] == 204
    assert ben.ask("GET", "/v1/me")[0] == 401
    assert Browser(stack).sign_in(BEN)[0] == 401

    again = joined(ana, BEN, "viewer")

    assert me(again) != before
    assert Browser(stack).sign_in(BEN)[0] == 201
    states = {each["id"]: each["state"] for each in ana.must("GET", "/v1/people")["people"]}
    assert states == {me(ana): "active", before: "removed", me(again): "active"}


def test_nobody_gives_more_than_they_have(stack: Stack) -> None:
    ana = owner(stack)
    admin = joined(ana, BEN, "admin")
    limited = joined(ana, "dan@team.example", "admin", mailboxes=[])
    agent = joined(ana, "cleo@team.example", "agent")

    def invites(browser: Browser, **wanted: Any) -> int:
        return browser.ask("POST", "/v1/invitations", {"email": "eve@team.example", **wanted})[0]

    start = len(stack.recorder.calls)
    assert invites(admin, role="owner") == 403
    assert invites(agent, role="viewer") == 403
    assert invites(limited, role="viewer") == 403
    assert invites(limited, role="viewer", mailboxes=[stack.mailbox]) == 404
    assert invites(ana, role="viewer", mailboxes=["mbx_" + "0" * 26]) == 404
    assert invites(ana, role="viewer", admin=True) == 400
    assert admin.ask("PATCH", f"/v1/people/{me(ana)}", {"role": "viewer"})[0] == 403
    assert admin.ask("PATCH", f"/v1/people/{me(admin)}", {"role": "owner"})[0] == 403
    assert admin.ask("DELETE", f"/v1/people/{me(ana)}")[0] == 403
    assert agent.ask("PATCH", f"/v1/people/{me(agent)}", {"role": "admin"})[0] == 403
    assert written(stack, stack.recorder.calls[start:]) == []


# ---- people ---------------------------------------------------------------------------------------------------------


def test_a_changed_role_counts_at_the_next_request(stack: Stack) -> None:
    ana = owner(stack)
    ben = joined(ana, BEN)

    changed = ana.must("PATCH", f"/v1/people/{me(ben)}", {"role": "viewer", "mailboxes": []})

    assert (changed["role"], changed["mailboxes"], changed["version"]) == ("viewer", [], 2)
    assert ben.must("GET", "/v1/me")["role"] == "viewer"
    assert ana.must("PATCH", f"/v1/people/{me(ben)}", {"mailboxes": "all"})["mailboxes"] is None


def test_nobody_overwrites_what_they_have_not_seen(stack: Stack) -> None:
    ana = owner(stack)
    ben = joined(ana, BEN)
    path = f"/v1/people/{me(ben)}"
    ana.must("GET", path)
    (tag,) = ana.headers["ETag"]
    ana.must("PATCH", path, {"role": "viewer"})

    status, answer = ana.ask("PATCH", path, {"role": "admin"}, headers={"If-Match": tag})

    assert (status, answer["type"]) == (412, "urn:letterlock:problem:stale")
    assert ana.must("PATCH", path, {"role": "viewer"}, headers={"If-Match": tag})["version"] == 2, (
        "it stands so already"
    )


def test_a_workspace_keeps_an_owner(stack: Stack) -> None:
    ana = owner(stack)
    assert ana.ask("PATCH", f"/v1/people/{me(ana)}", {"role": "admin"})[0] == 409
    assert ana.ask("DELETE", f"/v1/people/{me(ana)}")[0] == 409

    ben = joined(ana, BEN, "owner")

    assert ana.must("PATCH", f"/v1/people/{me(ana)}", {"role": "admin"})["role"] == "admin"
    assert ben.ask("DELETE", f"/v1/people/{me(ben)}")[0] == 409


def test_of_two_owners_who_step_down_at_once_one_stays(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = owner(stack)
    ben = joined(ana, BEN, "owner")
    hers, his = f"/v1/people/{me(ana)}", f"/v1/people/{me(ben)}"
    people = people_wiring.people()
    change = type(people).change
    raced: list[int] = []

    def meanwhile(*args: Any) -> None:
        if not raced:
            raced.append(0)
            raced.append(ben.ask("PATCH", his, {"role": "admin"})[0])
        change(*args)

    monkeypatch.setattr(type(people), "change", meanwhile)

    assert ana.ask("PATCH", hers, {"role": "admin"})[0] == 409
    assert raced == [0, 200]
    roles = sorted(each["role"] for each in ana.must("GET", "/v1/people")["people"])
    assert roles == ["admin", "owner"]


def test_a_role_is_not_changed_by_who_is_removed_meanwhile(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = owner(stack)
    ben, cleo = joined(ana, BEN, "admin"), joined(ana, "cleo@team.example")
    his, hers = me(ben), me(cleo)
    people = people_wiring.people()
    change = type(people).change
    raced: list[int] = []

    def meanwhile(*args: Any) -> None:
        if not raced:
            raced.append(ana.ask("DELETE", f"/v1/people/{his}")[0])
        change(*args)

    monkeypatch.setattr(type(people), "change", meanwhile)

    assert ben.ask("PATCH", f"/v1/people/{hers}", {"role": "viewer"})[0] == 401
    assert raced == [204]
    assert cleo.must("GET", "/v1/me")["role"] == "agent"


def test_a_person_who_is_removed_meanwhile_gets_no_role(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = owner(stack)
    ben = joined(ana, BEN)
    path = f"/v1/people/{me(ben)}"
    people = people_wiring.people()
    change = type(people).change
    raced: list[int] = []

    def meanwhile(*args: Any) -> None:
        if not raced:
            raced.append(ana.ask("DELETE", path)[0])
        change(*args)

    monkeypatch.setattr(type(people), "change", meanwhile)

    assert ana.ask("PATCH", path, {"role": "admin"})[0] == 409
    assert ana.must("GET", path)["state"] == "removed"


def test_who_was_invited_before_everybody_was_signed_out_does_not_come_in(stack: Stack) -> None:
    """Whoever broke in may have invited somebody."""
    ana = owner(stack)
    ana.must("POST", "/v1/invitations", {"email": BEN, "role": "owner"})
    accepted = {"token": link_mailed(stack), "name": "Ben", "password": PASSWORD}
    ana.must("DELETE", "/v1/credentials")
    assert Browser(stack).ask("POST", "/v1/invitations/accept", accepted)[0] == 410

    assert ana.sign_in()[0] == 201
    assert [each["state"] for each in ana.must("GET", "/v1/invitations")["invitations"]] == ["void"]
    ben = joined(ana, BEN)
    assert ben.must("GET", "/v1/me")["role"] == "agent"
    states = [each["state"] for each in ana.must("GET", "/v1/invitations")["invitations"]]
    assert states == ["void", "used"]


def test_an_invitation_of_who_was_removed_is_not_listed_as_one_that_waits(stack: Stack) -> None:
    ana = owner(stack)
    ben = joined(ana, BEN, "admin")
    invited = ben.must("POST", "/v1/invitations", {"email": "cleo@team.example", "role": "agent"})
    assert invited["state"] == "pending"
    ana.must("DELETE", f"/v1/people/{me(ben)}")
    assert [each["state"] for each in ana.must("GET", "/v1/invitations")["invitations"]] == ["used", "void"]
    assert ana.ask("DELETE", f"/v1/invitations/{invited['id']}")[0] == 204


def test_another_workspaces_people_are_none(stack: Stack) -> None:
    ana, eve = owner(stack), owner(stack, "eve@other.example")
    ben = joined(ana, BEN)
    invited = ana.must("POST", "/v1/invitations", {"email": "cleo@team.example", "role": "agent"})["id"]

    for method, path, body in (
        ("GET", f"/v1/people/{me(ben)}", None),
        ("PATCH", f"/v1/people/{me(ben)}", {"role": "viewer"}),
        ("DELETE", f"/v1/people/{me(ben)}", None),
        ("DELETE", f"/v1/invitations/{invited}", None),
        ("GET", "/v1/people/tok_" + "0" * 26, None),
    ):
        assert eve.ask(method, path, body)[0] == 404, path
    assert eve.ask("GET", "/v1/people", query={"cursor": "x" * 40})[0] == 400
    assert [each["email"] for each in eve.must("GET", "/v1/people")["people"]] == ["eve@other.example"]


def test_lists_are_read_page_by_page(stack: Stack) -> None:
    ana = owner(stack)
    for name in ("ben", "cleo"):
        joined(ana, f"{name}@team.example")

    for path, field, count in (("/v1/people", "people", 3), ("/v1/invitations", "invitations", 2)):
        found, cursor = [], ""
        while True:
            page = ana.must("GET", path, query={"limit": "1"} | ({"cursor": cursor} if cursor else {}))
            found += page[field]
            cursor = page["cursor"]
            if not cursor:
                break
        assert len(found) == len({each["id"] for each in found}) == count


def test_names_change(stack: Stack) -> None:
    ana = owner(stack)
    ben = joined(ana, BEN)

    assert ben.must("PATCH", "/v1/me", {"name": "Benjamin"})["name"] == "Benjamin"
    assert ana.must("PATCH", "/v1/workspace", {"name": "Ours"}) == ana.must("GET", "/v1/workspace")
    assert ben.must("GET", "/v1/me")["workspace"]["name"] == "Ours"
    assert ben.ask("PATCH", "/v1/workspace", {"name": "Mine"})[0] == 403
    assert ben.ask("PATCH", "/v1/me", {"role": "owner"})[0] == 400


def test_a_service_token_reads_people_and_invites_them(stack: Stack) -> None:
    token = stack.token_with(frozenset({Scope.PEOPLE_READ, Scope.PEOPLE_WRITE}))
    wanted = {"email": BEN, "role": "agent"}

    assert stack.api("POST", "/v1/invitations", wanted, token=token)[0] == 201
    Browser(stack).must("POST", "/v1/invitations/accept", accept(link_mailed(stack)))
    _, answer, _ = stack.api("GET", "/v1/people", token=token)
    assert [each["email"] for each in answer["people"]] == [BEN]
    assert stack.api("PATCH", "/v1/me", {"name": "x"}, token=token)[0] == 403


def test_a_token_makes_nobody_an_admin_or_an_owner(stack: Stack) -> None:
    token = stack.token_with(frozenset(Scope), Role.OWNER)
    person = stack.person(Role.AGENT)

    for role in ("admin", "owner"):
        status, answer, _ = stack.api("POST", "/v1/invitations", {"email": BEN, "role": role}, token=token)
        assert (status, answer["type"]) == (403, "urn:letterlock:problem:forbidden")
        assert stack.api("PATCH", f"/v1/people/{person.id}", {"role": role}, token=token)[0] == 403
    _, answer, _ = stack.api("GET", "/v1/me", token=token)
    assert {"invite", "change_person"} <= set(answer["may"])
    assert not {"make_admin", "make_owner"} & set(answer["may"])


def test_an_admin_of_some_mailboxes_raises_nobody_beyond_them(stack: Stack) -> None:
    ana = owner(stack)
    sales = ana.must("POST", "/v1/mailboxes", {"address": "sales@acme.example"})["id"]
    ana.must("POST", "/v1/mailboxes", {"address": "press@acme.example"})
    limited, ben = joined(ana, "dan@team.example", "admin", mailboxes=[sales]), joined(ana, BEN, "agent")
    his = f"/v1/people/{me(ben)}"

    assert limited.ask("PATCH", his, {"role": "admin"})[0] == 403
    assert ben.must("GET", "/v1/me")["role"] == "agent"
    assert limited.must("PATCH", his, {"role": "admin", "mailboxes": [sales]})["role"] == "admin"
    assert limited.ask("PATCH", his, {"mailboxes": "all"})[0] == 403


def test_an_invitation_that_is_too_old_is_gone(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = owner(stack)
    ana.must("POST", "/v1/invitations", {"email": BEN, "role": "agent"})
    token = link_mailed(stack)
    late = wiring.now() + timedelta(hours=73)
    monkeypatch.setattr(wiring, "now", lambda: late)
    for made in (people_wiring.join, people_wiring.accept_invitation):
        made.cache_clear()

    assert Browser(stack).ask("POST", "/v1/invitations/accept", accept(token))[0] == 410
