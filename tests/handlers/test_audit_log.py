"""The audit log through its three functions: the stream links it, the night anchors it, the operator's check names what
was done to it.
"""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from bench.recorder import refusal
from bench.stack import as_streamed, rest_event, stream_event
from letterlock.domain.audit import Act, Detail, Entry
from letterlock.domain.permissions import Role
from letterlock.entry import audit_wiring, wiring
from tests.handlers.stack import Context, Stack
from tools.verify_audit import verify_export
from tools.verify_digests import NotVerified

Item = dict[str, Any]
Headers = dict[str, str]
TABLE = "AuditTable"


def record(workspace: str, *, at: datetime | None = None) -> Entry:
    time = at or wiring.now()
    entry = Entry(
        wiring.ids().derived("aud", time, wiring.ids().new("x")), workspace, "per_ana", Act.ROLE_CHANGED, "per_bea",
        time, "request-1", Detail("192.0.2.7", "curl/8", "", "agent", "admin"),
    )  # fmt: skip
    wiring.audit().record(entry)
    return entry


def items(workspace: str, begins: str = "") -> list[Item]:
    found = boto3.client("dynamodb").query(
        TableName=TABLE,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": workspace}},
    )["Items"]
    return [item for item in found if item["sk"]["S"].startswith(begins)]


def put(item: Item) -> None:
    boto3.client("dynamodb").put_item(TableName=TABLE, Item=item)


def delete(item: Item) -> None:
    boto3.client("dynamodb").delete_item(TableName=TABLE, Key={"pk": item["pk"], "sk": item["sk"]})


def streamed(*found: Item) -> dict[str, Any]:
    return stream_event([as_streamed(each) for each in found])


def verify(stack: Stack, workspace: str = "", cursor: str = "") -> Any:
    return stack.call("audit_verification", {"workspace": workspace or stack.workspace, "cursor": cursor})


def differing(stack: Stack) -> set[tuple[str, str]]:
    return {(each["place"], each["difference"]) for each in verify(stack)["differing"]}


@pytest.fixture
def other(stack: Stack) -> str:
    """A second workspace."""
    asked = {"workspace": {"name": "Other"}, "mailbox": {"address": "other@acme.example"}}
    workspace: str = stack.call("workspace_setup", asked)["workspace"]
    return workspace


@pytest.fixture
def log(stack: Stack) -> list[Item]:
    """Five entries, linked and anchored."""
    for _ in range(5):
        record(stack.workspace)
    stack.chain()
    stack.call("audit_anchor", {})
    return items(stack.workspace, "ENT#")


# ---- the stream -----------------------------------------------------------------------------------------------------


def test_the_first_acts_of_a_workspace_are_recorded(stack: Stack) -> None:
    found = [(each.act, each.actor) for each in reversed(wiring.audit().listed(stack.workspace))]
    assert sorted(found) == [
        ("mailbox_added", "operator"),
        ("token_issued", "operator"),
        ("workspace_created", "operator"),
    ]
    assert stack.chain() == 3
    assert verify(stack)["links"] == 3


def test_what_is_recorded_is_linked_and_true(stack: Stack, log: list[Item]) -> None:
    seen = verify(stack)
    count = len(log)
    assert seen == {
        "links": count, "entries": count, "waiting": 0, "anchors": 1, "differing": [], "cursor": ""
    }  # fmt: skip
    listed = wiring.audit().listed(stack.workspace)
    assert listed[0].detail == Detail("192.0.2.7", "curl/8", "", "agent", "admin")


def test_a_batch_that_comes_again_links_nothing_twice(stack: Stack, log: list[Item]) -> None:
    record(stack.workspace)
    event = streamed(*items(stack.workspace, "ENT#"))
    for _ in range(3):
        assert stack.call("audit_chainer", event) == {"batchItemFailures": []}
    assert verify(stack)["links"] == len(log) + 1
    assert verify(stack)["differing"] == []


def test_batches_in_the_wrong_order_are_linked_all_the_same(stack: Stack, log: list[Item]) -> None:
    known = {each["sk"]["S"] for each in log}
    for _ in range(4):
        record(stack.workspace)
    one, two, three, four = [each for each in items(stack.workspace, "ENT#") if each["sk"]["S"] not in known]
    for batch in ([four, two], [one], [three, four]):
        stack.call("audit_chainer", streamed(*batch))
    linked = [each["entry"]["S"] for each in items(stack.workspace, "LNK#")]
    assert linked[len(log) :] == [each["sk"]["S"] for each in (four, two, one, three)]
    assert verify(stack)["differing"] == []


