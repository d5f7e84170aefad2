"""The accounts table itself: what lies in it, and what happens when DynamoDB is not in the mood."""

import contextlib
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest
from botocore.stub import Stubber

from letterlock.adapters.audit_entries import AuditEntries
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.codec import encode
from letterlock.adapters.dynamo import key
from letterlock.adapters.dynamo_accounts import DynamoMailboxes, DynamoWorkspaces
from letterlock.adapters.dynamo_members import DynamoMembers
from letterlock.adapters.dynamo_stack_ledger import DynamoStackLedger
from letterlock.adapters.sealing import Place, Sealer
from letterlock.domain.audit import OPERATOR, Act, Entry
from letterlock.domain.errors import Conflict, NotFound, Unavailable
from letterlock.domain.ledger import Reason
from letterlock.domain.mailbox_settings import MailboxSettings, ThreadingSettings
from tests.adapters.conftest import Calls, Tables
from tests.adapters.raw import everything, texts
from tests.adapters.test_accounts_contract import PRESENTED, SERVICE, SUPPORT
from tests.fakes import START, FakeArchive
from tests.fakes.keys import MemoryKeys

MARKERS = ("Zebra Ltd", "zebra-support", "zebra.test", "Zebra Desk", "llw_zebrasecret", "Zebra CI", "zebra-nobody")


def test_no_name_no_address_and_no_secret_lies_open(
    tables: Tables, keys: MemoryKeys, sealer: Sealer, index: BlindIndex
) -> None:
    client, name = tables.client, tables.accounts
    DynamoWorkspaces(client, name, sealer, keys).create("wsp_acme", "Zebra Ltd")
    DynamoMailboxes(client, name, sealer, index).add(
        replace(SUPPORT, address="zebra-support@zebra.test", name="Zebra Desk")
    )
    DynamoMembers(client, name, sealer, index).add_service(SERVICE, "Zebra CI", "llw_zebrasecret")
    ledger = DynamoStackLedger(client, tables.conversations, index, FakeArchive())
    ledger.record("ses-1", "zebra-nobody@zebra.test", Reason.UNKNOWN_RECIPIENT, START)

    items = everything(client, name) + everything(client, tables.conversations)
    assert len(items) == 6
    for stored in texts(items):
        assert not [marker for marker in MARKERS if marker.casefold().encode() in stored.lower()]


def test_a_router_holds_ids_only(tables: Tables, keys: MemoryKeys, sealer: Sealer, index: BlindIndex) -> None:
    DynamoWorkspaces(tables.client, tables.accounts, sealer, keys).create("wsp_acme", "Acme")
    DynamoMailboxes(tables.client, tables.accounts, sealer, index).add(SUPPORT)

    [router] = [each for each in everything(tables.client, tables.accounts) if each["sk"]["S"] == "ROUTE"]
    assert router.keys() == {"pk", "sk", "workspace", "mailbox"}


def test_a_mailbox_that_was_kept_before_there_were_settings_has_the_defaults(
    tables: Tables, keys: MemoryKeys, sealer: Sealer, index: BlindIndex
) -> None:
    DynamoWorkspaces(tables.client, tables.accounts, sealer, keys).create("wsp_acme", "Acme")
    mailboxes = DynamoMailboxes(tables.client, tables.accounts, sealer, index)
    mailboxes.add(replace(SUPPORT, settings=MailboxSettings(ThreadingSettings(by_subject=True))))
    before = [SUPPORT.address, SUPPORT.name, SUPPORT.signature, SUPPORT.forwarding]
    tables.client.update_item(
        TableName=tables.accounts,
        Key=key("wsp_acme", f"MBX#{SUPPORT.id}"),
        UpdateExpression="SET address = :before",
        ExpressionAttributeValues={
            ":before": {"B": sealer.seal(Place("wsp_acme", "mailbox", SUPPORT.id, "address"), encode(before))}
        },
    )

    assert mailboxes.get("wsp_acme", SUPPORT.id) == SUPPORT


def test_a_workspace_that_was_never_made_gets_no_mailbox(
    tables: Tables, keys: MemoryKeys, sealer: Sealer, index: BlindIndex
) -> None:
    keys.create("wsp_acme", ["data"])
    with pytest.raises(NotFound):
        DynamoMailboxes(tables.client, tables.accounts, sealer, index).add(SUPPORT)
    assert everything(tables.client, tables.accounts) == []


