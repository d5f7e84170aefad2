"""Files over the API and through the queue, on the stack in process."""

import email
from email import policy
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from bench.hostile_files import png, program
from bench.letters import CUSTOMER, pdf
from bench.people import SignedIn
from bench.scenarios import CONVERSATIONS, Desk
from letterlock.domain.files import FILE_BYTES, FILES_AT_MOST
from letterlock.domain.permissions import Role, Scope
from tests.handlers.stack import MAILBOX, FormRefused, Stack

PDF = pdf(3_000)
NAME = "Rechnung für Müller.pdf"
MAIL = (
    f"From: Ana <{CUSTOMER}>\r\nTo: {MAILBOX}\r\nSubject: Order 7\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSee.\r\n'
)


@pytest.fixture
def desk(stack: Stack) -> Desk:
    return Desk(stack)


def mailed(desk: Desk, name: str, content: bytes, media_type: str = "image/png") -> tuple[str, Any]:
    """A mail with a file: the message's place, and the file as it is shown once somebody has looked into it."""
    mail = email.message_from_string(MAIL + "--b--\r\n", policy=policy.default)
    mail.add_attachment(content, *media_type.split("/"), filename=name)
    desk.accepted(desk.stack.mail(mail.as_bytes(), ses_message_id=f"m{len(desk.stack.published)}"))
    desk.conversation = desk.listed()[0]["id"]
    (fact,) = [each for each in desk.stack.relay() if each["detail-type"] == "MessageReceived"]
    desk.accepted(desk.stack.scan(fact))
    (message,) = desk.api("GET")["messages"]
    (file,) = message["attachments"]
    return f"{CONVERSATIONS}/{desk.conversation}/messages/{message['id']}/attachments", file


def released(desk: Desk, place: str, file: str, who: SignedIn, **body: Any) -> Any:
    sent = {"state": "released"} | body
    return desk.stack.api("PUT", f"{place}/{file}/state", sent, token="", headers=who.headers)


def announced(desk: Desk, **wanted: Any) -> tuple[int, Any, Any]:
    return desk.stack.api(
        "POST", "/v1/attachments", {"name": "a.pdf", "media_type": "application/pdf", "size": 9} | wanted
    )


# ---- out ------------------------------------------------------------------------------------------------------------


def test_a_file_is_uploaded_looked_into_attached_and_goes_out_whole(desk: Desk) -> None:
    desk.opened()
    upload, stored = desk.uploaded(PDF, NAME)
    assert upload["state"] == "waiting"
    assert desk.stack.versions("uploads")
    desk.accepted(desk.stack.scan(stored))
    assert desk.stack.versions("uploads") == []
    shown = desk.asked("GET", f"/v1/attachments/{upload['id']}")
    assert (shown["state"], shown["attached"]) == ("clean", False)

    desk.accepted(desk.stack.deliver(desk.replied("Here.", attachments=[upload["id"]])))
    mail = email.message_from_string(desk.stack.sent()[-1].raw_data, policy=policy.default)
    ((name, content),) = [(each.get_filename(), each.get_content()) for each in mail.iter_attachments()]
    assert (name, content) == (NAME, PDF)
    assert desk.asked("GET", f"/v1/attachments/{upload['id']}")["attached"] is True


def test_an_upload_is_told_once_it_was_looked_into(desk: Desk) -> None:
    upload = desk.attachable(PDF)
    (fact,) = [each for each in desk.stack.relay() if each["detail-type"] == "AttachmentScanned"]
    assert fact["detail"]["data"] == {"workspace": desk.stack.workspace, "attachment": upload, "state": "clean"}


def test_a_form_that_is_used_again_changes_nothing(desk: Desk) -> None:
    upload, stored = desk.uploaded(PDF)
    desk.accepted(desk.stack.scan(stored))
    again = desk.stack.upload(upload["form"], pdf(len(PDF), 2))
    desk.accepted(desk.stack.scan(again))
    assert desk.stack.versions("uploads") == []
    desk.opened()
    desk.accepted(desk.stack.deliver(desk.replied("Here.", attachments=[upload["id"]])))
    mail = email.message_from_string(desk.stack.sent()[-1].raw_data, policy=policy.default)
    assert [each.get_content() for each in mail.iter_attachments()] == [PDF]


