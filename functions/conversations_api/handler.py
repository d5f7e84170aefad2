"""Conversations over REST: list, read, answer, note, assign, change status; who takes part; the quarantine; the sums
of the ledger.
"""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from letterlock.domain.conversations import Status
from letterlock.domain.permissions import Action
from letterlock.entry import inbox_wiring, participant_wiring
from letterlock.entry.conditions import IdempotencyKey, IfMatch, etag, first_or_again, once, versions
from letterlock.entry.conversation_shapes import (
    AssigneeIn,
    CardOut,
    ContactOut,
    ConversationOut,
    ConversationsOut,
    MessageOut,
    NoteIn,
    ReplyIn,
    StatusIn,
    ThreadOut,
    WholeMessageOut,
    own_images,
)
from letterlock.entry.ingest_shapes import IngestSummaryOut, MailboxIngestOut
from letterlock.entry.message_page import MEDIA_TYPE, content_security_policy, own_images_nearby, page
from letterlock.entry.participant_shapes import ParticipantIn
from letterlock.entry.rest import asked, principal, request_id, serve
from letterlock.entry.routes import Api
from letterlock.entry.settings import PAGE_LIMIT, PAGE_SIZE

api = Api()
app = api.app

Id = Annotated[str, Path(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT, description="how many at most")]
Cursor = Annotated[str, Query(max_length=512, description="from the page before; empty for the first page")]
Filter = Annotated[str, Query(max_length=64)]
RemoteImages = Annotated[bool, Query(description="show images from elsewhere: their hosts see that the mail is read")]


@api.get(
    "/v1/conversations",
    Action.LIST_CONVERSATIONS,
    summary="List conversations, newest activity first",
    tags=["conversations"],
)
def get_conversations(
    mailbox: Filter = "",
    status: Annotated[Status, Query()] = Status.OPEN,
    assignee: Filter = "",
    limit: Limit = PAGE_SIZE,
    cursor: Cursor = "",
) -> ConversationsOut:
    who = principal(app)
    page = inbox_wiring.list_conversations()(
        who,
        mailbox=mailbox,
        status=status,
        assignee=who.id if assignee == "me" else assignee,
        limit=limit,
        cursor=cursor,
    )
    return ConversationsOut(conversations=[CardOut.of(each) for each in page.cards], cursor=page.cursor or None)


@api.get(
    "/v1/conversations/<conversation>", Action.READ_CONVERSATION, summary="Read a conversation", tags=["conversations"]
)
def get_conversation(conversation: Id, limit: Limit = PAGE_LIMIT, cursor: Cursor = "") -> ThreadOut:
    thread, earlier = inbox_wiring.read_conversation()(principal(app), conversation, limit=limit, cursor=cursor)
    if not cursor:  # an earlier page says nothing of what is newest
        etag(app, thread.conversation)
    return ThreadOut.of_thread(thread, earlier)


@api.get(
    "/v1/conversations/<conversation>/messages/<message>",
    Action.READ_CONVERSATION,
    summary="Read one message whole",
    tags=["conversations"],
)
def get_message(conversation: Id, message: Id, *, remote_images: RemoteImages = False) -> WholeMessageOut:
    found, content = inbox_wiring.read_message()(principal(app), conversation, message)
    html = inbox_wiring.sanitise()(content.html, own_images(conversation, found), remote_images=remote_images)
    return WholeMessageOut.whole(found, content, html)


@api.get(
    "/v1/conversations/<conversation>/messages/<message>/html",
    Action.READ_CONVERSATION,
    summary="Show one message as a page",
    description="To be opened in a browser, or framed by a page of the same origin: it can run nothing.",
    tags=["conversations"],
    responses={200: {"description": "HTML under a Content-Security-Policy of its own", "content": {"text/html": {}}}},
)
def get_message_page(conversation: Id, message: Id, *, remote_images: RemoteImages = False) -> Response[str]:
    found, content = inbox_wiring.read_message()(principal(app), conversation, message)
    html = inbox_wiring.sanitise()(content.html, own_images_nearby(found), remote_images=remote_images)
    policy = content_security_policy(remote_images=remote_images)
    return Response(HTTPStatus.OK, MEDIA_TYPE, page(content, html), {"Content-Security-Policy": policy})


