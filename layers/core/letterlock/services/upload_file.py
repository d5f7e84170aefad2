"""A file on its way to us: a form for it, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.accounts import Principal
from letterlock.domain.errors import NotFound
from letterlock.domain.files import ScanState, Upload, refuse_too_large
from letterlock.domain.idempotency import Done, Once
from letterlock.domain.permissions import Action
from letterlock.services.file_ports import Form, UploadForms, Uploads
from letterlock.services.ports import Clock, Ids


@dataclass(frozen=True, slots=True)
class StartUpload:
    """Take down what is to come, and make a form for exactly that.

    Raises Forbidden, TooLarge, TooManyRequests, AlreadyDone, KeyReused.
    """

    uploads: Uploads
    forms: UploadForms
    ids: Ids
    now: Clock

    def __call__(
        self, principal: Principal, name: str, media_type: str, size: int, *, once: Once | None = None
    ) -> tuple[Upload, Form | None]:
        """`size` in octets."""
        principal.may(Action.UPLOAD)
        refuse_too_large(size)
        upload = Upload(self.ids.new("att"), principal.workspace, principal.id, name, media_type, size, self.now())
        self.uploads.count(principal.workspace)
        self.uploads.add(upload, once)
        return upload, self.forms.form(upload, self.now())

    def again(self, principal: Principal, done: Done) -> tuple[Upload, Form | None]:
        """The same upload, with a form that is made anew: what a form lets anybody do is bound to the upload, and ends
        with the first object that comes. None once something has come.
        """
        principal.may(Action.UPLOAD)
        upload = own(self.uploads, principal, done.made)
        waits = upload.state is ScanState.WAITING and not upload.version
        return upload, self.forms.form(upload, self.now()) if waits else None


@dataclass(frozen=True, slots=True)
class ReadUpload:
    """How an upload of one's own stands. Raises Forbidden, NotFound."""

    uploads: Uploads

    def __call__(self, principal: Principal, attachment: str) -> Upload:
        principal.may(Action.UPLOAD)
        return own(self.uploads, principal, attachment)


def own(uploads: Uploads, principal: Principal, attachment: str) -> Upload:
    """Raises NotFound, for another's as for one that never was."""
    upload = uploads.get(principal.workspace, attachment)
    if upload.owner != principal.id:
        raise NotFound("no such attachment")
    return upload
