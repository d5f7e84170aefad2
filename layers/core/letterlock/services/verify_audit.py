"""Does the audit log still say what was written to it? Its chain, held against its entries and its anchors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from letterlock.domain.audit import Anchor, Difference, Link, StoredEntry, of_anchors, of_entry, of_link, place_of
from letterlock.domain.errors import Invalid, NotFound
from letterlock.services.audit_ports import Anchors, AuditChain
from letterlock.services.ports import Clock

PAGE = 50
NAMED_AT_MOST = 1000
"""Differences of one run; those after them are the next run's."""
PATIENCE = timedelta(minutes=5)
"""An entry that young may still be on its way to the chain."""

TimeLeft = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Differing:
    place: str
    """`link 7`, or the key of an entry."""
    difference: Difference


@dataclass(slots=True)
class Verified:
    """What one run saw. `cursor` leads on, and is empty when all has been seen."""

    links: int = 0
    entries: int = 0
    waiting: int = 0
    """Entries that are young enough to be linked yet."""
    anchors: int = 0
    """Anchors that hold, of those links that this run saw."""
    differing: list[Differing] = field(default_factory=list)
    cursor: str = ""

    def say(self, place: str, difference: Difference) -> None:
        self.differing.append(Differing(place, difference))


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Whoever may verify may read all of it anyway, so it is no secret, and needs no key."""

    what: Literal["links", "entries"]
    after: str

    @classmethod
    def of(cls, text: str) -> _Cursor:
        what, _, after = (text or "links|0").partition("|")
        if what == "links" and after.isdecimal():
            return cls("links", after)
        if what == "entries":
            return cls("entries", after)
        raise Invalid("this cursor is none of ours: start again without it")

    def __str__(self) -> str:
        return f"{self.what}|{self.after}"


@dataclass(frozen=True, slots=True)
class VerifyAudit:
    """First every link in order, with its entry; then every entry in order, with its link. At least a page a run.

    Needs no key: the chain is over what is stored, sealed as it is. Raises NotFound, Invalid (cursor).
    """

    chain: AuditChain
    anchors: Anchors
    now: Clock

    def __call__(self, workspace: str, *, cursor: str, time_left: TimeLeft) -> Verified:
        at, seen = _Cursor.of(cursor), Verified()
        if at.what == "links":
            if not self._links(workspace, int(at.after), seen, time_left):
                return seen
            at = _Cursor("entries", "")
            if not time_left():
                seen.cursor = str(at)
                return seen
        self._entries(workspace, at.after, seen, time_left)
        if not cursor and not seen.cursor and not (seen.links or seen.entries or seen.differing):
            raise NotFound("no such workspace: nothing was ever recorded of it")
        return seen

    # ---- links, with their entries and anchors ----

    def _links(self, workspace: str, after: int, seen: Verified, time_left: TimeLeft) -> bool:
        """Whether the end of the chain was reached."""
        anchors = self.anchors.of(workspace)
        # Where the run before this one ended. If that link is gone meanwhile, the next one follows nothing.
        before = self.chain.links_at(workspace, [after]).get(after) if after else None
        while page := self.chain.links(workspace, after=after, limit=PAGE):
            self._page_of_links(workspace, page, before, anchors, seen)
            if page[-1].seq <= after:  # something that has no number stands among them; it has been named
                break
            before, after = page[-1], page[-1].seq
            if len(seen.differing) >= NAMED_AT_MOST or not time_left():
                seen.cursor = str(_Cursor("links", str(after)))
                return False
        for anchor in anchors:
            if anchor.seq > after:
                seen.say(f"link {anchor.seq}", Difference.ANCHOR)
        return True

    def _page_of_links(
        self, workspace: str, page: Sequence[Link], before: Link | None, anchors: Sequence[Anchor], seen: Verified
    ) -> None:
        keys = [each.entry for each in page]
        entries, linked = self.chain.entries_at(workspace, keys), self.chain.linked(workspace, keys)
        for each in page:
            entry = entries.get(each.entry)
            found = of_link(each, before) + of_entry(each, entry) + of_anchors(each, entry, anchors)
            if linked.get(each.entry) != each.seq:
                found.append(Difference.DOUBLED)
            for difference in found:
                seen.say(place_of(each, difference), difference)
            if Difference.ANCHOR not in found:
                seen.anchors += sum(anchor.seq == each.seq for anchor in anchors)
            seen.links += 1
            before = each

    # ---- entries, with their links ----

    def _entries(self, workspace: str, after: str, seen: Verified, time_left: TimeLeft) -> None:
        while page := self.chain.entries(workspace, after=after, limit=PAGE):
            linked = self.chain.linked(workspace, [each.key for each in page])
            links = self.chain.links_at(workspace, list(linked.values()))
            for each in page:
                seen.entries += 1
                by = links.get(linked.get(each.key, 0))
                if by is not None and by.entry == each.key:
                    continue
                if each.key not in linked and self._young(each):
                    seen.waiting += 1
                else:
                    seen.say(each.key, Difference.UNLINKED)
            after = page[-1].key
            if len(seen.differing) >= NAMED_AT_MOST or not time_left():
                seen.cursor = str(_Cursor("entries", after))
                return

    def _young(self, entry: StoredEntry) -> bool:
        """One that claims to be of the future does not wait for ever."""
        return entry.at is not None and abs(self.now() - entry.at) < PATIENCE
