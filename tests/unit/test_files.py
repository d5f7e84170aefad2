"""Uploads, looks into files, and what becomes of both: the services over fakes."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from letterlock.domain.accounts import Principal
from letterlock.domain.audit import Act
from letterlock.domain.conversations import Conversation, Message, SendState
from letterlock.domain.errors import (
    AlreadyDone,
    FileQuarantined,
    Forbidden,
    IntegrityBroken,
    KeyReused,
    NotFound,
    NotScanned,
    RuleBroken,
    TooLarge,
    TooManyRequests,
)
from letterlock.domain.facts import AttachmentScanned, MessageScanned
from letterlock.domain.files import (
    DOWNLOADS_SWEPT_AFTER,
    FILE_BYTES,
    UPLOAD_LIVES,
    UPLOADS_AN_HOUR,
    Examined,
    Finding,
    Scan,
    ScanState,
    Upload,
    refuse_too_much,
)
from letterlock.domain.idempotency import Once
from letterlock.domain.mail import Attachment, Mail
from letterlock.domain.permissions import Role, Scope
from letterlock.services.deeds import Asked, Deeds
from letterlock.services.drop_files import DropAbandoned, SweepDownloads
from letterlock.services.fetch_attachment import FetchAttachment
from letterlock.services.file_ports import FilePlace
from letterlock.services.ports import MessagePlace
from letterlock.services.release_file import ReleaseFile
from letterlock.services.scan_message import ScanMessage
from letterlock.services.scan_upload import Ended, ScanUpload
from letterlock.services.upload_file import ReadUpload, StartUpload
from tests.fakes.clock import FakeClock
from tests.fakes.desk import AGENT, CUSTOMER, MAILBOX, Desk
from tests.fakes.files import (
    FakeArrivedFiles,
    FakeDownloads,
    FakeExaminer,
    FakeMessageScans,
    FakeOldDownloads,
    FakeUploadForms,
)

PDF = b"%PDF-1.7 of a lamp"
OTHER = Principal("wsp_acme", "tok_other", Role.AGENT, frozenset(Scope), (MAILBOX.id,))
FOREIGN = replace(AGENT, workspace="wsp_other")
VIEWER = replace(AGENT, role=Role.VIEWER)
ADMIN = replace(AGENT, id="per_admin", role=Role.ADMIN, signed_in=True)


def asked_by(who: Principal) -> Asked:
    return Asked(who.id, "req")


@dataclass
class Cabinet:
    """A desk with everything that files take."""

    desk: Desk = field(default_factory=Desk)

    def __post_init__(self) -> None:
        desk = self.desk
        self.uploads, self.files = desk.uploads, desk.files
        self.arrived, self.examiner, self.downloads = FakeArrivedFiles(), FakeExaminer(), FakeDownloads()
        self.start = StartUpload(self.uploads, FakeUploadForms(), desk.ids, desk.clock)
        self.read = ReadUpload(self.uploads)
        self.scan = ScanUpload(self.uploads, self.arrived, self.files, self.examiner, desk.ids, desk.clock)
        scans = FakeMessageScans(desk.conversations)
        self.release = ReleaseFile(desk.conversations, scans, Deeds(desk.ids, desk.clock))
        self.scan_mail = ScanMessage(desk.conversations, self.files, self.examiner, scans, desk.ids, desk.clock)
        self.fetch = FetchAttachment(desk.conversations, self.files, self.downloads, desk.ids, desk.clock)
        self.drop = DropAbandoned(self.uploads, self.files)

    def announced(self, content: bytes = PDF, principal: Principal = AGENT) -> Upload:
        return self.start(principal, "lamp.pdf", "application/pdf", len(content))[0]

    def clean(self, content: bytes = PDF, principal: Principal = AGENT) -> Upload:
        upload = self.announced(content, principal)
        assert self.scan(self.arrived.store(upload, "v1", content)) is Ended.CLEAN
        return self.uploads.get(upload.workspace, upload.id)

    def mail(self, *contents: bytes) -> tuple[Conversation, Message]:
        """One that came in with these files; where they lie sealed is told to `files`."""
        given = [Attachment(f"{number}.pdf", "application/pdf", each) for number, each in enumerate(contents)]
        head = self.desk.opened(Mail("Lamp", CUSTOMER, text="See.", message_id="m@customer", attachments=tuple(given)))
        (message,) = self.desk.conversations.thread(head.workspace, head.id).messages
        place = MessagePlace(head.workspace, head.id, message.id)
        for file, each in zip(message.attachments, contents, strict=True):
            self.files.kept[FilePlace(head.workspace, file.id, place)] = each
        return head, message

    def reply(
        self, head: Conversation, *uploads: Upload, principal: Principal = AGENT, once: Once | None = None
    ) -> Message:
        return self.desk.send_reply(
            principal, head.id, "Here.", request="req", attachments=[each.id for each in uploads], once=once
        )

    def looked(self, head: Conversation, message: Message, *, last_try: bool = False) -> int:
        place = MessagePlace(head.workspace, head.id, message.id)
        return self.scan_mail(place, correlation="ses-1", causation="fct_1", last_try=last_try)

    def quarantined(self, finding: Finding = Finding.ENCRYPTED) -> tuple[Conversation, Message, str, str]:
        """A mail with a file that is quarantined for that, and one that is clean."""
        self.examiner.says[b"evil"] = Examined("image/png", finding)
        head, message = self.mail(b"evil", PDF)
        self.looked(head, message)
        evil, good = message.attachments
        return head, message, evil.id, good.id


# ---- a file comes up ------------------------------------------------------------------------------------------------


def test_an_upload_waits_until_somebody_has_looked_into_it() -> None:
    cabinet = Cabinet()
    upload, form = cabinet.start(AGENT, "lamp.pdf", "application/pdf", len(PDF))
    assert form is not None
    assert cabinet.read(AGENT, upload.id).state is ScanState.WAITING


def test_a_file_that_no_mail_takes_is_refused_before_it_comes_with_the_limit() -> None:
    with pytest.raises(TooLarge, match="29 MB"):
        Cabinet().start(AGENT, "film.mp4", "video/mp4", FILE_BYTES + 1)
    assert Cabinet().start(AGENT, "film.mp4", "video/mp4", FILE_BYTES)


def test_a_workspace_begins_so_many_uploads_an_hour() -> None:
    cabinet = Cabinet()
    for _ in range(UPLOADS_AN_HOUR):
        cabinet.announced()
    with pytest.raises(TooManyRequests):
        cabinet.announced()
    cabinet.announced(principal=FOREIGN)
    cabinet.desk.clock.at += timedelta(hours=1)
    cabinet.announced()


def test_whoever_only_looks_on_uploads_nothing_and_nobody_sees_anothers() -> None:
    cabinet = Cabinet()
    upload = cabinet.announced()
    with pytest.raises(Forbidden):
        cabinet.start(VIEWER, "lamp.pdf", "application/pdf", 1)
    for stranger in (OTHER, FOREIGN):
        with pytest.raises(NotFound):
            cabinet.read(stranger, upload.id)


def test_asked_for_again_under_its_key_it_is_the_same_with_a_new_form_until_something_came() -> None:
    cabinet, once = Cabinet(), Once(AGENT.id, "POST /v1/attachments", "k", "{}")
    upload, _ = cabinet.start(AGENT, "lamp.pdf", "application/pdf", len(PDF), once=once)
    with pytest.raises(AlreadyDone) as already:
        cabinet.start(AGENT, "lamp.pdf", "application/pdf", len(PDF), once=once)
    again, form = cabinet.start.again(AGENT, already.value.done)
    assert (again.id, form is not None) == (upload.id, True)
    with pytest.raises(KeyReused):
        cabinet.start(AGENT, "other.pdf", "application/pdf", 1, once=replace(once, body="other"))

    cabinet.scan(cabinet.arrived.store(upload, "v1", PDF))
    assert cabinet.start.again(AGENT, already.value.done)[1] is None
    with pytest.raises(NotFound):
        cabinet.start.again(OTHER, already.value.done)


# ---- it is looked into ----------------------------------------------------------------------------------------------


def test_what_is_clean_is_sealed_told_and_gone_from_where_it_came_in() -> None:
    cabinet = Cabinet()
    upload = cabinet.clean()
    assert (upload.state, upload.true_type) == (ScanState.CLEAN, "application/pdf")
    assert cabinet.files.kept == {FilePlace(upload.workspace, upload.id): PDF}
    assert [each.fact for each in cabinet.uploads.announced] == [
        AttachmentScanned(upload.workspace, upload.id, ScanState.CLEAN)
    ]
    assert cabinet.arrived.stored == {}


@pytest.mark.parametrize(
    ("content", "finding"),
    [(PDF + b"!", Finding.SIZE), (PDF[:-1], Finding.SIZE), (b"", Finding.LOST), (b"MZ" + PDF[2:], Finding.PROGRAM)],
)
def test_what_is_not_what_it_says_is_quarantined_and_kept_nowhere(content: bytes, finding: Finding) -> None:
    cabinet = Cabinet()
    cabinet.examiner.says[b"MZ" + PDF[2:]] = Examined(finding=Finding.PROGRAM)
    upload = cabinet.announced()
    assert cabinet.scan(cabinet.arrived.store(upload, "v1", content)) is Ended.QUARANTINED
    found = cabinet.read(AGENT, upload.id)
    assert found.scan == Scan(upload.id, ScanState.QUARANTINED, finding)
    assert (cabinet.files.kept, cabinet.arrived.stored) == ({}, {})


def test_the_first_version_that_is_looked_at_is_the_one_and_later_ones_are_deleted_unread() -> None:
    cabinet = Cabinet()
    upload = cabinet.announced()
    first = cabinet.arrived.store(upload, "v1", PDF)
    later = cabinet.arrived.store(upload, "v2", b"x" * len(PDF))
    assert cabinet.uploads.claim(upload, "v1")
    assert cabinet.scan(later) is Ended.NOT_WANTED
    assert cabinet.scan(first) is Ended.CLEAN
    assert cabinet.files.kept == {FilePlace(upload.workspace, upload.id): PDF}
    assert cabinet.scan(cabinet.arrived.store(upload, "v3", b"y" * len(PDF))) is Ended.NOT_WANTED
    assert cabinet.arrived.stored == {}
    assert len(cabinet.examiner.asked) == 1


def test_an_object_that_nobody_asked_for_is_deleted_unread() -> None:
    cabinet = Cabinet()
    stray = cabinet.arrived.store(Upload("att_0", "wsp_acme", "x", "x", "x", 1, cabinet.desk.clock()), "v1", b"x")
    assert cabinet.scan(stray) is Ended.NOT_WANTED
    assert (cabinet.arrived.stored, cabinet.examiner.asked) == ({}, [])


@pytest.mark.parametrize("left_at", ["keep_upload", "settle", "discard"])
def test_a_look_that_was_broken_off_is_done_again_and_ends_alike(left_at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cabinet = Cabinet()
    upload = cabinet.announced()
    arrived = cabinet.arrived.store(upload, "v1", PDF)

    def dies(*_: object) -> None:
        raise ConnectionError

    where = {"keep_upload": cabinet.files, "settle": cabinet.uploads, "discard": cabinet.arrived}[left_at]
    with monkeypatch.context() as patched:
        patched.setattr(where, left_at, dies)
        with pytest.raises(ConnectionError):
            cabinet.scan(arrived)
    assert cabinet.scan(arrived) in (Ended.CLEAN, Ended.NOT_WANTED)
    assert cabinet.read(AGENT, upload.id).state is ScanState.CLEAN
    assert len(cabinet.uploads.announced) == 1
    assert cabinet.arrived.stored == {}


# ---- it is attached -------------------------------------------------------------------------------------------------


def test_a_reply_goes_out_with_the_very_file() -> None:
    cabinet = Cabinet()
    head = cabinet.desk.opened()
    queued = cabinet.reply(head, cabinet.clean())
    assert [(each.name, each.size) for each in queued.attachments] == [("lamp.pdf", len(PDF))]
    state = cabinet.desk.deliver(
        head.workspace, head.id, queued.id, last_try=False, correlation="req", causation="fct_1"
    )
    assert state is SendState.SENT
    (mail,) = cabinet.desk.mailer.sent
    assert [(each.name, each.media_type, bytes(each.content)) for each in mail.files] == [
        ("lamp.pdf", "application/pdf", PDF)
    ]


def test_a_file_that_is_not_what_the_message_names_does_not_go_out() -> None:
    cabinet = Cabinet()
    head = cabinet.desk.opened()
    upload = cabinet.clean()
    queued = cabinet.reply(head, upload)
    cabinet.files.kept[FilePlace(upload.workspace, upload.id)] = PDF[:-1] + b"!"
    with pytest.raises(IntegrityBroken):
        cabinet.desk.deliver(head.workspace, head.id, queued.id, last_try=False, correlation="r", causation="f")
    assert cabinet.desk.mailer.sent == []
    state = cabinet.desk.deliver(head.workspace, head.id, queued.id, last_try=True, correlation="r", causation="f")
    assert state is SendState.FAILED


def test_a_note_takes_files_as_well() -> None:
    cabinet = Cabinet()
    head, upload = cabinet.desk.opened(), cabinet.clean()
    note = cabinet.desk.add_note(AGENT, head.id, "See.", request="req", attachments=[upload.id])
    assert note.scans == (Scan(upload.id, ScanState.CLEAN, media_type="application/pdf"),)
    assert cabinet.fetch(AGENT, head.id, note.id, upload.id).url.startswith("https://")


def test_anothers_file_or_none_is_as_absent_as_one_that_never_was() -> None:
    cabinet = Cabinet()
    head = cabinet.desk.opened()
    for upload in (
        cabinet.clean(principal=OTHER),
        cabinet.clean(principal=FOREIGN),
        replace(cabinet.clean(), id="att_0"),
    ):
        with pytest.raises(NotFound):
            cabinet.reply(head, upload)
    with pytest.raises(NotFound):
        cabinet.reply(head, cabinet.clean(), replace(cabinet.clean(), id="att_0"))


def test_a_file_that_waits_or_is_quarantined_is_not_attached() -> None:
    cabinet = Cabinet()
    head, waiting = cabinet.desk.opened(), cabinet.announced()
    with pytest.raises(NotScanned):
        cabinet.reply(head, waiting)
    cabinet.scan(cabinet.arrived.store(waiting, "v1", b"short"))
    with pytest.raises(FileQuarantined, match="size"):
        cabinet.reply(head, waiting)


def test_a_file_is_used_once_also_by_two_who_name_it_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    cabinet = Cabinet()
    head, upload = cabinet.desk.opened(), cabinet.clean()
    some, meanwhile = cabinet.uploads.some, [True]

    def read_then_overtaken(workspace: str, attachments: list[str]) -> list[Upload]:
        found = some(workspace, attachments)
        if meanwhile:
            meanwhile.clear()
            cabinet.reply(head, upload)
        return found

    monkeypatch.setattr(cabinet.uploads, "some", read_then_overtaken)
    with pytest.raises(RuleBroken, match="attached"):
        cabinet.reply(head, upload)
    thread = cabinet.desk.conversations.thread(head.workspace, head.id)
    assert sum(len(each.attachments) for each in thread.messages) == 1


def test_a_reply_with_a_file_that_is_sent_again_under_its_key_is_the_same_reply() -> None:
    cabinet, once = Cabinet(), Once(AGENT.id, "POST /v1/conversations/x/replies", "k", "{}")
    head, upload = cabinet.desk.opened(), cabinet.clean()
    first = cabinet.reply(head, upload, once=once)
    with pytest.raises(AlreadyDone) as already:
        cabinet.reply(head, upload, once=once)
    assert already.value.done.message == first.id


def test_files_that_are_too_large_together_are_refused_early() -> None:
    cabinet = Cabinet()
    head, upload = cabinet.desk.opened(), cabinet.clean()
    large = replace(upload, size=FILE_BYTES)
    cabinet.uploads.stored[upload.workspace, upload.id] = large
    other = cabinet.clean()
    cabinet.reply(cabinet.desk.opened(), large)
    cabinet.uploads.stored[upload.workspace, upload.id] = large
    cabinet.uploads.stored[upload.workspace, other.id] = replace(other, size=2_000_000)
    with pytest.raises(TooLarge, match="29 MB"):
        cabinet.reply(head, large, other)


def test_the_largest_file_leaves_room_for_a_reply_and_none_for_a_book() -> None:
    refuse_too_much([FILE_BYTES], "x" * 200_000)
    with pytest.raises(TooLarge):
        refuse_too_much([FILE_BYTES], "\U0001f4da" * 200_000)
    refuse_too_much([], "\U0001f4da" * 200_000)


# ---- a mail's files -------------------------------------------------------------------------------------------------


def test_nobody_fetches_a_mails_file_before_it_was_looked_into() -> None:
    cabinet = Cabinet()
    head, message = cabinet.mail(PDF)
    (file,) = message.attachments
    with pytest.raises(NotScanned):
        cabinet.fetch(AGENT, head.id, message.id, file.id)
    assert cabinet.looked(head, message) == 1
    cabinet.fetch(AGENT, head.id, message.id, file.id)
    ((offered, content),) = cabinet.downloads.offered
    assert (offered.name, offered.media_type, content) == ("0.pdf", "application/octet-stream", PDF)


def test_each_of_a_mails_files_has_its_own_finding_and_the_rest_can_be_fetched() -> None:
    cabinet = Cabinet()
    cabinet.examiner.says[b"evil"] = Examined(finding=Finding.PROGRAM)
    head, message = cabinet.mail(b"evil", PDF)
    cabinet.looked(head, message)
    evil, good = message.attachments
    with pytest.raises(FileQuarantined, match="program"):
        cabinet.fetch(AGENT, head.id, message.id, evil.id)
    cabinet.fetch(AGENT, head.id, message.id, good.id)
    assert cabinet.desk.conversations.announced[-1] == MessageScanned(head.workspace, head.id, message.id)


def test_a_mail_is_looked_into_once_however_often_it_is_told() -> None:
    cabinet = Cabinet()
    head, message = cabinet.mail(PDF)
    assert (cabinet.looked(head, message), cabinet.looked(head, message)) == (1, 0)
    told = [each for each in cabinet.desk.conversations.announced if isinstance(each, MessageScanned)]
    assert len(told) == 1


def test_a_file_that_is_gone_from_the_archive_is_lost_and_one_that_was_changed_rings_the_alarm() -> None:
    cabinet = Cabinet()
    head, message = cabinet.mail(PDF)
    (place,) = cabinet.files.kept
    cabinet.files.kept[place] = PDF[::-1]
    with pytest.raises(IntegrityBroken):
        cabinet.looked(head, message)
    cabinet.files.kept.clear()
    cabinet.looked(head, message)
    (scan,) = cabinet.desk.sent(head, message).scans
    assert scan.finding is Finding.LOST


def broken_off(*_: object) -> Examined:
    raise MemoryError


def test_a_file_that_nobody_can_look_into_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last try says so before it tries; when the dead letters are given another try, it is looked into after all."""
    cabinet = Cabinet()
    head, message = cabinet.mail(b"huge")
    (file,) = message.attachments
    with monkeypatch.context() as patch:
        patch.setattr(cabinet.examiner, "examine", broken_off)
        with pytest.raises(MemoryError):
            cabinet.looked(head, message)
        with pytest.raises(NotScanned):
            cabinet.fetch(AGENT, head.id, message.id, file.id)
        with pytest.raises(MemoryError):
            cabinet.looked(head, message, last_try=True)
    with pytest.raises(FileQuarantined, match="unexamined"):
        cabinet.fetch(AGENT, head.id, message.id, file.id)
    assert not [each for each in cabinet.desk.conversations.announced if isinstance(each, MessageScanned)]
    assert (cabinet.looked(head, message), cabinet.looked(head, message)) == (1, 0)
    cabinet.fetch(AGENT, head.id, message.id, file.id)
    assert cabinet.desk.conversations.announced[-1] == MessageScanned(head.workspace, head.id, message.id)


