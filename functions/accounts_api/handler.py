"""Accounts over REST: who one is, who else there is, how they come in."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from letterlock.domain.permissions import Action
from letterlock.entry import notify_wiring, people_wiring, token_wiring, wiring
from letterlock.entry.account_shapes import MeOut, WorkspaceOut
from letterlock.entry.billing_shapes import BillingOut
from letterlock.entry.conditions import (
    IdempotencyKey,
    IfMatch,
    first_or_again,
    once,
    shown_once,
    version_shown,
    versions,
)
from letterlock.entry.cookies import session_cookie
from letterlock.entry.leak_report import BODY, LabelOut, findings
from letterlock.entry.notification_shapes import NotificationSettingsIn, NotificationSettingsOut
from letterlock.entry.people_shapes import (
    ALL,
    InvitationIn,
    InvitationOut,
    InvitationsOut,
    NameIn,
    PeopleOut,
    PersonChangeIn,
    PersonOut,
    limits,
)
from letterlock.entry.rest import asked, principal, say, serve
from letterlock.entry.routes import PUBLIC, Api
from letterlock.entry.settings import PAGE_LIMIT, PAGE_SIZE, billed
from letterlock.entry.token_shapes import IssuedTokenOut, PersonalTokenIn, ServiceTokenIn, TokenOut, TokensOut

api = Api()
app = api.app

Id = Annotated[str, Path(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT, description="how many at most")]
Cursor = Annotated[str, Query(max_length=512, description="from the page before; empty for the first page")]


# ---- oneself, and the workspace -------------------------------------------------------------------------------------


@api.get("/v1/me", Action.READ_ME, summary="Who is asking, and what they may do", tags=["me"])
def get_me() -> MeOut:
    who = principal(app)
    return MeOut.of(who, wiring.workspaces().name(who.workspace), people_wiring.read_me()(who))


@api.patch("/v1/me", Action.CHANGE_ME, summary="Change one's own name", tags=["me"])
def patch_me(change: NameIn) -> MeOut:
    who = principal(app)
    profile = people_wiring.rename_me()(who, change.name)
    return MeOut.of(who, wiring.workspaces().name(who.workspace), profile)


@api.delete(
    "/v1/me",
    Action.LEAVE,
    summary="Leave the workspace",
    description="As if one were removed: every session and token ends. The last owner stays: 409.",
    tags=["me"],
)
def delete_me() -> None:
    people_wiring.leave_workspace()(principal(app), asked(app))
    say(app, "Set-Cookie", session_cookie("", 0))


@api.get("/v1/me/notifications", Action.READ_ME, summary="What one is told of by mail", tags=["me"])
def get_notifications() -> NotificationSettingsOut:
    return NotificationSettingsOut.of(notify_wiring.read_notification_settings()(principal(app)))


@api.patch(
    "/v1/me/notifications",
    Action.CHANGE_ME,
    summary="Choose what one is told of by mail",
    description="What is left out stays.",
    tags=["me"],
)
def patch_notifications(changes: NotificationSettingsIn) -> NotificationSettingsOut:
    said = changes.model_dump(exclude_none=True)
    return NotificationSettingsOut.of(notify_wiring.choose_notifications()(principal(app), said))


@api.get("/v1/workspace", Action.READ_WORKSPACE, summary="Read the workspace", tags=["workspace"])
def get_workspace() -> WorkspaceOut:
    who = principal(app)
    return WorkspaceOut(id=who.workspace, name=wiring.workspaces().name(who.workspace))


@api.patch("/v1/workspace", Action.CHANGE_WORKSPACE, summary="Change its name", tags=["workspace"])
def patch_workspace(change: NameIn) -> WorkspaceOut:
    who = principal(app)
    return WorkspaceOut(id=who.workspace, name=people_wiring.rename_workspace()(who, change.name, asked(app)))


@api.get("/v1/billing", Action.READ_BILLING, summary="What the workspace pays for, and uses", tags=["billing"])
def get_billing() -> BillingOut:
    return BillingOut.of(people_wiring.read_billing()(principal(app)), billed=billed())


# ---- people ---------------------------------------------------------------------------------------------------------


@api.get("/v1/people", Action.LIST_PEOPLE, summary="List people, in the order in which they joined", tags=["people"])
def get_people(limit: Limit = PAGE_SIZE, cursor: Cursor = "") -> PeopleOut:
    found, more = people_wiring.list_people()(principal(app), limit=limit, cursor=cursor)
    return PeopleOut(people=[PersonOut.of(each) for each in found], cursor=more or None)


@api.get("/v1/people/<person>", Action.LIST_PEOPLE, summary="Read a person", tags=["people"])
def get_person(person: Id) -> PersonOut:
    found = people_wiring.read_person()(principal(app), person)
    version_shown(app, found.member.version)
    return PersonOut.of(found)


@api.patch(
    "/v1/people/<person>",
    Action.CHANGE_PERSON,
    summary="Change a person's role or mailboxes",
    description=(
        "Effective at their next request. Owners and admins are made and changed by who is signed in, and owners "
        "by owners only. Nobody gives a mailbox that they do not work in, nor a larger role to whoever works in one."
    ),
    tags=["people"],
)
def patch_person(person: Id, change: PersonChangeIn, if_match: IfMatch = None) -> PersonOut:
    found = people_wiring.change_person()(
        principal(app),
        person,
        asked(app),
        role=change.role,
        mailboxes=limits(change.mailboxes),
        all_mailboxes=change.mailboxes == ALL,
        versions=versions(if_match),
    )
    version_shown(app, found.member.version)
    return PersonOut.of(found)


# ---- invitations ----------------------------------------------------------------------------------------------------


@api.post(
    "/v1/invitations",
    Action.INVITE,
    summary="Invite somebody",
    description=(
        "A mail with a link goes to them, which works once, within 72 hours, and as long as whoever invites them could "
        "still do so. An admin or an owner is invited by somebody who is signed in, not with a token."
    ),
    tags=["people"],
    status_code=HTTPStatus.CREATED,
)
def post_invitation(wanted: InvitationIn, key: IdempotencyKey = None) -> InvitationOut:
    invite, who = people_wiring.invite_person(), principal(app)
    said, keyed = asked(app), once(app, key)
    mailboxes = limits(wanted.mailboxes)
    made = first_or_again(
        app,
        lambda: invite(who, wanted.email, wanted.role, mailboxes, wanted.name or "", asked=said, once=keyed),
        invite.again,
    )
    return InvitationOut.of(made, wiring.now())


@api.get("/v1/invitations", Action.INVITE, summary="List invitations", tags=["people"])
def get_invitations(limit: Limit = PAGE_SIZE, cursor: Cursor = "") -> InvitationsOut:
    found, more = people_wiring.list_invitations()(principal(app), limit=limit, cursor=cursor)
    now = wiring.now()
    return InvitationsOut(invitations=[InvitationOut.of(each, now) for each in found], cursor=more or None)


@api.delete("/v1/invitations/<invitation>", Action.INVITE, summary="Revoke an invitation", tags=["people"])
def delete_invitation(invitation: Id) -> None:
    people_wiring.revoke_invitation()(principal(app), invitation, asked(app))


# ---- API tokens -----------------------------------------------------------------------------------------------------


@api.get("/v1/me/tokens", Action.MANAGE_OWN_TOKENS, summary="One's own API tokens", tags=["tokens"])
def get_own_tokens(limit: Limit = PAGE_SIZE, cursor: Cursor = "") -> TokensOut:
    page = token_wiring.list_tokens().own(principal(app), limit=limit, cursor=cursor)
    return TokensOut(tokens=list(map(TokenOut.of, page.tokens)), cursor=page.cursor or None)


@api.get("/v1/me/tokens/<token>", Action.MANAGE_OWN_TOKENS, summary="Read one of one's own", tags=["tokens"])
def get_own_token(token: Id) -> TokenOut:
    return TokenOut.of(token_wiring.read_token().own(principal(app), token))


@api.post(
    "/v1/me/tokens",
    Action.MANAGE_OWN_TOKENS,
    summary="Make a personal API token",
    description="The token is in this answer and nowhere else. Sent again under one Idempotency-Key: 409.",
    tags=["tokens"],
    status_code=HTTPStatus.CREATED,
)
def post_own_token(token: PersonalTokenIn, key: IdempotencyKey = None) -> IssuedTokenOut:
    issue, who, keyed = token_wiring.issue_token(), principal(app), once(app, key)
    return IssuedTokenOut.issued(shown_once(lambda: issue.personal(who, token.wanted(), asked(app), keyed)))


@api.delete("/v1/me/tokens/<token>", Action.MANAGE_OWN_TOKENS, summary="Revoke one of one's own", tags=["tokens"])
def delete_own_token(token: Id) -> None:
    token_wiring.revoke_token().own(principal(app), token, asked(app))


@api.get(
    "/v1/tokens",
    Action.MANAGE_SERVICE_TOKENS,
    summary="Every API token: the workspace's own, and everybody's",
    tags=["tokens"],
)
def get_tokens(limit: Limit = PAGE_SIZE, cursor: Cursor = "") -> TokensOut:
    page = token_wiring.list_tokens().all(principal(app), limit=limit, cursor=cursor)
    return TokensOut(tokens=list(map(TokenOut.of, page.tokens)), cursor=page.cursor or None)


@api.get("/v1/tokens/<token>", Action.MANAGE_SERVICE_TOKENS, summary="Read one of them", tags=["tokens"])
def get_token(token: Id) -> TokenOut:
    return TokenOut.of(token_wiring.read_token().any(principal(app), token))


@api.post(
    "/v1/tokens",
    Action.MANAGE_SERVICE_TOKENS,
    summary="Make a token of the workspace's own, for a service",
    description="The token is in this answer and nowhere else. Sent again under one Idempotency-Key: 409.",
    tags=["tokens"],
    status_code=HTTPStatus.CREATED,
)
def post_token(token: ServiceTokenIn, key: IdempotencyKey = None) -> IssuedTokenOut:
    issue, who, keyed = token_wiring.issue_token(), principal(app), once(app, key)
    return IssuedTokenOut.issued(shown_once(lambda: issue.service(who, token.wanted(), asked(app), keyed)))


@api.delete(
    "/v1/tokens/<token>",
    Action.MANAGE_SERVICE_TOKENS,
    summary="Revoke a service token, or anybody's personal one",
    tags=["tokens"],
)
def delete_token(token: Id) -> None:
    token_wiring.revoke_token().any(principal(app), token, asked(app))


@api.post(
    "/v1/secret-scanning",
    PUBLIC,
    summary="For secret scanners: tokens that leaked",
    description="In the form of GitHub's secret scanning partner program. Each live one of ours is revoked.",
    tags=["tokens"],
    openapi_extensions={"requestBody": BODY},
)
def post_leak_report() -> list[LabelOut]:
    found = findings(app)
    live = token_wiring.report_leak()([each.token for each in found], asked(app))
    return [LabelOut.of(each, live=was) for each, was in zip(found, live, strict=True)]


# ---- revoking more at once ------------------------------------------------------------------------------------------


@api.delete(
    "/v1/people/<person>",
    Action.REMOVE_PERSON,
    summary="Remove somebody from the workspace",
    description="Their sessions and tokens are dead at once; their conversations are unassigned a moment later.",
    tags=["people"],
)
def delete_person(person: Id) -> None:
    token_wiring.remove_person()(principal(app), person, asked(app))


@api.delete(
    "/v1/people/<person>/password-resets",
    Action.CHANGE_PERSON,
    summary="End somebody's links for a new password that wait to be used",
    tags=["people"],
)
def delete_persons_resets(person: Id) -> None:
    people_wiring.end_reset_links().of(principal(app), person, asked(app))


@api.delete(
    "/v1/credentials",
    Action.SIGN_EVERYBODY_OUT,
    summary="Sign everybody out: no session and no API token of the workspace opens anything any more",
    tags=["people"],
)
def delete_credentials() -> None:
    token_wiring.sign_everybody_out()(principal(app), asked(app))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(api, event, context)
