"""In which order, how many at a time, and how it goes on: an import of old mail, without any of AWS."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench.mail_files import Place, mails
from letterlock.domain.mail import Delivery
from tools.import_mailbox import AT_ONCE, PATIENCE_SECONDS, RATE, Import, Sums, listed
from tools.import_order import OldMail, in_order, old_mail
from tools.import_target import NotImported, read_target

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def old(number: int, *answers: int, day: int | None = None) -> OldMail:
    at = datetime(2019, 3, 1, tzinfo=UTC) + timedelta(days=number if day is None else day)
    ids = tuple(f"{each}@x" for each in answers)
    return OldMail(str(number), Nowhere(Path()), f"import-{number}", at, "ana@x.example", f"{number}@x", ids)


class Nowhere(Place):
    """A mail whose octets nobody looks at."""

    def read(self) -> bytes:
        return b""


@dataclass
class Way:
    """A stack that takes `takes` mails each time that somebody looks; those in `stuck` never, as by a broken queue."""

    takes: int = 3
    stuck: set[str] = field(default_factory=set)
    others: list[int] = field(default_factory=list)
    ledger: dict[str, str] = field(default_factory=dict)
    queue: list[str] = field(default_factory=list)
    brought: list[str] = field(default_factory=list)
    most: int = 0
    clock: float = 0.0
    """At which each was brought."""
    times: list[float] = field(default_factory=list)

    def bring(self, delivery: Delivery, raw: bytes) -> None:
        self.brought.append(delivery.ses_message_id)
        self.times.append(self.clock)
        self.queue.append(delivery.ses_message_id)
        self.most = max(self.most, len(self.queue))

    def waiting(self) -> int:
        return len(self.queue) + (self.others.pop(0) if self.others else 0)

    def outcomes(self, ids: Sequence[str]) -> dict[str, str]:
        for each in [each for each in self.queue if each not in self.stuck][: self.takes]:
            self.queue.remove(each)
            self.ledger[each] = "stored"
        return {each: self.ledger[each] for each in ids if each in self.ledger}

    def refused(self, id: str) -> bool:  # noqa: A002 - the field's own name
        return False

    def monotonic(self) -> float:
        return self.clock

    def sleep(self, seconds: float, /) -> None:
        self.clock += seconds


def imported(way: Way, mails: Sequence[OldMail]) -> Sums:
    running = Import(way, "support@acme.example", lambda _: None, clock=way)
    running.run([*in_order(mails)])
    return running.sums


def test_mails_come_by_their_time_and_an_answer_after_what_it_answers_whatever_the_clocks_said() -> None:
    found = in_order([old(3), old(1, 2, day=1), old(2, day=9), old(0, 99), old(4, 4), old(5, 6), old(6, 5)])

    assert [each.name for each in found] == ["0", "2", "1", "3", "4", "6", "5"]


def test_the_same_octets_are_one_mail() -> None:
    assert [each.name for each in in_order([old(1), old(1)])] == ["1"]


def test_what_answers_a_mail_waits_until_that_is_in() -> None:
    way = Way(takes=1)
    imported(way, [old(1), old(2), old(3, 1), old(4, 3)])

    assert way.brought == ["import-1", "import-2", "import-3", "import-4"]
    assert way.most == 1 + 1  # the first goes alone, and the third needs nothing of the second


def test_no_more_are_on_their_way_than_a_live_mail_may_wait_behind() -> None:
    way = Way(takes=1)
    sums = imported(way, [old(each) for each in range(100)])

    assert way.most == AT_ONCE
    assert (sums.outcomes["stored"], sums.all_in) == (100, True)


def test_no_more_come_in_a_second_than_the_rate() -> None:
    way = Way(takes=100)
    imported(way, [old(each) for each in range(RATE * 2)])

    seconds = defaultdict[int, int](int)
    for each in way.times:
        seconds[int(each)] += 1
    assert max(seconds.values()) <= RATE


def test_while_mails_of_others_wait_the_import_does() -> None:
    way = Way(others=[900, 400, 0])
    imported(way, [old(1)])

    assert way.times[0] >= 2 * 2


def test_what_is_in_the_ledger_is_not_brought_again() -> None:
    way = Way(ledger={"import-1": "stored", "import-2": "duplicate"})
    sums = imported(way, [old(1), old(2), old(3, 2)])

    assert way.brought == ["import-3"]
    assert sums.line() == ("3 mails = 2 stored + 1 duplicate + 0 quarantined + 0 rejected (2 by an earlier run)")


def test_a_mail_without_an_outcome_is_said_and_what_answers_it_is_held_back_for_the_next_run() -> None:
    way = Way(stuck={"import-2"})
    mails = [old(1), old(2), old(3, 2), old(4, 3), old(5)]
    sums = imported(way, mails)

    assert way.brought == ["import-1", "import-2", "import-5"]
    assert sums.line() == (
        "5 mails = 2 stored + 0 duplicate + 0 quarantined + 0 rejected + 1 without an outcome + 2 held back behind those"
    )
    assert not sums.all_in
    way.stuck.clear()
    assert imported(way, mails).all_in
    assert [way.ledger[f"import-{each}"] for each in range(1, 6)] == ["stored"] * 5


def test_a_first_mail_that_never_comes_in_ends_it_before_a_second_one_goes() -> None:
    way = Way(takes=0)

    with pytest.raises(NotImported, match="mailbox_id"):
        imported(way, [old(1), old(2)])
    assert way.brought == ["import-1"]
    assert way.clock > PATIENCE_SECONDS


# ---- the folder -----------------------------------------------------------------------------------------------------


def test_each_mail_of_an_mbox_is_read_again_from_its_own_place(tmp_path: Path) -> None:
    envelope = b"From ana@x.example Fri Mar  1 10:00:00 2019\n"
    raws = [b"Subject: one\n\n>From here\n", b"Subject: two\n\nx\n", b"Subject: three\n\n"]
    (tmp_path / "all.mbox").write_bytes(b"\n".join(envelope + each for each in raws))
    found = [*mails(tmp_path)]

    assert [each.name for each in found] == ["all.mbox#1", "all.mbox#2", "all.mbox#3"]
    assert [each.place.read() for each in found if each.place] == [each.raw for each in found]
    assert found[0].raw == b"Subject: one\n\nFrom here\n"


def test_a_mail_is_as_old_as_it_says_or_as_its_file_and_never_of_tomorrow(tmp_path: Path) -> None:
    for name, date in (
        ("a", "Date: Fri, 1 Mar 2019 10:00:00 +0100\n"),
        ("b", "Date: Fri, 1 Mar 2199 10:00:00 +0100\n"),
        ("c", "Date: Sat, 1 Mar 1919 10:00:00 +0100\n"),
        ("d", "Date: soon\n"),
    ):
        (tmp_path / f"{name}.eml").write_bytes(f"{date}Subject: {name}\n\n".encode())
    found = [old_mail(each, NOW) for each in mails(tmp_path)]

    times = [each.at for each in found if isinstance(each, OldMail)]
    assert times[:3] == [datetime(2019, 3, 1, 9, tzinfo=UTC), NOW, datetime(1970, 1, 2, tzinfo=UTC)]
    written = datetime.fromtimestamp((tmp_path / "d.eml").stat().st_mtime, UTC)
    assert times[3] == min(written, NOW)


def test_a_mail_that_is_too_large_for_ses_is_left_out_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.import_order.MAIL_BYTES", 100)
    (tmp_path / "big.eml").write_bytes(b"Subject: big\n\n" + b"x" * 100)
    (tmp_path / "small.eml").write_bytes(b"Subject: small\n\n")
    (tmp_path / "again.eml").write_bytes(b"Subject: small\n\n")
    said: list[str] = []
    sums = Sums()

    assert [each.name for each in listed(tmp_path, sums, said.append)] == ["small.eml"]
    assert (said, sums.unread, sums.twice) == (["left out: big.eml: larger than the 40 MB that a mail may have"], 1, 1)
    assert not sums.all_in


# ---- connection.json ------------------------------------------------------------------------------------------------

CONNECTION = {
    "stack": "letterlock",
    "region": "eu-west-1",
    "workspace": "wsp_01JBX2Q4M8W0RKSPACE0000001",
    "mailbox_id": "mbx_01JBX2Q4M8MA11B0X000000001",
    "mailbox": "support@acme.example",
}


def test_what_it_needs_is_read_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "connection.json"
    path.write_text(json.dumps(CONNECTION | {"token": "llw_x", "smtp": "127.0.0.1:25"}))

    target = read_target(path)
    assert (target.mailbox, target.endpoint) == ("support@acme.example", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no JSON"),
        ("[]", "is no JSON object"),
        (json.dumps(CONNECTION | {"stack": ""}), "does not say its stack"),
        (json.dumps(CONNECTION | {"mailbox_id": 7}), "does not say its mailbox_id"),
        (json.dumps(CONNECTION | {"mailbox_id": "support@acme.example"}), "mailbox_id is not of the form"),
        (json.dumps(CONNECTION | {"mailbox": "support"}), "mailbox is not of the form"),
    ],
)
def test_a_connection_that_does_not_say_enough_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "connection.json"
    path.write_text(text)

    with pytest.raises(NotImported, match=said):
        read_target(path)


def test_the_local_cloud_writes_all_that_an_import_needs(tmp_path: Path) -> None:
    from local.connection import Connection  # noqa: PLC0415 - beside its use

    path = tmp_path / "connection.json"
    Connection(
        api="http://127.0.0.1:1",
        token="llw_x",
        smtp="127.0.0.1:25",
        outbox="/outbox",
        endpoint="http://127.0.0.1:4566",
        **CONNECTION,
    ).write(path)

    assert read_target(path).endpoint == "http://127.0.0.1:4566"