def test_two_workspaces_in_one_batch_have_a_chain_each(stack: Stack, other: str, log: list[Item]) -> None:
    before = len(items(other, "LNK#"))
    mixed = []
    for _ in range(3):
        for workspace in (stack.workspace, other, "stack"):
            entry = record(workspace)
            mixed += [each for each in items(workspace) if each["sk"]["S"] == f"ENT#{entry.id}"]
    stack.call("audit_chainer", streamed(*mixed))
    stack.chain()
    assert len(items(other, "LNK#")) >= before + 3
    assert len(items("stack", "LNK#")) == 3
    for workspace in (stack.workspace, other, "stack"):
        assert verify(stack, workspace)["differing"] == []


def test_a_workspace_that_fails_comes_again_alone(
    stack: Stack, other: str, log: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.chain()
    theirs, ours = record(other), record(stack.workspace)
    mixed = [
        each
        for place in (other, stack.workspace)
        for each in items(place)
        if each["sk"]["S"][4:] in (theirs.id, ours.id)
    ]
    chain = audit_wiring.audit_chain()
    append = chain.append

    def half(workspace: str, links: Any) -> None:
        if workspace == other:
            raise RuntimeError
        append(workspace, links)

    monkeypatch.setattr(chain, "append", half)
    answer = stack.call("audit_chainer", streamed(*[each for each in mixed if each["sk"]["S"].startswith("ENT#")]))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "100"}]}
    assert verify(stack)["waiting"] == 0
    assert verify(stack, other)["waiting"] == 1
    monkeypatch.undo()


def test_a_chainer_that_died_halfway_is_continued(stack: Stack, log: list[Item]) -> None:
    for _ in range(3):
        record(stack.workspace)
    found = [each for each in items(stack.workspace, "ENT#") if each not in log]
    stack.call("audit_chainer", streamed(found[0]))
    stack.call("audit_chainer", streamed(*found))
    assert verify(stack)["links"] == len(log) + 3
    assert verify(stack)["differing"] == []


def test_what_dynamodb_refuses_is_not_linked_and_comes_again(stack: Stack, log: list[Item]) -> None:
    record(stack.workspace)
    event = streamed(*[each for each in items(stack.workspace, "ENT#") if each not in log])
    stack.recorder.faults["dynamodb", "TransactWriteItems"] = refusal(400, "AccessDeniedException")
    assert stack.call("audit_chainer", event) == {"batchItemFailures": [{"itemIdentifier": "100"}]}
    stack.recorder.faults.clear()
    assert stack.call("audit_chainer", event) == {"batchItemFailures": []}
    assert verify(stack)["differing"] == []


def test_an_entry_that_the_stream_lost_is_found_and_linked_at_night(stack: Stack, log: list[Item]) -> None:
    entry = record(stack.workspace, at=datetime.now(UTC) - timedelta(hours=1))
    assert differing(stack) == {(f"ENT#{entry.id}", "unlinked")}
    assert stack.call("audit_anchor", {})["linked"] == 1
    assert differing(stack) == set()


# ---- what was done to it --------------------------------------------------------------------------------------------


def flipped(typed: Item) -> Iterator[Item]:
    """Each byte of a value but one bit different, so that it can still be stored."""
    [(kind, value)] = typed.items()
    octets = bytes(value) if kind == "B" else value.encode()
    for at in range(len(octets)):
        other = octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1 :]
        yield {kind: other if kind == "B" else other.decode()}