def test_a_form_takes_no_other_size_type_or_place(desk: Desk) -> None:
    form = desk.announced(PDF)["form"]
    with pytest.raises(FormRefused, match="content-length-range"):
        desk.stack.upload(form, PDF + b"!")
    for changed in (
        {"key": "uploads/wsp_0/att_0"},
        {"Content-Type": "text/html"},
        {"x-amz-server-side-encryption": "AES256"},
    ):
        with pytest.raises(FormRefused):
            desk.stack.upload({"fields": form["fields"] | changed}, PDF)


def test_sent_again_under_its_key_it_is_one_upload_whose_form_still_works(desk: Desk) -> None:
    first = desk.announced(PDF, Idempotency_Key="k")
    again = desk.announced(PDF, Idempotency_Key="k")
    assert again["id"] == first["id"]
    desk.accepted(desk.stack.scan(desk.stack.upload(again["form"], PDF)))
    assert desk.announced(PDF, Idempotency_Key="k")["form"] is None
    status, problem, _ = desk.stack.api(
        "POST",
        "/v1/attachments",
        {"name": "b.pdf", "media_type": "application/pdf", "size": 9},
        headers={"Idempotency-Key": "k"},
    )
    assert (status, problem["type"].rpartition(":")[2]) == (409, "idempotency-key-reused")


def test_a_reply_with_other_files_is_another_request(desk: Desk) -> None:
    desk.opened()
    file, other = desk.attachable(PDF), desk.attachable(PDF)
    path, key = f"{CONVERSATIONS}/{desk.conversation}/replies", {"Idempotency-Key": "k"}
    body = {"text": "Here.", "attachments": [file]}
    first = desk.stack.api("POST", path, body, headers=key)
    again = desk.stack.api("POST", path, body, headers=key)
    assert (first[0], again[0], again[1]["id"]) == (202, 202, first[1]["id"])
    assert again[2]["Idempotency-Replayed"] == ["true"]
    status, _, _ = desk.stack.api("POST", path, body | {"attachments": [other]}, headers=key)
    assert status == 409


# ---- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "status", "says"),
    [
        ({"size": FILE_BYTES + 1}, 413, "29 MB"),
        ({"size": 0}, 400, "size"),
        ({"size": -1}, 400, "size"),
        ({"name": ""}, 400, "name"),
        ({"name": "x" * 256}, 400, "name"),
        ({"name": "../../etc/passwd"}, 400, "name"),
        ({"name": "a\r\nb.pdf"}, 400, "name"),
        ({"name": "invoice\u202efdp.exe"}, 400, "name"),
        ({"media_type": "pdf"}, 400, "media_type"),
        ({"media_type": "text/html; charset=utf-8"}, 400, "media_type"),
        ({"more": 1}, 400, "more"),
    ],
)
def test_what_cannot_be_uploaded_is_refused_with_the_reason(
    desk: Desk, wanted: dict[str, Any], status: int, says: str
) -> None:
    answered, problem, _ = announced(desk, **wanted)
    assert answered == status
    assert says in repr(problem)


def test_a_file_that_lies_is_quarantined_says_so_and_is_attached_by_nobody(desk: Desk) -> None:
    desk.opened()
    upload, stored = desk.uploaded(program())
    desk.accepted(desk.stack.scan(stored))
    shown = desk.asked("GET", f"/v1/attachments/{upload['id']}")
    assert (shown["state"], shown["finding"]) == ("quarantined", "program")
    for what in ("replies", "notes"):
        path = f"{CONVERSATIONS}/{desk.conversation}/{what}"
        status, problem, _ = desk.stack.api("POST", path, {"text": "Here.", "attachments": [upload["id"]]})
        assert (status, problem["type"].rpartition(":")[2]) == (422, "quarantined")
        assert "program" in problem["detail"]


