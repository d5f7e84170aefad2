"""Uploads become the files of a message, once."""

from __future__ import annotations

from collections.abc import Sequence

from letterlock.domain.accounts import Principal
from letterlock.domain.conversations import StoredAttachment
from letterlock.domain.errors import NotFound
from letterlock.domain.files import Scan, Scans, ScanState, in_order, refuse_too_much
from letterlock.services.file_ports import Uploads

Files = tuple[tuple[StoredAttachment, ...], Scans]


def attach_files(uploads: Uploads, principal: Principal, wanted: Sequence[str], text: str) -> Files:
    """The files of a message that says `text`, in the order in which they are named, each once.

    That they are free is decided again by the transaction that adds the message. Raises NotFound for one that is
    another's, or of another workspace, or none; NotScanned, FileQuarantined, RuleBroken, TooLarge.
    """
    if not wanted:
        return (), ()
    wanted = list(dict.fromkeys(wanted))
    found = in_order(wanted, uploads.some(principal.workspace, wanted))
    if found is None or any(each.owner != principal.id for each in found):
        raise NotFound("no such attachment")
    for each in found:
        each.must_be_free()
    refuse_too_much([each.size for each in found], text)
    files = tuple(StoredAttachment(each.id, each.name, each.true_type, each.size, each.sha256) for each in found)
    scans = tuple(
        Scan(each.id, ScanState.CLEAN, media_type=each.scan.media_type if each.scan else "") for each in found
    )
    return files, scans
