"""Signing in over REST: sessions, passwords, second factors, and the links by which people come in."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Path

from letterlock.domain.permissions import Action
from letterlock.entry import people_wiring
from letterlock.entry.cookies import session_cookie
from letterlock.entry.rest import asked, principal, say, serve
from letterlock.entry.routes import PUBLIC, Api
from letterlock.entry.sign_in_shapes import (
    AcceptedOut,
    CodeIn,
    FactorOut,
    NewcomerIn,
    NewPasswordIn,
    OwnPasswordIn,
    OwnSessionOut,
    OwnSessionsOut,
    PasswordAndCodeIn,
    PasswordIn,
    PasswordResetOut,
    RecoveryCodesOut,
    ResetIn,
    SignedInOut,
    SignInIn,
    SignUpIn,
)

api = Api()
app = api.app

Id = Annotated[str, Path(max_length=64)]


# ---- coming in ------------------------------------------------------------------------------------------------------


@api.post("/v1/sessions", PUBLIC, summary="Sign in", tags=["sign-in"], status_code=HTTPStatus.CREATED)
def post_session(given: SignInIn) -> SignedInOut:
    signed_in = people_wiring.sign_in_person()(
        given.email,
        given.password,
        asked(app),
        code=given.code or "",
        workspace=given.workspace or "",
        remember=given.remember,
    )
    say(app, "Set-Cookie", session_cookie(signed_in.session.secret, signed_in.session.seconds()))
    return SignedInOut.of(signed_in)


@api.post("/v1/sign-ups", PUBLIC, summary="Ask for a workspace", tags=["sign-in"], status_code=HTTPStatus.ACCEPTED)
def post_sign_up(wanted: SignUpIn) -> AcceptedOut:
    people_wiring.ask_sign_up()(wanted.email, wanted.workspace_name, asked(app))
    return AcceptedOut()


@api.post(
    "/v1/sign-ups/complete",
    PUBLIC,
    summary="Open the workspace, and sign in as its owner",
    tags=["sign-in"],
    status_code=HTTPStatus.CREATED,
)
def post_sign_up_complete(new: NewcomerIn) -> SignedInOut:
    signed_in = people_wiring.complete_sign_up()(new.token, new.name, new.password, asked(app))
    say(app, "Set-Cookie", session_cookie(signed_in.session.secret, signed_in.session.seconds()))
    return SignedInOut.of(signed_in)


@api.post(
    "/v1/invitations/accept",
    PUBLIC,
    summary="Accept an invitation, and sign in",
    tags=["sign-in"],
    status_code=HTTPStatus.CREATED,
)
def post_invitation_accept(new: NewcomerIn) -> SignedInOut:
    signed_in = people_wiring.accept_invitation()(new.token, new.name, new.password, asked(app))
    say(app, "Set-Cookie", session_cookie(signed_in.session.secret, signed_in.session.seconds()))
    return SignedInOut.of(signed_in)


@api.post(
    "/v1/password-resets",
    PUBLIC,
    summary="Ask for a new password",
    tags=["sign-in"],
    status_code=HTTPStatus.ACCEPTED,
)
def post_password_reset(wanted: ResetIn) -> AcceptedOut:
    people_wiring.ask_reset()(wanted.email, asked(app), wanted.workspace or "")
    return AcceptedOut()


@api.post("/v1/password-resets/complete", PUBLIC, summary="Set it; every session ends", tags=["sign-in"])
def post_password_reset_complete(new: NewPasswordIn) -> AcceptedOut:
    people_wiring.complete_reset()(new.token, new.password, asked(app))
    return AcceptedOut(detail="done: sign in with the new password")


# ---- one's own sessions ---------------------------------------------------------------------------------------------


@api.get(
    "/v1/me/sessions",
    Action.MANAGE_OWN_SESSIONS,
    summary="One's own sessions, and links for a new password",
    tags=["me"],
)
def get_own_sessions() -> OwnSessionsOut:
    who = principal(app)
    found = people_wiring.list_sessions()(who)
    resets = people_wiring.list_resets()(who)
    return OwnSessionsOut(
        sessions=[OwnSessionOut.of(each, who.credential) for each in found],
        password_resets=[PasswordResetOut.of(each) for each in resets],
    )


@api.delete(
    "/v1/me/password-resets",
    Action.MANAGE_OWN_SIGN_IN,
    summary="End the links for a new password that wait to be used",
    tags=["me"],
)
def delete_own_resets() -> None:
    people_wiring.end_reset_links().own(principal(app), asked(app))


@api.delete("/v1/me/sessions/<session>", Action.MANAGE_OWN_SESSIONS, summary="End one of them", tags=["me"])
def delete_own_session(session: Id) -> None:
    people_wiring.end_session()(principal(app), session, asked(app))


@api.delete("/v1/sessions/current", Action.MANAGE_OWN_SESSIONS, summary="Sign out", tags=["sign-in"])
def delete_session() -> None:
    who = principal(app)
    people_wiring.end_session()(who, who.credential, asked(app))
    say(app, "Set-Cookie", session_cookie("", 0))


# ---- one's own password and second factor ---------------------------------------------------------------------------


@api.put(
    "/v1/me/password",
    Action.MANAGE_OWN_SIGN_IN,
    summary="Change one's own password",
    description="Every other session ends; this one goes on under another secret.",
    tags=["me"],
)
def put_password(change: PasswordIn) -> SignedInOut:
    who = principal(app)
    session = people_wiring.change_password()(who, change.current, change.new, asked(app))
    say(app, "Set-Cookie", session_cookie(session.secret, session.seconds()))
    return SignedInOut.of_session(who.workspace, who.id, session)


@api.post(
    "/v1/me/totp",
    Action.MANAGE_OWN_SIGN_IN,
    summary="A second factor, to be confirmed",
    tags=["me"],
    status_code=HTTPStatus.CREATED,
)
def post_factor(given: OwnPasswordIn) -> FactorOut:
    proposed = people_wiring.propose_factor()(principal(app), given.password, asked(app))
    return FactorOut(secret=proposed.secret, uri=proposed.uri)


@api.post(
    "/v1/me/totp/confirm",
    Action.MANAGE_OWN_SIGN_IN,
    summary="Confirm it by a code of it",
    description="From now on it is asked for. Every other session ends; this one goes on under another secret.",
    tags=["me"],
)
def post_factor_confirm(given: CodeIn) -> RecoveryCodesOut:
    session, codes = people_wiring.confirm_factor()(principal(app), given.code, asked(app))
    say(app, "Set-Cookie", session_cookie(session.secret, session.seconds()))
    return RecoveryCodesOut(recovery_codes=codes)


@api.post(
    "/v1/me/totp/recovery-codes",
    Action.MANAGE_OWN_SIGN_IN,
    summary="New recovery codes",
    description="Those that there were work no more. Every other session ends; this one goes on under another secret.",
    tags=["me"],
)
def post_recovery_codes(given: PasswordAndCodeIn) -> RecoveryCodesOut:
    renew, who = people_wiring.renew_recovery_codes(), principal(app)
    session, codes = renew(who, given.password, given.code, asked(app))
    say(app, "Set-Cookie", session_cookie(session.secret, session.seconds()))
    return RecoveryCodesOut(recovery_codes=codes)


@api.delete("/v1/me/totp", Action.MANAGE_OWN_SIGN_IN, summary="Remove the second factor", tags=["me"])
def delete_factor(given: PasswordAndCodeIn) -> None:
    session = people_wiring.remove_factor()(principal(app), given.password, given.code, asked(app))
    say(app, "Set-Cookie", session_cookie(session.secret, session.seconds()))


# ---- the operator is about to remove an owner's second factor -------------------------------------------------------


@api.delete(
    "/v1/people/<person>/factor-reset",
    Action.STOP_FACTOR_RESET,
    summary="Stop the operator's removal of an owner's second factor",
    description="Where there is none to stop, nothing is done.",
    tags=["people"],
)
def delete_factor_reset(person: Id) -> None:
    people_wiring.stop_factor_reset()(principal(app), person, asked(app))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(api, event, context)