def test_a_file_that_is_not_there_yet_is_409_anothers_404_one_that_is_used_409_and_too_many_400(desk: Desk) -> None:
    desk.opened()
    path = f"{CONVERSATIONS}/{desk.conversation}/replies"

    def replied(*files: str) -> int:
        return desk.stack.api("POST", path, {"text": "Here.", "attachments": list(files)})[0]

    waiting, used = str(desk.announced(PDF)["id"]), desk.attachable(PDF)
    anothers = desk.stack.api(
        "POST",
        "/v1/attachments",
        {"name": "a.pdf", "media_type": "application/pdf", "size": 9},
        token=desk.stack.token_with(frozenset({Scope.WRITE}), Role.AGENT),
    )[1]["id"]
    assert replied(waiting) == 409
    assert replied(anothers) == replied("att_" + "0" * 26) == replied("nonsense") == 404
    assert replied(used, used) == 202, "named twice, it is one file"
    assert replied(used) == 409
    assert replied(*["att_1"] * (FILES_AT_MOST + 1)) == 400


# ---- in -------------------------------------------------------------------------------------------------------------


def test_a_mails_file_waits_to_be_looked_into_and_then_is_fetched(desk: Desk) -> None:
    desk.opened(attachment_bytes=2_000)
    (message,) = desk.api("GET")["messages"]
    (file,) = message["attachments"]
    place = f"{CONVERSATIONS}/{desk.conversation}/messages/{message['id']}/attachments/{file['id']}"
    assert file["state"] == "waiting"
    status, problem, _ = desk.stack.api("GET", place)
    assert (status, problem["type"].rpartition(":")[2]) == (409, "not-scanned")

    for fact in [each for each in desk.stack.relay() if each["detail-type"] == "MessageReceived"]:
        desk.accepted(desk.stack.scan(fact))
    status, _, headers = desk.stack.api("GET", place)
    assert status == 303
    (where,) = headers["Location"]
    key = urlsplit(where).path.lstrip("/")
    assert boto3.client("s3").get_object(Bucket="downloads", Key=key)["Body"].read() == pdf(2_000, desk.letters)


def test_the_address_of_a_download_lives_for_a_minute_and_is_octets_to_be_saved(desk: Desk) -> None:
    place, file = mailed(desk, "page.html", b"<script>alert(1)</script>", "text/html")
    answer = desk.asked("GET", f"{place}/{file['id']}", headers={"Accept": "application/json"})
    asked = parse_qs(urlsplit(answer["url"]).query)
    assert asked["X-Amz-Expires"] == ["60"]
    assert asked["response-content-type"] == ["application/octet-stream"]
    assert asked["response-content-disposition"][0].startswith("attachment; ")