def test_a_last_try_that_succeeds_is_as_any_other() -> None:
    cabinet = Cabinet()
    head, message = cabinet.mail(PDF)
    assert (cabinet.looked(head, message, last_try=True), cabinet.looked(head, message)) == (1, 0)
    assert [each.state for each in cabinet.desk.sent(head, message).scans] == [ScanState.CLEAN]


def test_an_admin_releases_a_quarantined_file_and_the_team_can_fetch_it_as_octets() -> None:
    cabinet = Cabinet()
    head, message, evil, _ = cabinet.quarantined()
    before = cabinet.desk.sent(head, message).scans
    file, scan = cabinet.release(ADMIN, head.id, message.id, evil, asked_by(ADMIN))
    assert (file.id, scan.state, scan.finding) == (evil, ScanState.RELEASED, Finding.ENCRYPTED)
    assert cabinet.desk.sent(head, message).scans == (scan, before[1])
    cabinet.fetch(AGENT, head.id, message.id, evil)
    ((offered, content),) = cabinet.downloads.offered
    assert (offered.media_type, content) == ("application/octet-stream", b"evil")


def test_who_released_a_file_is_on_record_once_however_often_they_ask() -> None:
    cabinet = Cabinet()
    head, message, evil, _ = cabinet.quarantined()
    for _ in range(2):
        cabinet.release(ADMIN, head.id, message.id, evil, asked_by(ADMIN))
    (entry,) = cabinet.desk.conversations.audited
    assert (entry.actor, entry.act, entry.subject) == (ADMIN.id, Act.FILE_RELEASED, evil)
    assert (entry.detail.before, entry.detail.after) == ("encrypted", message.id)