@api.post(
    "/v1/conversations/<conversation>/replies",
    Action.REPLY,
    summary="Answer the customer",
    description="By mail. Somebody who wrote from Mastodon is answered there, from the account that whoever answers "
    "has connected for the mailbox, and so that nobody sees it who may not see what it answers.",
    tags=["conversations"],
    status_code=HTTPStatus.ACCEPTED,
)
def post_reply(conversation: Id, reply: ReplyIn, key: IdempotencyKey = None, if_match: IfMatch = None) -> MessageOut:
    send, who = inbox_wiring.send_reply(), principal(app)
    request, expected, keyed = request_id(app), versions(if_match), once(app, key)
    queued = first_or_again(
        app,
        lambda: send(
            who,
            conversation,
            reply.text,
            request=request,
            attachments=reply.attachments,
            versions=expected,
            once=keyed,
        ),
        send.again,
    )
    return MessageOut.of(queued)


@api.post(
    "/v1/conversations/<conversation>/messages/<message>/retry",
    Action.REPLY,
    summary="Send a reply again that did not get through",
    description=(
        "For a reply that failed, bounced for a reason that may pass, or has been unconfirmed for 15 minutes. "
        "Recipients whom it has reached, or never can, are left out."
    ),
    tags=["conversations"],
    status_code=HTTPStatus.ACCEPTED,
)
def post_retry(conversation: Id, message: Id, key: IdempotencyKey = None) -> MessageOut:
    retry, who = inbox_wiring.retry_reply(), principal(app)
    request, keyed = request_id(app), once(app, key)
    queued = first_or_again(app, lambda: retry(who, conversation, message, request=request, once=keyed), retry.again)
    return MessageOut.of(queued)


@api.post(
    "/v1/conversations/<conversation>/notes",
    Action.NOTE,
    summary="Leave a note for the team",
    tags=["conversations"],
    status_code=HTTPStatus.CREATED,
)
def post_note(conversation: Id, note: NoteIn, key: IdempotencyKey = None, if_match: IfMatch = None) -> MessageOut:
    add, who = inbox_wiring.add_note(), principal(app)
    request, expected, keyed = request_id(app), versions(if_match), once(app, key)
    added = first_or_again(
        app,
        lambda: add(
            who,
            conversation,
            note.text,
            request=request,
            attachments=note.attachments,
            mentions=note.mentions,
            versions=expected,
            once=keyed,
        ),
        add.again,
    )
    return MessageOut.of(added)


@api.put(
    "/v1/conversations/<conversation>/assignee",
    Action.ASSIGN,
    summary="Assign it, or unassign it",
    tags=["conversations"],
)
def put_assignee(conversation: Id, change: AssigneeIn, if_match: IfMatch = None) -> ConversationOut:
    who = principal(app)
    assignee = who.id if change.assignee == "me" else change.assignee or ""
    head = inbox_wiring.assign_conversation()(
        who, conversation, assignee, request=request_id(app), versions=versions(if_match)
    )
    etag(app, head)
    return ConversationOut.of(head)


@api.put(
    "/v1/conversations/<conversation>/status", Action.CHANGE_STATUS, summary="Change its status", tags=["conversations"]
)
def put_status(conversation: Id, change: StatusIn, if_match: IfMatch = None) -> ConversationOut:
    head = inbox_wiring.change_status()(
        principal(app), conversation, change.status, request=request_id(app), versions=versions(if_match)
    )
    etag(app, head)
    return ConversationOut.of(head)


@api.post(
    "/v1/conversations/<conversation>/messages/<message>/confirm",
    Action.CHANGE_PARTICIPANTS,
    summary="Say that an unverified message is from whom it says",
    description=(
        "Its sender takes part from then on: answers go to them as well, and quote it like any other. Until then they "
        "are shown nothing and answered by nothing."
    ),
    tags=["participants"],
)
def post_confirm(conversation: Id, message: Id, key: IdempotencyKey = None, if_match: IfMatch = None) -> MessageOut:
    confirm, who, said = participant_wiring.confirm_sender(), principal(app), asked(app)
    expected, keyed = versions(if_match), once(app, key)
    head, confirmed = first_or_again(
        app,
        lambda: confirm(who, conversation, message, said, expected, keyed),
        lambda who, done: confirm.again(who, done, message),
    )
    etag(app, head)
    return MessageOut.of(confirmed)