def test_an_image_that_html_names_is_handed_out_as_an_image_and_a_drawing_is_not(desk: Desk) -> None:
    types = {}
    for name, content, media_type in (
        ("a.png", png(), "image/png"),
        ("b.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
    ):
        place, file = mailed(desk, name, content, media_type)
        answer = desk.asked("GET", f"{place}/{file['id']}", headers={"Accept": "application/json"})
        types[name] = parse_qs(urlsplit(answer["url"]).query)["response-content-type"]
    assert types == {"a.png": ["image/png"], "b.svg": ["application/octet-stream"]}


def test_a_mails_program_is_quarantined_and_fetched_by_nobody(desk: Desk) -> None:
    place, file = mailed(desk, "invoice.pdf", program(), "application/pdf")
    assert (file["state"], file["finding"]) == ("quarantined", "program")
    status, problem, _ = desk.stack.api("GET", f"{place}/{file['id']}")
    assert (status, problem["type"].rpartition(":")[2]) == (422, "quarantined")
    assert desk.stack.objects("downloads") == set()


def test_a_file_of_another_message_conversation_or_workspace_is_404(desk: Desk) -> None:
    place, file = mailed(desk, "a.png", png())
    _, other = mailed(desk, "b.png", png())
    never = "att_" + "0" * 26
    answers = [desk.stack.api("GET", f"{place}/{each}") for each in (other["id"], never)]
    assert [(status, problem) for status, problem, _ in answers] == [(404, answers[1][1])] * 2
    made = desk.stack.call("workspace_setup", {"workspace": {"name": "B"}, "mailbox": {"address": "b@acme.example"}})
    status, problem, _ = desk.stack.api("GET", f"{place}/{file['id']}", token=made["token"])
    assert (status, problem["status"]) == (404, 404)


def test_taking_in_a_mail_with_files_writes_no_more_than_before(desk: Desk) -> None:
    with desk.stack.recorder.on_behalf_of("inbound_email") as calls:
        desk.opened(attachment_bytes=2_000)
    assert [each.operation for each in calls].count("TransactWriteItems") == 1
    assert not any("scans" in item for item in desk.stack.items("ConversationsTable"))


# ---- let through ----------------------------------------------------------------------------------------------------


def test_a_quarantined_file_is_released_by_an_admin_fetched_by_an_agent_and_on_record(desk: Desk) -> None:
    place, file = mailed(desk, "tool.png", program())
    assert desk.stack.api("GET", f"{place}/{file['id']}")[0] == 422
    owner, agent = desk.stack.person(Role.OWNER), desk.stack.person(Role.AGENT)
    assert released(desk, place, file["id"], agent)[0] == 403
    for _ in range(2):
        status, shown, _ = released(desk, place, file["id"], owner)
        assert (status, shown["state"], shown["finding"]) == (200, "released", file["finding"])
    (message,) = desk.api("GET")["messages"]
    assert [each["state"] for each in message["attachments"]] == ["released"]
    status, offered, _ = desk.stack.api(
        "GET", f"{place}/{file['id']}", token="", headers=agent.headers | {"Accept": "application/json"}
    )
    asked = parse_qs(urlsplit(offered["url"]).query)
    assert (status, asked["response-content-type"]) == (200, ["application/octet-stream"])
    assert asked["response-content-disposition"][0].startswith("attachment;")
    _, said, _ = desk.stack.api("GET", "/v1/audit", token="", headers=owner.headers)
    ((entry),) = [each for each in said["entries"] if each["act"] == "file_released"]
    assert (entry["actor"], entry["subject"], entry["before"]) == (owner.id, file["id"], file["finding"])


def test_a_token_releases_nothing_and_nothing_else_can_be_asked_of_a_file(desk: Desk) -> None:
    place, file = mailed(desk, "tool.png", program())
    owner = desk.stack.person(Role.OWNER)
    token = desk.stack.token_with(frozenset(Scope), Role.OWNER)
    assert desk.stack.api("PUT", f"{place}/{file['id']}/state", {"state": "released"}, token=token)[0] == 403
    for body in ({"state": "clean"}, {"reason": "I know them"}):
        assert released(desk, place, file["id"], owner, **body)[0] == 400
    assert desk.stack.api("GET", f"{place}/{file['id']}")[0] == 422


def test_a_look_that_always_breaks_off_ends_as_quarantined_and_dead_letters_given_another_try_end_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.opened(attachment_bytes=2_000)
    (fact,) = [each for each in desk.stack.relay() if each["detail-type"] == "MessageReceived"]
    with monkeypatch.context() as patch:
        patch.setattr("letterlock.adapters.file_examiner.FileExaminer.examine", lambda *_: 1 / 0)
        for tries in range(1, 6):
            assert desk.stack.scan(fact, receive_count=tries)["batchItemFailures"] != []
            (message,) = desk.api("GET")["messages"]
            (file,) = message["attachments"]
            assert (file["state"], file["finding"]) == (
                ("quarantined", "unexamined") if tries == 5 else ("waiting", None)
            )
    desk.accepted(desk.stack.scan(fact))
    (message,) = desk.api("GET")["messages"]
    assert [each["state"] for each in message["attachments"]] == ["clean"]