def test_a_second_creation_of_a_workspace_changes_nothing(tables: Tables, keys: MemoryKeys, sealer: Sealer) -> None:
    workspaces = DynamoWorkspaces(tables.client, tables.accounts, sealer, keys)
    workspaces.create("wsp_acme", "Acme")
    first = everything(tables.client, tables.accounts)
    workspaces.create("wsp_acme", "Another name")

    assert everything(tables.client, tables.accounts) == first


def test_an_act_and_its_entry_in_the_audit_log_are_one_transaction(
    tables: Tables, keys: MemoryKeys, sealer: Sealer, index: BlindIndex
) -> None:
    entries = AuditEntries(tables.audit, sealer)
    workspaces = DynamoWorkspaces(tables.client, tables.accounts, sealer, keys, entries)
    mailboxes = DynamoMailboxes(tables.client, tables.accounts, sealer, index, entries)
    members = DynamoMembers(tables.client, tables.accounts, sealer, index, entries)
    for number in (1, 2):  # the second time each is refused, and nothing is recorded of it
        workspaces.create("wsp_acme", "Acme", entry(f"aud_{number}w"))
        with contextlib.suppress(Conflict):
            mailboxes.add(SUPPORT, entry(f"aud_{number}m"))
        with contextlib.suppress(Conflict):
            members.add_service(SERVICE, "", "secret", entry(f"aud_{number}t"))

    assert {each["sk"]["S"] for each in everything(tables.client, tables.audit)} == {
        "ENT#aud_1w",
        "ENT#aud_1m",
        "ENT#aud_1t",
    }


def test_a_store_without_the_audit_log_does_not_act_unrecorded(
    tables: Tables, keys: MemoryKeys, sealer: Sealer, index: BlindIndex
) -> None:
    DynamoWorkspaces(tables.client, tables.accounts, sealer, keys).create("wsp_acme", "Acme")
    with pytest.raises(TypeError):
        DynamoMailboxes(tables.client, tables.accounts, sealer, index).add(SUPPORT, entry("aud_1"))
    assert len(everything(tables.client, tables.accounts)) == 1


def entry(own: str) -> Entry:
    return Entry(own, "wsp_acme", OPERATOR, Act.WORKSPACE_CHANGED, "", START, "request-1")


def test_a_closed_gate_shuts_every_token_out(
    tables: Tables, keys: MemoryKeys, sealer: Sealer, index: BlindIndex
) -> None:
    DynamoWorkspaces(tables.client, tables.accounts, sealer, keys).create("wsp_acme", "Acme")
    members = DynamoMembers(tables.client, tables.accounts, sealer, index)
    members.add_service(SERVICE, "", PRESENTED.secret)
    tables.client.update_item(
        TableName=tables.accounts,
        Key=key("wsp_acme", "GATE"),
        UpdateExpression="SET #state = :closed",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":closed": {"S": "suspended"}},
    )

    admission = members.admit(PRESENTED)
    assert admission is not None
    assert admission.principal(START) is None


def test_a_credential_that_could_not_be_read_lets_nobody_in_and_says_so(sealer: Sealer, index: BlindIndex) -> None:
    client = boto3.client("dynamodb", region_name="eu-west-1")
    both = [key("wsp_acme", "SERVICE#tok_1"), key("wsp_acme", "GATE")]
    with Stubber(client) as stub:
        stub.add_response(
            "batch_get_item",
            {"Responses": {}, "UnprocessedKeys": {"accounts": {"Keys": both[1:]}}},
            {"RequestItems": {"accounts": {"Keys": both, "ConsistentRead": True}}},
        )
        with pytest.raises(Unavailable):
            DynamoMembers(client, "accounts", sealer, index).admit(PRESENTED)
        stub.assert_no_pending_responses()


