"""What every store of uploads keeps to: the fake, and the table."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from letterlock.adapters.commits import Commits
from letterlock.adapters.conversation_items import ConversationItems
from letterlock.adapters.dynamo import CONFLICT, Refusal
from letterlock.adapters.dynamo_abandoned_uploads import DynamoAbandonedUploads
from letterlock.adapters.dynamo_message_scans import DynamoMessageScans
from letterlock.adapters.dynamo_uploads import DynamoUploads
from letterlock.adapters.sealing import SealBroken
from letterlock.domain.conversations import Kind, Message, StoredAttachment
from letterlock.domain.errors import AlreadyDone, KeyReused, NotFound, Stale, TooManyRequests
from letterlock.domain.facts import AttachmentScanned, Told
from letterlock.domain.files import UPLOAD_LIVES, UPLOADS_AN_HOUR, Finding, Scan, ScanState, Upload
from letterlock.domain.idempotency import Done, Once
from letterlock.services.file_ports import Abandoned, AbandonedUploads, MessageScans, Uploads
from letterlock.services.ports import MessagePlace
from tests.adapters.conftest import Tables
from tests.adapters.given import Desk
from tests.fakes import FakeClock, FakeConversations
from tests.fakes.files import FakeMessageScans, FakeUploads

WORKSPACE = "wsp_acme"


@dataclass
class Shelf:
    uploads: Uploads
    abandoned: AbandonedUploads
    scans: MessageScans
    desk: Desk
    clock: FakeClock

    def upload(self, id: str = "att_1", once: Once | None = None) -> Upload:  # noqa: A002 - the field's own name
        made = Upload(id, WORKSPACE, "tok_agent", "Rechnung Müller.pdf", "application/pdf", 7, self.clock())
        self.uploads.add(made, once)
        return made

    def clean(self, id: str = "att_1") -> Upload:  # noqa: A002 - the field's own name
        upload = self.upload(id)
        assert self.uploads.claim(upload, "v1")
        scan = Scan(id, ScanState.CLEAN, media_type="application/pdf")
        found = replace(upload, version="v1", scan=scan, sha256="5a", kept_version="k1")
        assert self.uploads.settle(found, self.told(found))
        return found

    def told(self, upload: Upload) -> list[Told]:
        fact = AttachmentScanned(WORKSPACE, upload.id, upload.state.value)
        return [Told(f"fct_{upload.id}", fact, self.clock(), upload.id, upload.id)]

    def attach(self, *uploads: Upload) -> None:
        """To a note of the desk's conversation."""
        files = tuple(
            StoredAttachment(each.id, each.name, "application/pdf", each.size, each.sha256) for each in uploads
        )
        head = self.desk.opened()
        head.note(Message(self.desk.ids.new("msg"), Kind.NOTE, self.clock(), "See.", attachments=files))
        self.desk.store.save(head, [])


@pytest.fixture
def shelf(request: pytest.FixtureRequest, desk: Desk, clock: FakeClock) -> Shelf:
    if isinstance(desk.store, FakeConversations):
        fake = FakeUploads(clock)
        desk.store.attach = fake.attach
        return Shelf(fake, fake, FakeMessageScans(desk.store), desk, clock)
    tables: Tables = request.getfixturevalue("tables")
    sealer, index = request.getfixturevalue("sealer"), request.getfixturevalue("index")
    commits = Commits(tables.client, tables.conversations, index, clock)
    return Shelf(
        DynamoUploads(tables.client, tables.conversations, sealer, commits, clock),
        DynamoAbandonedUploads(tables.client, tables.conversations, clock),
        DynamoMessageScans(tables.client, tables.conversations, ConversationItems(sealer, index), commits),
        desk,
        clock,
    )


def test_an_upload_is_read_as_it_was_taken_down(shelf: Shelf) -> None:
    upload = shelf.upload()
    assert shelf.uploads.get(WORKSPACE, upload.id) == upload
    assert shelf.uploads.some(WORKSPACE, [upload.id, "att_0"]) == [upload]


def test_one_of_another_workspace_or_none_is_not_found(shelf: Shelf) -> None:
    shelf.upload()
    for workspace, attachment in (("wsp_other", "att_1"), (WORKSPACE, "att_0")):
        with pytest.raises(NotFound):
            shelf.uploads.get(workspace, attachment)
        assert shelf.uploads.some(workspace, [attachment]) == []


