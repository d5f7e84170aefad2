"""What every store of the audit log keeps to: the fake, and the table with its bucket."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import boto3
import pytest

from letterlock.adapters.audit_entries import AuditEntries
from letterlock.adapters.dynamo_audit import DynamoAudit
from letterlock.adapters.dynamo_audit_chain import DynamoAuditChain
from letterlock.adapters.s3_anchors import S3Anchors
from letterlock.adapters.sealing import Sealer
from letterlock.adapters.ulids import Ulids
from letterlock.domain.audit import Act, Anchor, Detail, Entry, chained, digest_of
from letterlock.domain.errors import Stale
from letterlock.services.audit_ports import Anchors, Audit, AuditChain
from tests.adapters.conftest import Tables
from tests.fakes import START, FakeAnchors, FakeAudit
from tests.fakes.keys import MemoryKeys

DETAIL = Detail("2001:db8::1", "Mozilla/5.0 (Ünïcode)", "wrong_code", "agent", "owner")


@dataclass
class Log:
    audit: Audit
    chain: AuditChain
    anchors: Anchors


@pytest.fixture(params=["fake", "aws"])
def log(request: pytest.FixtureRequest, sealer: Sealer, keys: MemoryKeys) -> Log:
    keys.create("wsp_acme", ["data"])
    keys.create("wsp_other", ["data"])
    if request.param == "fake":
        fake = FakeAudit()
        return Log(fake, fake, FakeAnchors())
    tables: Tables = request.getfixturevalue("tables")
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="anchors")
    s3.put_bucket_versioning(Bucket="anchors", VersioningConfiguration={"Status": "Enabled"})
    audit = DynamoAudit(tables.client, tables.audit, AuditEntries(tables.audit, sealer))
    return Log(audit, DynamoAuditChain(tables.client, tables.audit), S3Anchors(s3, "anchors"))


def entry(number: int, workspace: str = "wsp_acme", at: datetime | None = None) -> Entry:
    """A minute after the one before it."""
    time = at or START + timedelta(minutes=number)
    own = Ulids().derived("aud", time, str(number))
    return Entry(own, workspace, "per_ana", Act.ROLE_CHANGED, "per_bea", time, f"request-{number}", DETAIL)


def recorded(log: Log, count: int, workspace: str = "wsp_acme") -> list[Entry]:
    made = [entry(number, workspace) for number in range(count)]
    for each in made:
        log.audit.record(each)
    return made


def linked(log: Log, count: int) -> list[Entry]:
    made = recorded(log, count)
    stored = log.chain.entries("wsp_acme", after="", limit=count)
    log.chain.append("wsp_acme", list(chained(log.chain.head("wsp_acme"), stored)))
    return made


# ---- entries --------------------------------------------------------------------------------------------------------


def test_entries_come_back_as_they_were_recorded_newest_first(log: Log) -> None:
    made = recorded(log, 3)
    bare = Entry(Ulids().derived("aud", START, "x"), "wsp_other", "", Act.SIGN_IN_REFUSED, "", START, "request-x")
    log.audit.record(bare)

    assert log.audit.listed("wsp_acme") == made[::-1]
    assert log.audit.listed("wsp_other") == [bare]
    assert log.audit.listed("wsp_none") == []


def test_the_list_goes_on_before_an_entry(log: Log) -> None:
    made = recorded(log, 5)
    assert log.audit.listed("wsp_acme", limit=2) == [made[4], made[3]]
    assert log.audit.listed("wsp_acme", before=made[3].id, limit=2) == [made[2], made[1]]
    assert log.audit.listed("wsp_acme", before=made[0].id, limit=2) == []


def test_an_entry_is_written_once(log: Log) -> None:
    [made] = recorded(log, 1)
    log.audit.record(replace(made, act=Act.SIGNED_IN))
    assert log.audit.listed("wsp_acme") == [made]


# ---- the chain ------------------------------------------------------------------------------------------------------


def test_what_is_linked_is_found_by_its_number_and_by_its_entry(log: Log) -> None:
    linked(log, 3)
    stored = log.chain.entries("wsp_acme", after="", limit=9)
    links = log.chain.links("wsp_acme", after=0, limit=9)

    assert [each.seq for each in links] == [1, 2, 3]
    assert [each.entry for each in links] == [each.key for each in stored]
    assert [each.digest for each in links] == [each.digest for each in stored]
    assert links == list(chained(None, stored))
    assert log.chain.head("wsp_acme") == links[2]
    assert log.chain.links("wsp_acme", after=1, limit=1) == [links[1]]
    assert log.chain.links_at("wsp_acme", [3, 4, 1]) == {1: links[0], 3: links[2]}
    assert log.chain.linked("wsp_acme", [stored[2].key, "ENT#aud_none"]) == {stored[2].key: 3}
    assert log.chain.head("wsp_other") is None


def test_entries_are_read_in_order_page_by_page_with_their_times(log: Log) -> None:
    made = recorded(log, 3)
    first = log.chain.entries("wsp_acme", after="", limit=2)
    rest = log.chain.entries("wsp_acme", after=first[-1].key, limit=2)
    assert [each.at for each in first + rest] == [each.at for each in made]
    assert len({each.digest for each in first + rest}) == 3
    assert log.chain.entries_at("wsp_acme", [rest[0].key, "ENT#aud_none", "LNK#000000000001"]) == {rest[0].key: rest[0]}
    assert log.chain.entries("wsp_acme", after=rest[-1].key, limit=2) == []


def test_entries_since_a_time_are_those_from_its_very_millisecond_on(log: Log) -> None:
    made = recorded(log, 3)
    after = log.chain.since(made[1].at)
    assert [each.at for each in log.chain.entries("wsp_acme", after=after, limit=9)] == [made[1].at, made[2].at]


def test_a_number_is_given_once_and_an_entry_is_linked_once(log: Log) -> None:
    linked(log, 2)
    before = log.chain.links("wsp_acme", after=0, limit=9)
    late = entry(7)
    log.audit.record(late)
    [*_, stored] = log.chain.entries("wsp_acme", after="", limit=9)

    with pytest.raises(Stale):
        log.chain.append("wsp_acme", list(chained(before[0], [stored])))
    again = log.chain.entries("wsp_acme", after="", limit=1)
    with pytest.raises(Stale):
        log.chain.append("wsp_acme", list(chained(before[1], [stored, *again])))
    assert log.chain.links("wsp_acme", after=0, limit=9) == before
    assert log.chain.linked("wsp_acme", [stored.key]) == {}


def test_workspaces_with_a_chain_are_known_and_each_chain_stands_by_itself(log: Log) -> None:
    linked(log, 1)
    recorded(log, 2, "wsp_other")
    assert list(log.chain.chains()) == ["wsp_acme"]
    log.chain.append("wsp_other", list(chained(None, log.chain.entries("wsp_other", after="", limit=9))))
    assert sorted(log.chain.chains()) == ["wsp_acme", "wsp_other"]
    assert [each.seq for each in log.chain.links("wsp_acme", after=0, limit=9)] == [1]


def test_an_export_has_each_link_with_its_entry_and_what_its_digest_is_of(log: Log) -> None:
    made = linked(log, 3)
    log.audit.record(entry(9))
    exported = log.audit.exported("wsp_acme", limit=2) + log.audit.exported("wsp_acme", after=2, limit=2)
    assert [each.entry for each in exported] == made
    assert [each.link.seq for each in exported] == [1, 2, 3]
    assert [digest_of(each.stored.encode()) for each in exported] == [each.link.digest for each in exported]
    assert log.audit.exported("wsp_none") == []


# ---- anchors --------------------------------------------------------------------------------------------------------


def test_anchors_come_back_as_they_were_kept(log: Log) -> None:
    kept = [
        Anchor("wsp_acme", 7, "a" * 64, START),
        Anchor("wsp_acme", 12, "b" * 64, START + timedelta(days=1)),
        Anchor("wsp_other", 3, "c" * 64, START),
    ]
    for each in [*kept, kept[0]]:
        log.anchors.keep(each)
    assert log.anchors.of("wsp_acme") == kept[:2]
    assert log.anchors.of("wsp_none") == []
