"""The audit log's chain: what it links, what it refuses, and what it shows of any change."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from letterlock.adapters.ulids import Ulids
from letterlock.domain.accounts import Principal
from letterlock.domain.audit import (
    GENESIS,
    Act,
    Anchor,
    Detail,
    Difference,
    Entry,
    Link,
    StoredEntry,
    chained,
    differences,
    digest_of,
    hash_of,
    link,
)
from letterlock.domain.errors import Forbidden, Invalid, NotFound, Stale
from letterlock.domain.permissions import Role, Scope
from letterlock.services.anchor_audit import AnchorAudit
from letterlock.services.chain_audit import AT_ONCE, FRESH_READS, ChainAudit
from letterlock.services.read_audit import ExportAudit, ListAudit
from letterlock.services.verify_audit import PAGE, Verified, VerifyAudit
from tests.fakes import START, FakeAnchors, FakeAudit, FakeClock, FakeCursors

ACME = "wsp_acme"
OWNER = Principal(ACME, "per_owner", Role.OWNER, frozenset({Scope.AUDIT_READ}))


class Log:
    """A log over the fakes, with everything that is done to it."""

    def __init__(self) -> None:
        self.store, self.anchors, self.clock, self.cursors = FakeAudit(), FakeAnchors(), FakeClock(), FakeCursors()
        self.chain = ChainAudit(self.store)
        self.anchor = AnchorAudit(self.store, self.anchors, self.chain, self.clock)
        self._verify = VerifyAudit(self.store, self.anchors, self.clock)
        self.list = ListAudit(self.store, self.cursors)
        self.export = ExportAudit(self.store, self.cursors)

    def recorded(self, count: int, workspace: str = ACME) -> list[StoredEntry]:
        """As the stream brings them."""
        keys = [self._record(workspace) for _ in range(count)]
        return list(self.store.entries_at(workspace, keys).values())

    def _record(self, workspace: str) -> str:
        self.clock.passes(seconds=1)
        number = str(len(self.store.written.get(workspace, {})))
        own = Ulids().derived("aud", self.clock(), workspace, number)
        self.store.record(Entry(own, workspace, "per_ana", Act.SIGNED_IN, "per_ana", self.clock(), number))
        return f"ENT#{own}"

    def linked(self, count: int, workspace: str = ACME) -> list[StoredEntry]:
        found = self.recorded(count, workspace)
        self.chain(workspace, found)
        return found

    def verified(self, cursor: str = "", time_left: Callable[[], bool] = lambda: True) -> Verified:
        return self._verify(ACME, cursor=cursor, time_left=time_left)

    def found(self) -> list[tuple[str, str]]:
        return [(each.place, each.difference.value) for each in self.verified().differing]


@pytest.fixture
def log() -> Log:
    return Log()


# ---- links ----------------------------------------------------------------------------------------------------------


def test_a_links_hash_is_over_the_hash_before_its_number_its_entry_and_that_entrys_digest() -> None:
    made = link(GENESIS, 1, "ENT#aud_1", digest_of(b"said"))
    # printf '%064d|000000000001|ENT#aud_1|%s' 0 $(printf said | sha256sum | cut -c-64) | sha256sum
    assert made.hash == "d03eb62b2e2f92849d5cf012f9e17584584a7e18149542611068b5342e23e683"
    other = [hash_of("1" * 64, 1, "ENT#aud_1", made.digest), hash_of(GENESIS, 2, "ENT#aud_1", made.digest)]
    other += [hash_of(GENESIS, 1, "ENT#aud_2", made.digest), hash_of(GENESIS, 1, "ENT#aud_1", digest_of(b"sais"))]
    assert len({made.hash, *other}) == 5


def test_entries_are_linked_in_the_order_in_which_they_come(log: Log) -> None:
    one, two, three = log.recorded(3)
    assert log.chain(ACME, [two]) == 1
    assert log.chain(ACME, [three, one]) == 2
    assert [each.entry for each in log.store.links(ACME, after=0, limit=9)] == [two.key, three.key, one.key]
    assert log.found() == []


def test_what_comes_again_is_not_linked_again(log: Log) -> None:
    found = log.linked(3)
    assert log.chain(ACME, found[1:]) == 0
    [late] = log.recorded(1)
    assert log.chain(ACME, [*found, late, late]) == 1
    assert [each.seq for each in log.store.links(ACME, after=0, limit=9)] == [1, 2, 3, 4]
    assert log.found() == []


def test_more_entries_than_one_transaction_takes_are_linked_in_several(log: Log) -> None:
    assert len(log.linked(2 * AT_ONCE + 1)) == 2 * AT_ONCE + 1
    assert log.verified().links == 2 * AT_ONCE + 1
    assert log.found() == []


def test_two_at_the_end_of_one_chain_both_get_their_entries_in(log: Log) -> None:
    one, two = log.recorded(2)
    append = log.store.append

    def first_the_other(workspace: str, links: object) -> None:
        log.store.append = append  # type: ignore[method-assign]
        log.chain(workspace, [two])
        append(workspace, links)  # type: ignore[arg-type]

    log.store.append = first_the_other  # type: ignore[method-assign]
    assert log.chain(ACME, [one]) == 1
    assert [each.entry for each in log.store.links(ACME, after=0, limit=9)] == [two.key, one.key]
    assert log.found() == []


def test_a_chain_that_never_holds_still_is_left_for_the_next_time(log: Log) -> None:
    tries = [0]

    def moved(workspace: str, links: object) -> None:
        tries[0] += 1
        raise Stale("moved")

    log.store.append = moved  # type: ignore[method-assign]
    with pytest.raises(Stale):
        log.linked(1)
    assert tries[0] == 1 + FRESH_READS


# ---- anchors --------------------------------------------------------------------------------------------------------


def test_the_end_of_the_chain_is_anchored(log: Log) -> None:
    log.linked(3)
    assert log.anchor(ACME, days=2) == 0
    head = log.store.head(ACME)
    assert head is not None
    assert log.anchors.kept == [Anchor(ACME, 3, head.hash, log.clock())]
    assert log.verified().anchors == 1


def test_what_the_stream_lost_is_linked_before_the_chain_is_anchored(log: Log) -> None:
    log.linked(2)
    log.recorded(AT_ONCE + 3)
    assert log.anchor(ACME, days=2) == AT_ONCE + 3
    assert log.found() == []
    assert log.anchors.kept[-1].seq == AT_ONCE + 5


def test_what_was_lost_longer_ago_is_linked_when_asked_for(log: Log) -> None:
    log.recorded(1)
    log.clock.passes(days=3)
    log.linked(1)
    assert log.anchor(ACME, days=2) == 0
    assert [how for _, how in log.found()] == ["unlinked"]
    assert log.anchor(ACME, days=4) == 1
    # It was linked long after it was written, and the log says so from now on.
    assert [how for _, how in log.found()] == ["late"]


def test_where_nothing_was_recorded_nothing_is_anchored(log: Log) -> None:
    log.anchor(ACME, days=2)
    assert log.anchors.kept == []


# ---- verification ---------------------------------------------------------------------------------------------------


def test_a_log_that_nobody_touched_is_true(log: Log) -> None:
    log.linked(2 * PAGE + 1)
    log.anchor(ACME, days=2)
    log.linked(1, "wsp_other")
    seen = log.verified()
    assert (seen.links, seen.entries, seen.waiting, seen.anchors) == (101, 101, 0, 1)
    assert (seen.differing, seen.cursor) == ([], "")


def test_a_workspace_of_which_nothing_was_recorded_is_not_found(log: Log) -> None:
    with pytest.raises(NotFound):
        log.verified()


def test_an_entry_may_wait_a_few_minutes_and_no_longer(log: Log) -> None:
    log.linked(1)
    [waiting] = log.recorded(1)
    assert (log.verified().waiting, log.found()) == (1, [])
    log.clock.passes(minutes=6)
    assert log.found() == [(waiting.key, "unlinked")]


def test_an_entry_that_says_it_is_of_the_future_does_not_wait_for_ever(log: Log) -> None:
    log.linked(1)
    [waiting] = log.recorded(1)
    written = log.store.written[ACME]
    written[waiting.key] = replace(written[waiting.key], at=START + timedelta(days=400))
    assert log.found() == [(waiting.key, "unlinked")]


def changed(log: Log, keys: list[str]) -> None:
    log.store.written[ACME][keys[2]] = replace(log.store.written[ACME][keys[2]], act=Act.SIGN_IN_REFUSED)


def entry_missing(log: Log, keys: list[str]) -> None:
    del log.store.written[ACME][keys[2]]


def entry_and_link_missing(log: Log, keys: list[str]) -> None:
    del log.store.written[ACME][keys[2]], log.store.chain[ACME][3], log.store.notes[ACME][keys[2]]


def inserted(log: Log, keys: list[str]) -> None:
    log.recorded(1)
    log.clock.passes(hours=1)


def inserted_with_a_note(log: Log, keys: list[str]) -> None:
    [other] = log.recorded(1)
    log.store.notes[ACME][other.key] = 2


def linked_twice(log: Log, keys: list[str]) -> None:
    head = log.store.head(ACME)
    assert head is not None
    log.store.chain[ACME][6] = link(head.hash, 6, keys[2], head.digest)


def links_swapped(log: Log, keys: list[str]) -> None:
    chain = log.store.chain[ACME]
    chain[2], chain[3] = replace(chain[3], seq=2), replace(chain[2], seq=3)


def entries_swapped(log: Log, keys: list[str]) -> None:
    written = log.store.written[ACME]
    written[keys[1]], written[keys[2]] = written[keys[2]], written[keys[1]]


def link_rewritten(log: Log, keys: list[str]) -> None:
    """With the digest of an entry that was changed, and a hash that fits: the next link does not follow."""
    changed(log, keys)
    [entry] = log.store.entries_at(ACME, [keys[2]]).values()
    chain = log.store.chain[ACME]
    chain[3] = link(chain[2].hash, 3, keys[2], entry.digest)


def chain_rewritten(log: Log, keys: list[str]) -> None:
    """The whole chain anew, over a changed entry: true in itself, but not what was anchored."""
    changed(log, keys)
    entries = log.store.entries_at(ACME, keys).values()
    log.store.chain[ACME] = {each.seq: each for each in chained(None, entries)}


def end_cut_off(log: Log, keys: list[str]) -> None:
    del log.store.written[ACME][keys[4]], log.store.chain[ACME][5], log.store.notes[ACME][keys[4]]


def all_of_it_gone(log: Log, keys: list[str]) -> None:
    for each in (log.store.written, log.store.chain, log.store.notes):
        del each[ACME]


def note_changed(log: Log, keys: list[str]) -> None:
    log.store.notes[ACME][keys[2]] = 2


TAMPERED: list[tuple[Callable[[Log, list[str]], None], set[tuple[int | str, str]]]] = [
    (changed, {(2, "changed")}),
    (entry_missing, {(2, "missing")}),
    (entry_and_link_missing, {("link 4", "gap")}),
    (inserted, {(5, "unlinked")}),
    (inserted_with_a_note, {(5, "unlinked")}),
    (linked_twice, {(2, "changed"), (2, "doubled")}),
    (links_swapped, {("link 2", "broken"), ("link 2", "rewritten"), ("link 3", "broken"), ("link 3", "rewritten"),
                     ("link 4", "broken"), (1, "doubled"), (2, "doubled"), (1, "unlinked"), (2, "unlinked")}),
    (entries_swapped, {(1, "changed"), (2, "changed")}),
    (link_rewritten, {("link 4", "broken")}),
    (chain_rewritten, {("link 5", "anchor")}),
    (end_cut_off, {("link 5", "anchor")}),
    (all_of_it_gone, {("link 5", "anchor")}),
    (note_changed, {(2, "doubled"), (2, "unlinked")}),
]  # fmt: skip


@pytest.mark.parametrize(("tamper", "expected"), TAMPERED, ids=lambda each: getattr(each, "__name__", ""))
def test_whatever_is_done_to_it_is_named(
    log: Log, tamper: Callable[[Log, list[str]], None], expected: set[tuple[int | str, str]]
) -> None:
    keys = [each.key for each in log.linked(5)]
    log.anchor(ACME, days=2)
    tamper(log, keys)
    keys = sorted({*keys, *log.store.written.get(ACME, {})})
    assert set(log.found()) == {(keys[at] if isinstance(at, int) else at, how) for at, how in expected}


def test_an_entry_that_is_backdated_is_named_by_the_anchors_that_knew_nothing_of_it(log: Log) -> None:
    log.linked(2)
    log.clock.passes(days=5)
    log.anchor(ACME, days=2)
    log.clock.at = START + timedelta(hours=1)
    [backdated] = log.linked(1)
    log.clock.passes(days=5)
    assert log.found() == [(backdated.key, "late")]


def test_it_stops_when_its_time_is_up_and_goes_on_where_it_was(log: Log) -> None:
    keys = [each.key for each in log.linked(2 * PAGE + 20)]
    log.store.written[ACME][keys[0]] = replace(log.store.written[ACME][keys[0]], actor="per_eve")
    del log.store.written[ACME][keys[-1]]
    runs, cursor = [log.verified(time_left=lambda: False)], ""
    while cursor := runs[-1].cursor:
        runs.append(log.verified(cursor, time_left=lambda: False))
    assert sum(each.links for each in runs) == len(keys)
    assert sum(each.entries for each in runs) == len(keys) - 1
    assert [(each.place, each.difference) for run in runs for each in run.differing] == [
        (keys[0], Difference.CHANGED),
        (keys[-1], Difference.MISSING),
    ]
    assert len(runs) == 8


@pytest.mark.parametrize("cursor", ["nonsense", "links|x", "links", "|", "links|-1"])
def test_a_cursor_that_is_none_is_refused(log: Log, cursor: str) -> None:
    with pytest.raises(Invalid):
        log.verified(cursor)


def test_something_without_a_number_among_the_links_is_named_and_ends_the_walk(log: Log) -> None:
    log.linked(2)
    log.store.chain[ACME][3] = replace(log.store.chain[ACME][2], seq=0)
    assert "gap" in {how for _, how in log.found()}


# ---- an export proves itself ----------------------------------------------------------------------------------------


def exported(log: Log) -> list[tuple[Link, StoredEntry | None]]:
    entries = {each.key: each for each in log.store.entries(ACME, after="", limit=99)}
    return [(each, entries.get(each.entry)) for each in log.store.links(ACME, after=0, limit=99)]


def test_an_export_is_verified_without_any_store(log: Log) -> None:
    keys = [each.key for each in log.linked(4)]
    chain = exported(log)
    assert list(differences(chain)) == []
    swapped = [chain[0], chain[2], chain[1], chain[3]]
    assert {how for _, how in differences(swapped)} == {Difference.GAP}
    without: list[tuple[Link, StoredEntry | None]] = [*chain[:2], (chain[2][0], None), chain[3]]
    assert list(differences(without)) == [(keys[2], Difference.MISSING)]
    assert Difference.DOUBLED in {how for _, how in differences([*chain, chain[3]])}


# ---- reading --------------------------------------------------------------------------------------------------------


def test_an_owner_reads_it_newest_first_page_by_page(log: Log) -> None:
    log.linked(5)
    log.linked(1, "wsp_other")
    seen, cursor = list[Entry](), ""
    for _ in range(3):
        page = log.list(OWNER, limit=2, cursor=cursor)
        seen, cursor = [*seen, *page.entries], page.cursor
    assert cursor == ""
    assert [each.id for each in seen] == sorted((each.id for each in log.store.written[ACME].values()), reverse=True)


def test_an_owner_exports_it_in_the_chains_order_page_by_page(log: Log) -> None:
    log.linked(5)
    seen, cursor = list[int](), ""
    for _ in range(3):
        page = log.export(OWNER, limit=2, cursor=cursor)
        seen, cursor = [*seen, *(each.link.seq for each in page.entries)], page.cursor
    assert (seen, cursor) == ([1, 2, 3, 4, 5], "")


def test_a_cursor_of_the_list_is_none_of_the_export(log: Log) -> None:
    log.linked(3)
    cursor = log.list(OWNER, limit=1, cursor="").cursor
    assert cursor
    with pytest.raises(Invalid):
        log.export(OWNER, limit=1, cursor=cursor)


def test_who_may_not_read_it_gets_nothing(log: Log) -> None:
    log.linked(1)
    for nobody in (replace(OWNER, scopes=frozenset({Scope.READ})), replace(OWNER, role=Role.ADMIN, signed_in=True)):
        for read in (log.list, log.export):
            with pytest.raises(Forbidden):
                read(nobody, limit=1, cursor="")


# ---- entries --------------------------------------------------------------------------------------------------------


def test_a_detail_is_cut_to_what_an_entry_can_hold() -> None:
    detail = Detail("9" * 99, "Mozilla" * 99, "why" * 99, "b" * 99, "a" * 99)
    assert [len(each) for each in (detail.source, detail.user_agent, detail.reason)] == [64, 200, 100]
    assert (len(detail.before), len(detail.after)) == (60, 60)