def test_a_key_stands_for_one_upload(shelf: Shelf) -> None:
    once = Once("tok_agent", "POST /v1/attachments", "k", "{}")
    shelf.upload("att_1", once)
    with pytest.raises(AlreadyDone) as already:
        shelf.upload("att_2", once)
    assert already.value.done == Done(made="att_1")
    with pytest.raises(KeyReused):
        shelf.upload("att_3", replace(once, body='{"size": 1}'))
    assert shelf.uploads.some(WORKSPACE, ["att_2", "att_3"]) == []


def test_the_first_version_that_is_claimed_stays_the_one(shelf: Shelf) -> None:
    upload = shelf.upload()
    assert shelf.uploads.claim(upload, "v1")
    assert shelf.uploads.claim(upload, "v1")
    assert not shelf.uploads.claim(upload, "v2")
    claimed = shelf.uploads.get(WORKSPACE, upload.id)
    assert claimed.version == "v1"
    assert shelf.uploads.claim(claimed, "v1")
    assert not shelf.uploads.claim(claimed, "v2")


def test_what_was_found_is_settled_once_for_the_version_that_was_claimed(shelf: Shelf) -> None:
    found = shelf.clean()
    assert shelf.uploads.get(WORKSPACE, "att_1") == found
    other = replace(found, scan=Scan("att_1", ScanState.QUARANTINED, Finding.TYPE))
    assert not shelf.uploads.settle(other, shelf.told(other))
    assert shelf.uploads.get(WORKSPACE, "att_1") == found

    upload = shelf.upload("att_2")
    shelf.uploads.claim(upload, "v1")
    of_another = replace(found, id="att_2", version="v2", scan=Scan("att_2", ScanState.CLEAN))
    assert not shelf.uploads.settle(of_another, shelf.told(of_another))


def test_what_is_settled_is_claimed_by_nobody(shelf: Shelf) -> None:
    found = shelf.clean()
    assert not shelf.uploads.claim(replace(found, version="", scan=None), "v1")


def test_a_message_uses_its_files_up(shelf: Shelf) -> None:
    found = shelf.clean()
    shelf.attach(found)
    assert shelf.uploads.get(WORKSPACE, found.id).attached
    with pytest.raises(Stale):
        shelf.attach(found)


def test_a_message_with_a_file_that_is_not_clean_is_not_added(shelf: Shelf) -> None:
    with pytest.raises(Stale):
        shelf.attach(shelf.upload())
    with pytest.raises(Stale):
        shelf.attach(Upload("att_0", WORKSPACE, "x", "x", "x", 1, shelf.clock()))


def test_only_what_nobody_attached_is_overdue_after_a_day_and_dropped_to_its_end(shelf: Shelf) -> None:
    used, unused, waiting = shelf.clean("att_1"), shelf.clean("att_2"), shelf.upload("att_3")
    shelf.attach(used)
    assert shelf.abandoned.overdue(10) == []
    shelf.clock.at += UPLOAD_LIVES + timedelta(minutes=1)
    late = [Abandoned(WORKSPACE, unused.id, "k1"), Abandoned(WORKSPACE, waiting.id)]
    assert sorted(shelf.abandoned.overdue(10), key=lambda each: each.attachment) == late
    for each in late:
        assert shelf.abandoned.drop(each)
        assert shelf.abandoned.drop(each)
        with pytest.raises(NotFound):
            shelf.uploads.get(WORKSPACE, each.attachment)
    assert len(shelf.abandoned.overdue(10)) == 2, "its sealed object may still be there"
    for each in late:
        shelf.abandoned.forget(each)
    assert shelf.abandoned.overdue(10) == []
    assert not shelf.abandoned.drop(Abandoned(WORKSPACE, used.id, "k1"))
    assert not shelf.abandoned.drop(Abandoned(WORKSPACE, "att_0"))


def test_what_was_dropped_is_attached_by_nobody(shelf: Shelf) -> None:
    found = shelf.clean()
    shelf.abandoned.drop(Abandoned(WORKSPACE, found.id))
    with pytest.raises(Stale):
        shelf.attach(found)


def test_uploads_are_counted_by_workspace_and_hour(shelf: Shelf) -> None:
    for _ in range(UPLOADS_AN_HOUR):
        shelf.uploads.count(WORKSPACE)
    with pytest.raises(TooManyRequests) as refused:
        shelf.uploads.count(WORKSPACE)
    assert 0 < refused.value.seconds <= 3600
    shelf.uploads.count("wsp_other")
    shelf.clock.at += timedelta(seconds=refused.value.seconds)
    shelf.uploads.count(WORKSPACE)