def test_a_use_that_cannot_be_noted_keeps_nobody_out_and_brings_nothing_back(
    tables: Tables, keys: MemoryKeys, sealer: Sealer, index: BlindIndex
) -> None:
    DynamoWorkspaces(tables.client, tables.accounts, sealer, keys).create("wsp_acme", "Acme")
    members = DynamoMembers(tables.client, tables.accounts, sealer, index)
    members.add_service(SERVICE, "", PRESENTED.secret)
    members.note_use("wsp_acme", "tok_1", "tok_revoked", START.date())
    members.note_use("wsp_acme", "tok_none", "tok_1", START.date())

    assert members.get("wsp_acme", "tok_1") == SERVICE
    broken = boto3.client("dynamodb", region_name="eu-west-1")
    with Stubber(broken) as stub:
        stub.add_client_error("update_item", "InternalServerError", http_status_code=500)
        DynamoMembers(broken, "accounts", sealer, index).note_use("wsp_acme", "tok_1", "tok_1", START.date())
        stub.assert_no_pending_responses()


def test_a_batch_that_comes_back_unfinished_is_finished(sealer: Sealer, index: BlindIndex, keys: MemoryKeys) -> None:
    keys.create("wsp_acme", ["data"])
    client = boto3.client("dynamodb", region_name="eu-west-1")
    router = {"pk": {"S": f"route#mailbox#{index.router('mailbox', SUPPORT.address)}"}, "sk": {"S": "ROUTE"}}
    with Stubber(client) as stub:
        answer = {"Responses": {}, "UnprocessedKeys": {"accounts": {"Keys": [router]}}}
        for _ in range(3):
            stub.add_response("batch_get_item", answer)
        with pytest.raises(Unavailable):
            DynamoMailboxes(client, "accounts", sealer, index).route([SUPPORT.address])
        stub.add_response("batch_get_item", answer)
        found = router | {"workspace": {"S": "wsp_acme"}, "mailbox": {"S": "mbx_1"}}
        stub.add_response("batch_get_item", {"Responses": {"accounts": [found]}, "UnprocessedKeys": {}})
        stub.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": {}})
        stub.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": {}})
        assert DynamoMailboxes(client, "accounts", sealer, index).route([SUPPORT.address]) == {}
        stub.assert_no_pending_responses()


def test_a_mailbox_that_a_cheap_read_missed_is_read_again_for_sure(sealer: Sealer, index: BlindIndex) -> None:
    client = boto3.client("dynamodb", region_name="eu-west-1")
    wanted = key(f"route#mailbox#{index.router('mailbox', SUPPORT.address)}", "ROUTE")
    with Stubber(client) as stub:
        for consistent in (False, True):
            stub.add_response(
                "batch_get_item",
                {"Responses": {}, "UnprocessedKeys": {}},
                {"RequestItems": {"accounts": {"Keys": [wanted], "ConsistentRead": consistent}}},
            )
        assert DynamoMailboxes(client, "accounts", sealer, index).route([SUPPORT.address]) == {}
        stub.assert_no_pending_responses()


def test_no_request_asks_for_more_than_dynamodb_gives(
    tables: Tables, calls: Calls, sealer: Sealer, index: BlindIndex
) -> None:
    DynamoMailboxes(tables.client, tables.accounts, sealer, index).route(
        [f"box{each}@acme.test" for each in range(201)]
    )

    asked = [len(params["RequestItems"][tables.accounts]["Keys"]) for _, params in calls.made]
    assert asked == [100, 100, 1, 100, 100, 1]


def test_the_stack_forgets_a_mail_to_nobody_after_90_days(tables: Tables, index: BlindIndex) -> None:
    ledger = DynamoStackLedger(tables.client, tables.conversations, index, FakeArchive())
    ledger.record("ses-1", "nobody@acme.test", Reason.UNKNOWN_RECIPIENT, START)

    [item] = everything(tables.client, tables.conversations)
    assert int(item["expires_at"]["N"]) == int((START + timedelta(days=90)).timestamp())
    assert item["reason"] == {"S": "unknown_recipient"}


def test_the_raw_mail_to_nobody_goes_to_the_archive(tables: Tables, index: BlindIndex) -> None:
    archive = FakeArchive()
    ledger = DynamoStackLedger(tables.client, tables.conversations, index, archive)
    ledger.keep_raw("ses-1", [b"From: ", b"ana"])

    assert archive.stack_raw == {"ses-1": b"From: ana"}