@pytest.mark.parametrize("finding", [Finding.MALWARE, Finding.LOST])
def test_what_is_known_for_malware_or_is_not_there_is_never_released(finding: Finding) -> None:
    cabinet = Cabinet()
    head, message, evil, _ = cabinet.quarantined(finding)
    with pytest.raises(RuleBroken, match="never released"):
        cabinet.release(ADMIN, head.id, message.id, evil, asked_by(ADMIN))
    assert cabinet.desk.conversations.audited == []


def test_only_an_admin_releases_and_only_what_is_quarantined() -> None:
    cabinet = Cabinet()
    head, message, evil, good = cabinet.quarantined()
    foreign, elsewhere = replace(ADMIN, workspace="wsp_other"), replace(ADMIN, mailboxes=("mbx_other",), limited=True)
    for who in (AGENT, VIEWER, replace(ADMIN, signed_in=False), foreign, elsewhere):
        with pytest.raises((Forbidden, NotFound)):
            cabinet.release(who, head.id, message.id, evil, asked_by(who))
    with pytest.raises(RuleBroken, match="only a quarantined file"):
        cabinet.release(ADMIN, head.id, message.id, good, asked_by(ADMIN))
    with pytest.raises(NotFound):
        cabinet.release(ADMIN, head.id, message.id, "att_0", asked_by(ADMIN))
    waiting, mail = Cabinet(), None
    head, mail = waiting.mail(PDF)
    with pytest.raises(NotScanned):
        waiting.release(ADMIN, head.id, mail.id, mail.attachments[0].id, asked_by(ADMIN))
    assert cabinet.desk.conversations.audited == waiting.desk.conversations.audited == []


