"""`make faults` in small: some calls to AWS of every function meet one fault each.

Which they are changes with the seed of the test run; a case that fails is named, and plays again by itself.
"""

import random
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import pytest

from bench.fault_cloud import Cloud
from bench.fault_ground import ground
from bench.fault_kinds import FAULTS, IN_A_BATCH, REFUSALS, Fault
from bench.fault_report import Report
from bench.fault_sites import Site, Way, different, drawn
from bench.fault_world import differences
from bench.faults import investigate, of_case, plays, scouted
from bench.findings import DOUBLED, LOST
from bench.stack import HANDLERS
from bench.tables import resources
from letterlock.adapters import commits, dynamo
from letterlock.adapters.dynamo_conversations import DynamoConversations
from letterlock.adapters.s3_originals import S3Original, S3Originals
from letterlock.domain.conversations import Sending, SendState
from letterlock.services.deliver_reply import LEASE

SILENT = {"api_docs"}
"""Functions that ask nothing of AWS."""
CASES = 48
"""Calls that meet a fault; what only a cold start asks is drawn as one of them, and may be none or three."""
WHERE = "write one into bench/scenarios.py, or into a bench/*paths.py as a function that takes a desk"
MAIL = "inbound_email/ingest-the-same-delivery-again/1"
REPLY = "outbound_email/deliver-a-reply/1"
MADE_ANEW = "mailboxes_api/mailboxes_come_to_be/5"
"""A POST that takes no key: asked again it makes another mailbox, with an address of its own to forward to."""


@pytest.fixture(scope="module", name="cloud")
def _cloud() -> Iterator[Cloud]:
    with ground() as made:
        yield made


@pytest.fixture(scope="module", name="ways")
def _ways(cloud: Cloud) -> list[Way]:
    return scouted(cloud, plays())


def test_every_function_has_a_scenario_and_asks_something_of_aws(ways: list[Way]) -> None:
    missing = set(HANDLERS) - {way.function for way in ways}
    assert not missing, f"no scenario calls {missing}: {WHERE}"
    assert {way.function for way in ways if way.whats} == set(HANDLERS) - SILENT


def test_every_route_has_a_scenario(ways: list[Way]) -> None:
    paths = resources()["Api"]["Properties"]["DefinitionBody"]["paths"]
    taken = {way.route for way in ways}
    missing = [
        f"{method.upper()} {path}"
        for path in paths
        for method in paths[path].get("Fn::If", ["", paths[path]])[1]
        if not any(re.fullmatch(f"{method.upper()} {re.sub(r'{[^}]+}', '[^/]+', path)}", each) for each in taken)
    ]
    assert not missing, f"no scenario takes {missing}: {WHERE}"


def test_of_every_service_it_is_known_how_it_refuses_and_what_half_an_answer_is(ways: list[Way]) -> None:
    asked = {what.split()[0] for way in ways for what in way.whats}
    for fault in (Fault.THROTTLED, Fault.ERROR):
        unknown = {each.partition(".")[0] for each in asked} - set(REFUSALS[fault])
        assert not unknown, f"say in bench/fault_kinds.py how {unknown} refuse"
    assert {each.partition(".")[2] for each in asked} & set(IN_A_BATCH) == set()


def test_calls_of_every_function_meet_faults_and_nothing_is_lost_doubled_or_stuck(
    cloud: Cloud, ways: list[Way]
) -> None:
    report = investigate(cloud, *drawn(different(ways), random.randrange(1_000_000), CASES))

    assert not report.failing, str(report)
    assert len(report.cases) > CASES // 2
    assert {case.site.function for case in report.cases} == set(HANDLERS) - SILENT
    assert {case.fault for case in report.cases} >= set(FAULTS) - {Fault.PARTIAL}


# ---- the harness can fail: what is sabotaged here is found ------------------------------------------------------------


def tried(cloud: Cloud, way: str, fault: Fault, operation: str) -> Report:
    def choose(sites: Sequence[Site]) -> list[tuple[Site, Fault]]:
        return [(site, fault) for site in sites if site.operation == operation]

    report = investigate(cloud, [of_case(way)], choose)
    assert report.cases
    return report


def test_of_refusals_the_audit_log_may_lack_the_one_that_aws_did_not_take_and_no_other() -> None:
    refused = "audit: access_refused"
    assert list(differences({refused: ["", ""]}, {refused: [""]}, untaken=True)) == []
    assert [each.kind for each in differences({refused: ["", ""]}, {refused: [""]})] == [LOST]
    assert [each.kind for each in differences({refused: ["", ""]}, {}, untaken=True)] == [LOST]
    assert [each.kind for each in differences({"audit: token_issued": [""]}, {}, untaken=True)] == [LOST]


@pytest.mark.parametrize(
    ("way", "fault", "operation"),
    [
        (MAIL, Fault.KILLED_BEFORE, "TransactWriteItems"),
        (REPLY, Fault.KILLED_AFTER, "SendEmail"),
        (MADE_ANEW, Fault.LOST_BEFORE, "TransactWriteItems"),
    ],
)
def test_nothing_is_found_where_nothing_is_wrong(cloud: Cloud, way: str, fault: Fault, operation: str) -> None:
    assert tried(cloud, way, fault, operation).holds


def test_a_raw_mail_that_is_dropped_before_it_is_stored_is_lost(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    careful = S3Originals.open

    def hasty(self: S3Originals, object_key: str) -> S3Original:
        original = careful(self, object_key)
        original.read()
        original.discard()
        return original

    monkeypatch.setattr(S3Originals, "open", hasty)
    report = tried(cloud, MAIL, Fault.KILLED_BEFORE, "TransactWriteItems")
    assert report.count(LOST), str(report)
    assert f"make faults CASE={report.failing[0].name}" in str(report)


def test_a_failure_that_is_swallowed_is_a_mail_lost(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = cloud.stack.handlers["inbound_email"]
    receive = handler.receive

    def careless(record: Any) -> None:
        with suppress(Exception):
            receive(record)

    monkeypatch.setattr(handler, "receive", careless)
    assert tried(cloud, MAIL, Fault.THROTTLED, "TransactWriteItems").count(LOST)


def test_facts_that_are_stored_beside_the_transaction_are_lost(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    together = dynamo.transact

    def apart(client: Any, steps: Sequence[Any]) -> Any:
        facts = [each for each in steps if each.role in ("ingest", "outbox")]
        return together(client, [each for each in steps if each not in facts]) or together(client, facts)

    monkeypatch.setattr(commits, "transact", apart)
    assert tried(cloud, MAIL, Fault.KILLED_AFTER, "TransactWriteItems").failing


def test_a_reply_that_is_sent_before_it_is_claimed_goes_out_twice(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed = DynamoConversations.claim
    settled = DynamoConversations.settle

    def trusting(self: DynamoConversations, *place: Any) -> Sending:
        return Sending(SendState.QUEUED)

    def late(self: DynamoConversations, head: Any, message: str, *rest: Any) -> None:
        claimed(self, head.workspace, head.id, message, LEASE)
        settled(self, head, message, *rest)

    monkeypatch.setattr(DynamoConversations, "claim", trusting)
    monkeypatch.setattr(DynamoConversations, "settle", late)
    assert tried(cloud, REPLY, Fault.KILLED_AFTER, "SendEmail").count(DOUBLED)