@pytest.mark.parametrize("kind", ["ENT#", "LNK#", "SEQ#"])
def test_one_flipped_byte_in_any_stored_attribute_is_found(stack: Stack, log: list[Item], kind: str) -> None:
    tried = 0
    item = items(stack.workspace, kind)[2]
    for name in item.keys() - {"pk", "sk"}:
        values = list(flipped(item[name]))
        for changed in (values[0], values[len(values) // 2], values[-1]):
            put(item | {name: changed})
            assert differing(stack), (name, changed)
            tried += 1
    put(item)
    assert differing(stack) == set()
    assert tried == {"ENT#": 18, "LNK#": 12, "SEQ#": 3}[kind]


def test_a_byte_of_a_key_is_found_too(stack: Stack, log: list[Item]) -> None:
    for item in (
        items(stack.workspace, "ENT#")[2],
        items(stack.workspace, "LNK#")[2],
        items(stack.workspace, "SEQ#")[2],
    ):
        changed = list(flipped(item["sk"]))[5]  # of a link, its highest digit: no other has that number
        delete(item)
        put(item | {"sk": changed})
        assert differing(stack), item["sk"]
        delete(item | {"sk": changed})
        put(item)
    assert differing(stack) == set()


def test_an_attribute_that_is_missing_or_added_is_found(stack: Stack, log: list[Item]) -> None:
    entry = log[1]
    for changed in ({name: value for name, value in entry.items() if name != "subject"}, entry | {"more": {"S": ""}}):
        put(changed)
        assert differing(stack) == {(entry["sk"]["S"], "changed")}
    for nonsense in (entry | {"at": {"N": "7"}}, entry | {"at": {"S": "today"}}):
        put(nonsense)
        assert differing(stack) == {(entry["sk"]["S"], "changed")}


def test_one_missing_entry_is_named(stack: Stack, log: list[Item]) -> None:
    delete(log[1])
    assert differing(stack) == {(log[1]["sk"]["S"], "missing")}


def test_two_entries_that_changed_places_are_named(stack: Stack, log: list[Item]) -> None:
    one, two = log[1], log[2]
    put(one | {"sk": two["sk"]})
    put(two | {"sk": one["sk"]})
    assert differing(stack) == {(one["sk"]["S"], "changed"), (two["sk"]["S"], "changed")}


def test_two_links_that_changed_places_are_named(stack: Stack, log: list[Item]) -> None:
    one, two = items(stack.workspace, "LNK#")[1:3]
    put(one | {"sk": two["sk"]})
    put(two | {"sk": one["sk"]})
    assert {("link 2", "broken"), ("link 2", "rewritten"), ("link 3", "rewritten")} <= differing(stack)


def test_an_entry_of_another_workspace_is_none_of_this_ones(stack: Stack, other: str, log: list[Item]) -> None:
    put(log[1] | {"pk": {"S": other}})
    answer = verify(stack, other)
    assert [(each["place"], each["difference"]) for each in answer["differing"]] in (
        [(log[1]["sk"]["S"], "unlinked")], []
    )  # fmt: skip
    # Young as it says it is, it waits; the stream would link it there, where its detail does not open.
    assert answer["waiting"] or answer["differing"]
    assert differing(stack) == set()


@pytest.mark.parametrize("kinds", [("ENT#", "LNK#", "SEQ#")])
def test_an_end_that_was_cut_off_is_missed_by_the_anchor(stack: Stack, log: list[Item], kinds: tuple[str, ...]) -> None:
    count = len(log)
    for kind in kinds:
        delete(items(stack.workspace, kind)[-1])
    assert differing(stack) == {(f"link {count}", "anchor")}


def test_a_chain_made_anew_over_a_changed_entry_is_not_the_one_that_was_anchored(stack: Stack, log: list[Item]) -> None:
    for kind in ("LNK#", "SEQ#"):
        for item in items(stack.workspace, kind):
            delete(item)
    put(log[0] | {"actor": {"S": "per_eve"}})
    stack.call("audit_chainer", streamed(*items(stack.workspace, "ENT#")))
    assert differing(stack) == {(f"link {len(log)}", "anchor")}


def test_an_anchor_behind_a_delete_marker_still_counts(stack: Stack, log: list[Item]) -> None:
    s3 = boto3.client("s3")
    [kept] = s3.list_objects_v2(Bucket="anchors", Prefix=f"anchors/{stack.workspace}/")["Contents"]
    s3.delete_object(Bucket="anchors", Key=kept["Key"])
    for kind in ("ENT#", "LNK#", "SEQ#"):
        delete(items(stack.workspace, kind)[-1])
    assert differing(stack) == {(f"link {len(log)}", "anchor")}


# ---- the night, and the operator ------------------------------------------------------------------------------------


def test_every_chain_is_anchored_each_night(stack: Stack, other: str, log: list[Item]) -> None:
    record(other)
    stack.chain()
    answer = stack.call("audit_anchor", {"days": 7})
    assert answer["anchored"] == 2
    record(other)
    stack.chain()
    stack.call("audit_anchor", {})
    assert verify(stack, other)["anchors"] >= 2


def test_a_chain_that_cannot_be_anchored_does_not_keep_the_others_from_it_and_is_told(
    stack: Stack, other: str, log: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    record(other)
    stack.chain()
    before = verify(stack, other)["anchors"]
    anchors = audit_wiring.anchors()
    keep = anchors.keep

    def some(anchor: Any) -> None:
        if anchor.workspace == stack.workspace:
            raise RuntimeError
        keep(anchor)

    monkeypatch.setattr(anchors, "keep", some)
    with pytest.raises(Exception, match="1") as raised:
        stack.call("audit_anchor", {})
    assert type(raised.value).__name__ == "ChainsNotAnchored"
    assert verify(stack, other)["anchors"] == before + 1


def test_a_night_too_short_for_all_chains_is_told(
    stack: Stack, log: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: 19_000)
    with pytest.raises(Exception, match="1"):
        stack.call("audit_anchor", {})


def test_the_check_goes_on_where_it_was(stack: Stack, log: list[Item], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Context, "get_remaining_time_in_millis", lambda _: 19_000)
    first = verify(stack)
    assert first["cursor"]
    second = verify(stack, cursor=first["cursor"])
    assert first["links"] + second["links"] == len(log)


@pytest.mark.parametrize(
    "asked",
    [{}, {"workspace": "acme"}, {"workspace": "wsp_" + "0" * 26, "cursor": "x" * 129}, {"workspace": "chains"}],
)
def test_what_does_not_fit_is_refused(stack: Stack, asked: dict[str, Any]) -> None:
    assert stack.call("audit_verification", asked)["error"]["type"] == "invalid"


def test_a_workspace_that_never_was_is_told_so(stack: Stack) -> None:
    assert verify(stack, "wsp_" + "0" * 26)["error"]["type"] == "notfound"


# ---- what an owner gets ---------------------------------------------------------------------------------------------


def exported(stack: Stack, owner: Headers | None = None) -> str:
    """All of it, page by page."""
    lines, cursor, headers = "", "", owner or stack.person(Role.OWNER).headers
    while cursor is not None:
        query = {"limit": "3", "cursor": cursor}
        event = rest_event("GET", "/v1/audit/export", None, token="", query=query, headers=headers)
        answer = stack.call("audit_api", event)
        assert answer["multiValueHeaders"]["Content-Type"] == ["application/x-ndjson"], answer
        lines, cursor = lines + answer["body"], json.loads(answer["body"].splitlines()[-1])["cursor"]
    return lines


def test_an_export_proves_itself(stack: Stack, log: list[Item]) -> None:
    said: list[str] = []
    assert verify_export(exported(stack).splitlines(), said.append) == 0
    assert said == [f"{len(log)} links with their entries checked, 0 differ"]


def test_an_export_that_was_changed_does_not(stack: Stack, log: list[Item]) -> None:
    lines = exported(stack).splitlines()
    for tampered in (
        exported(stack).replace('"subject":{"S":"per_bea"}', '"subject":{"S":"per_eve"}', 1).splitlines(),
        lines[1:],
        [lines[0], lines[2], lines[1], *lines[3:]],
        [*lines[:2], lines[1], *lines[2:]],
    ):
        assert tampered != lines
        assert verify_export(tampered, lambda _: None) > 0
    with pytest.raises(NotVerified):
        verify_export(["{}", "nonsense"], lambda _: None)


def test_an_entry_that_was_changed_in_the_store_is_exported_as_it_is_and_shows_it(
    stack: Stack, log: list[Item]
) -> None:
    put(log[1] | {"detail": {"B": b"nonsense"}})
    delete(log[2])
    said: list[str] = []
    assert verify_export(exported(stack).splitlines(), said.append) == 2
    assert [line.partition(": ")[2].partition(":")[0] for line in said[:2]] == [
        log[1]["sk"]["S"],
        log[2]["sk"]["S"],
    ]


def test_an_owner_reads_what_was_recorded_newest_first_page_by_page(stack: Stack, log: list[Item]) -> None:
    headers = stack.person(Role.OWNER).headers
    shown: list[Any] = []
    cursor = ""
    while cursor is not None:
        query = {"limit": "3", "cursor": cursor}
        status, page, _ = stack.api("GET", "/v1/audit", token="", headers=headers, query=query)
        assert status == 200
        assert len(page["entries"]) <= 3
        shown, cursor = shown + page["entries"], page["cursor"]
    assert [each["id"] for each in shown] == [item["sk"]["S"].removeprefix("ENT#") for item in reversed(log)]
    assert {name: value for name, value in shown[0].items() if name not in ("id", "at")} == {
        "act": "role_changed", "actor": "per_ana", "subject": "per_bea", "request": "request-1", "source": "192.0.2.7",
        "user_agent": "curl/8", "reason": None, "before": "agent", "after": "admin",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/v1/audit", "/v1/audit/export"])
def test_a_cursor_of_another_list_or_workspace_is_none(stack: Stack, other: str, log: list[Item], path: str) -> None:
    headers = stack.person(Role.OWNER).headers
    foreign = wiring.cursors().seal(other, "audit", "aud_" + "0" * 26)
    for cursor in (foreign, "nonsense"):
        assert stack.api("GET", path, token="", headers=headers, query={"cursor": cursor})[0] == 400


def test_no_detail_lies_open(stack: Stack, log: list[Item]) -> None:
    for word in (b"192.0.2.7", b"curl/8", b"admin"):
        assert not [item for item in items(stack.workspace) if word in repr(item).encode()]
        assert not [item for item in items(stack.workspace) if b64encode(word) in repr(as_streamed(item)).encode()]