def test_a_mail_that_is_no_more_is_nothing_to_look_into() -> None:
    cabinet = Cabinet()
    head, message = cabinet.mail(PDF)
    assert cabinet.looked(head, replace(message, id="msg_0")) == 0


def test_whoever_does_not_see_the_mailbox_finds_no_file_and_no_file_lies_in_another_message() -> None:
    cabinet = Cabinet()
    head, message = cabinet.mail(PDF)
    _, other = cabinet.mail(PDF + b"2")
    cabinet.looked(head, message)
    (file,) = message.attachments
    elsewhere = replace(AGENT, mailboxes=("mbx_sales",), limited=True)
    for who, where in ((elsewhere, message.id), (FOREIGN, message.id), (AGENT, other.id)):
        with pytest.raises(NotFound):
            cabinet.fetch(who, head.id, where, file.id)


@pytest.mark.parametrize(
    ("found", "served"),
    [
        ("image/png", "image/png"),
        ("image/jpeg", "image/jpeg"),
        ("image/svg+xml", "application/octet-stream"),
        ("text/html", "application/octet-stream"),
        ("application/pdf", "application/octet-stream"),
        ("text/javascript", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_only_images_that_draw_and_no_more_are_handed_out_as_what_they_are(found: str, served: str) -> None:
    assert Scan("att_1", ScanState.CLEAN, media_type=found).served_as == served
    assert Scan("att_1", ScanState.RELEASED, media_type=found).served_as == "application/octet-stream"


# ---- what does not stay ---------------------------------------------------------------------------------------------


def test_what_nobody_attached_within_a_day_is_dropped_and_what_was_attached_stays() -> None:
    cabinet = Cabinet()
    used, unused, waiting = cabinet.clean(), cabinet.clean(), cabinet.announced()
    cabinet.reply(cabinet.desk.opened(), used)
    assert cabinet.drop() == 0
    cabinet.desk.clock.at += UPLOAD_LIVES
    assert cabinet.drop() == 2
    assert set(cabinet.files.kept) == {FilePlace(used.workspace, used.id)}
    for gone in (unused, waiting):
        with pytest.raises(NotFound):
            cabinet.read(AGENT, gone.id)
    assert cabinet.drop() == 0


def test_a_file_that_is_attached_while_it_is_dropped_is_one_or_the_other() -> None:
    cabinet = Cabinet()
    upload = cabinet.clean()
    cabinet.desk.clock.at += UPLOAD_LIVES
    (late,) = cabinet.uploads.overdue(10)
    cabinet.reply(cabinet.desk.opened(), upload)
    assert not cabinet.uploads.drop(late)
    assert cabinet.drop() == 0
    assert cabinet.files.kept


def test_what_comes_after_it_was_dropped_is_deleted_unread() -> None:
    cabinet = Cabinet()
    upload = cabinet.announced()
    cabinet.desk.clock.at += UPLOAD_LIVES
    cabinet.drop()
    assert cabinet.scan(cabinet.arrived.store(upload, "v1", PDF)) is Ended.NOT_WANTED


def test_a_download_lies_there_for_a_quarter_of_an_hour() -> None:
    clock = FakeClock()
    old, new = clock() - DOWNLOADS_SWEPT_AFTER - timedelta(seconds=1), clock() - timedelta(minutes=14)
    downloads = FakeOldDownloads(old, new)
    assert SweepDownloads(downloads, clock)() == 1
    assert downloads.offered == [new]
