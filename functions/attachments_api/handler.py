"""Files over REST: a form to upload one, how it stands, and an address to fetch a message's from."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path

from letterlock.domain.errors import Invalid
from letterlock.domain.permissions import Action
from letterlock.entry import file_wiring
from letterlock.entry.attachment_shapes import DownloadOut, ReleaseIn, StartedUploadOut, UploadIn, UploadOut
from letterlock.entry.conditions import IdempotencyKey, first_or_again, once
from letterlock.entry.conversation_shapes import AttachmentOut
from letterlock.entry.rest import asked, principal, serve
from letterlock.entry.routes import Api

api = Api()
app = api.app

JSON = "application/json"
Id = Annotated[str, Path(max_length=64)]
Accept = Annotated[str, Header(alias="Accept", max_length=1024)]


@api.post(
    "/v1/attachments",
    Action.UPLOAD,
    summary="Announce a file, and get a form to upload it with",
    description=(
        "The form is for exactly that file: its size, its type. What comes is looked into before it can be attached; "
        "ask for it until its state is no longer `waiting`. The first upload counts; what the same form uploads later "
        "is deleted unread. What no message has attached after 24 hours is dropped. Sent again under its key, it "
        "answers with the same upload and a new form, or none once something has been sent."
    ),
    tags=["attachments"],
    status_code=HTTPStatus.CREATED,
)
def post_attachment(upload: UploadIn, key: IdempotencyKey = None) -> StartedUploadOut:
    start, who, keyed = file_wiring.start_upload(), principal(app), once(app, key)
    name = file_wiring.safe_name()(upload.name)
    if name != upload.name:
        raise Invalid("a name of a file has no folders, no control characters and no marks that turn it around")
    started = first_or_again(app, lambda: start(who, name, upload.media_type, upload.size, once=keyed), start.again)
    return StartedUploadOut.started(*started)


@api.get(
    "/v1/attachments/<attachment>", Action.UPLOAD, summary="How an upload of one's own stands", tags=["attachments"]
)
def get_attachment(attachment: Id) -> UploadOut:
    return UploadOut.of(file_wiring.read_upload()(principal(app), attachment))


@api.get(
    "/v1/conversations/<conversation>/messages/<message>/attachments/<attachment>",
    Action.READ_CONVERSATION,
    summary="Fetch a file of a message",
    description=(
        "303 to an address at S3, which is good for 60 seconds and needs no credential; with Accept: application/json "
        "the address itself. The file comes as one to be saved, of a type that no browser runs: of PNG, JPEG, GIF and "
        "WebP images their own, so that a page can show them."
    ),
    tags=["attachments"],
    responses={
        HTTPStatus.OK: {"description": "The address", "content": {JSON: {"model": DownloadOut}}},
        HTTPStatus.SEE_OTHER: {"description": "To the address"},
    },
)
def get_message_attachment(conversation: Id, message: Id, attachment: Id, accept: Accept = "") -> Response[Any]:
    download = file_wiring.fetch_attachment()(principal(app), conversation, message, attachment)
    if JSON in accept:
        return Response(HTTPStatus.OK, JSON, DownloadOut.of(download).model_dump_json())
    return Response(HTTPStatus.SEE_OTHER, body="", headers={"Location": download.url})


@api.put(
    "/v1/conversations/<conversation>/messages/<message>/attachments/<attachment>/state",
    Action.RELEASE_FILE,
    summary="Let a quarantined file of a mail through",
    description=(
        "By an admin who is signed in, and on record. Whoever may read the message can fetch it from then on, as one "
        "to be saved, of no type. Not for what a scanner knows as malware, nor for what is not there any more."
    ),
    tags=["attachments"],
)
def put_attachment_state(
    conversation: Id,
    message: Id,
    attachment: Id,
    wanted: ReleaseIn,  # noqa: ARG001 - there is one state to ask for
) -> AttachmentOut:
    release = file_wiring.release_file()
    return AttachmentOut.of(*release(principal(app), conversation, message, attachment, asked(app)))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(api, event, context)