def test_what_was_found_in_a_mails_files_stands_on_the_message_and_the_digest_holds(shelf: Shelf) -> None:
    head = shelf.desk.opened()
    (message,) = shelf.desk.store.thread(WORKSPACE, head.id).messages
    place = MessagePlace(WORKSPACE, head.id, message.id)
    scans = (Scan("att_1", ScanState.CLEAN, media_type="image/png"), Scan("att_2", ScanState.QUARANTINED, Finding.TYPE))
    assert shelf.scans.mark(place, scans, [])
    assert not shelf.scans.mark(place, scans[:1], []), "two that look at once tell it once"
    assert shelf.desk.store.message(WORKSPACE, head.id, message.id) == replace(message, scans=scans)
    assert shelf.desk.store.get(WORKSPACE, head.id) == head
    with pytest.raises(NotFound):
        shelf.scans.mark(replace(place, message="msg_0"), scans, [])


def test_what_was_found_is_amended_where_it_is_still_that(shelf: Shelf) -> None:
    head = shelf.desk.opened()
    (message,) = shelf.desk.store.thread(WORKSPACE, head.id).messages
    place = MessagePlace(WORKSPACE, head.id, message.id)
    before = (Scan("att_1", ScanState.QUARANTINED, Finding.TYPE),)
    after = (replace(before[0], state=ScanState.RELEASED),)
    assert not shelf.scans.amend(place, (), after), "nothing was found yet"
    shelf.scans.mark(place, before, [])
    assert not shelf.scans.amend(place, after, before)
    assert shelf.scans.amend(place, before, after)
    assert not shelf.scans.amend(place, before, after)
    assert shelf.desk.store.message(WORKSPACE, head.id, message.id) == replace(message, scans=after)
    with pytest.raises(NotFound):
        shelf.scans.amend(replace(place, message="msg_0"), before, after)


def test_nobody_makes_a_file_clean_by_writing_to_the_table(tables: Tables, shelf: Shelf) -> None:
    """The plain state decides conditions; what an upload is says the sealed finding, bound to its record."""
    if isinstance(shelf.uploads, FakeUploads):
        pytest.skip("the table's own")
    clean, waiting = shelf.clean("att_1"), shelf.upload("att_2")
    key = {"pk": {"S": f"{WORKSPACE}#upload#{waiting.id}"}, "sk": {"S": "UPLOAD"}}
    change = {"#s": "state"}
    tables.client.update_item(
        TableName=tables.conversations,
        Key=key,
        UpdateExpression="SET #s = :clean",
        ExpressionAttributeNames=change,
        ExpressionAttributeValues={":clean": {"S": "clean"}},
    )
    assert shelf.uploads.get(WORKSPACE, waiting.id).state is ScanState.WAITING

    other = {"pk": {"S": f"{WORKSPACE}#upload#{clean.id}"}, "sk": {"S": "UPLOAD"}}
    found = tables.client.get_item(TableName=tables.conversations, Key=other)["Item"]["scanned"]
    tables.client.update_item(
        TableName=tables.conversations,
        Key=key,
        UpdateExpression="SET scanned = :moved",
        ExpressionAttributeValues={":moved": found},
    )
    with pytest.raises(SealBroken):
        shelf.uploads.get(WORKSPACE, waiting.id)


def test_what_a_file_is_called_stands_nowhere_in_plain(tables: Tables, shelf: Shelf) -> None:
    if isinstance(shelf.uploads, FakeUploads):
        pytest.skip("the table's own")
    shelf.clean()
    stored = repr(tables.client.scan(TableName=tables.conversations)["Items"])
    for word in ("Rechnung", "Müller", "application/pdf", "tok_agent"):
        assert word not in stored


def test_what_could_not_be_settled_at_this_moment_is_not_taken_for_settled(
    tables: Tables, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another transaction holds the record (DynamoDB: "TransactionConflict"): its object must stay."""
    if not isinstance(shelf.uploads, DynamoUploads):
        pytest.skip("the table's own")
    upload = shelf.upload()
    shelf.uploads.claim(upload, "v1")
    found = replace(upload, version="v1", scan=Scan(upload.id, ScanState.CLEAN))
    refused = [Refusal("upload", CONFLICT, {})]
    monkeypatch.setattr(shelf.uploads._commits, "commit", lambda *_: refused)
    with pytest.raises(Stale):
        shelf.uploads.settle(found, shelf.told(found))