@api.post(
    "/v1/conversations/<conversation>/participants",
    Action.CHANGE_PARTICIPANTS,
    summary="Let somebody take part, or make them the requester",
    description="Answers go to them as well from then on, and quote only what everybody who gets them has been sent.",
    tags=["participants"],
)
def post_participant(
    conversation: Id, wanted: ParticipantIn, key: IdempotencyKey = None, if_match: IfMatch = None
) -> ConversationOut:
    add, who, said = participant_wiring.add_participant(), principal(app), asked(app)
    expected, keyed = versions(if_match), once(app, key)
    head = first_or_again(
        app,
        lambda: add(
            who,
            conversation,
            wanted.participant(),
            said,
            requester=wanted.requester,
            versions=expected,
            once=keyed,
        ),
        add.again,
    )
    etag(app, head)
    return ConversationOut.of(head)


@api.delete(
    "/v1/conversations/<conversation>/participants/<contact>",
    Action.CHANGE_PARTICIPANTS,
    summary="Send a participant off",
    description=(
        "They get no more answers, mails of theirs are a stranger's, and no mail of others brings them back. 409 for "
        "the requester: let somebody else be it first."
    ),
    tags=["participants"],
    status_code=HTTPStatus.OK,
)
def delete_participant(conversation: Id, contact: Id, if_match: IfMatch = None) -> ConversationOut:
    head = participant_wiring.remove_participant()(
        principal(app), conversation, contact, asked(app), versions(if_match)
    )
    etag(app, head)
    return ConversationOut.of(head)


@api.get("/v1/contacts/<contact>", Action.READ_CONTACT, summary="Read a contact", tags=["contacts"])
def get_contact(contact: Id) -> ContactOut:
    return ContactOut.of(inbox_wiring.read_contact()(principal(app), contact))


@api.get(
    "/v1/contacts/<contact>/conversations",
    Action.READ_CONTACT,
    summary="List what a contact takes part in, opened last first",
    tags=["contacts"],
)
def get_contact_conversations(contact: Id, limit: Limit = PAGE_SIZE, cursor: Cursor = "") -> ConversationsOut:
    page = inbox_wiring.list_contact_conversations()(principal(app), contact, limit=limit, cursor=cursor)
    return ConversationsOut(conversations=[CardOut.of(each) for each in page.cards], cursor=page.cursor or None)


@api.post(
    "/v1/conversations/<conversation>/quarantine/release",
    Action.SORT_QUARANTINE,
    summary="Let a quarantined mail into the inbox",
    tags=["quarantine"],
)
def post_quarantine_release(conversation: Id, key: IdempotencyKey = None, if_match: IfMatch = None) -> ConversationOut:
    release, who = inbox_wiring.release_mail(), principal(app)
    request, expected, keyed = request_id(app), versions(if_match), once(app, key)
    head = first_or_again(
        app,
        lambda: release(who, conversation, request=request, versions=expected, once=keyed),
        release.again,
    )
    etag(app, head)
    return ConversationOut.of(head)


@api.post(
    "/v1/conversations/<conversation>/quarantine/discard",
    Action.SORT_QUARANTINE,
    summary="Put a quarantined mail out of every list",
    tags=["quarantine"],
)
def post_quarantine_discard(conversation: Id, key: IdempotencyKey = None, if_match: IfMatch = None) -> ConversationOut:
    discard, who = inbox_wiring.discard_mail(), principal(app)
    request, expected, keyed = request_id(app), versions(if_match), once(app, key)
    head = first_or_again(
        app,
        lambda: discard(who, conversation, request=request, versions=expected, once=keyed),
        discard.again,
    )
    etag(app, head)
    return ConversationOut.of(head)


@api.get(
    "/v1/ingest-summary",
    Action.READ_INGEST_SUMMARY,
    summary="What came in on a day, and how it ended",
    tags=["mailboxes"],
)
def get_ingest_summary(
    day: Annotated[date | None, Query(description="in UTC, today when left out")] = None, mailbox: Filter = ""
) -> IngestSummaryOut:
    of, lines = inbox_wiring.summarise_ingest()(principal(app), day=day, mailbox=mailbox)
    return IngestSummaryOut(day=of, mailboxes=[MailboxIngestOut.of(each) for each in lines])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(api, event, context)
