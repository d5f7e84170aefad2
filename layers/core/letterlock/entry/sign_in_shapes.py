"""What signing in takes and gives, as pydantic models: the edge, and nothing behind it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from letterlock.domain.passwords import LONGEST
from letterlock.domain.people import Reset
from letterlock.domain.sign_in import Session, SessionShown
from letterlock.services.sign_in import SignedIn

Address = Annotated[str, Field(min_length=3, max_length=254, examples=["ana@acme.example"])]
Password = Annotated[str, Field(min_length=1, max_length=4 * LONGEST)]
"""Long enough for any that we keep, before it is normalised."""
Code = Annotated[str, Field(min_length=6, max_length=20, examples=["123456"])]
LinkToken = Annotated[str, Field(min_length=1, max_length=128, description="From the mail")]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Workspace = Annotated[
    str | None,
    Field(
        max_length=64,
        description="Its id, where the address is in several: under every mail about the account, and in `GET /v1/me`",
    ),
]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SignInIn(_In):
    """`code`: of the authenticator, or a recovery code."""

    email: Address
    password: Password
    code: Code | None = None
    workspace: Workspace = None
    remember: bool = False


class SignUpIn(_In):
    email: Address
    workspace_name: Name


class NewcomerIn(_In):
    """What follows an invitation, or a sign-up."""

    token: LinkToken
    name: Name
    password: Password


class ResetIn(_In):
    email: Address
    workspace: Workspace = None


class NewPasswordIn(_In):
    token: LinkToken
    password: Password


class PasswordIn(_In):
    current: Password
    new: Password


class CodeIn(_In):
    code: Code


class OwnPasswordIn(_In):
    password: Password


class PasswordAndCodeIn(_In):
    """`code`: of the authenticator, or a recovery code."""

    password: Password
    code: Code


class AcceptedOut(BaseModel):
    """The same whatever was asked for."""

    detail: str = "if this can be done, a mail is on its way"


class SignedInOut(BaseModel):
    """The session itself is in the cookie."""

    workspace: str
    person: str
    session: str
    expires_at: datetime | None

    @classmethod
    def of(cls, signed_in: SignedIn) -> SignedInOut:
        member, session = signed_in.member, signed_in.session
        return cls.of_session(member.workspace, member.id, session)

    @classmethod
    def of_session(cls, workspace: str, person: str, session: Session) -> SignedInOut:
        credential = session.credential
        return cls(workspace=workspace, person=person, session=credential.id, expires_at=credential.expires_at)


class OwnSessionOut(BaseModel):
    id: str
    created_at: datetime
    expires_at: datetime | None
    user_agent: str
    source: str = Field(description="The address that it was begun from")
    current: bool

    @classmethod
    def of(cls, shown: SessionShown, current: str) -> OwnSessionOut:
        credential = shown.credential
        return cls(
            id=credential.id,
            created_at=credential.created_at,
            expires_at=credential.expires_at,
            user_agent=shown.user_agent,
            source=shown.source,
            current=credential.id == current,
        )


class PasswordResetOut(BaseModel):
    """A link for a new password, on its way to one's address or there."""

    id: str
    asked_at: datetime
    until: datetime

    @classmethod
    def of(cls, reset: Reset) -> PasswordResetOut:
        return cls(id=reset.id, asked_at=reset.made_at, until=reset.until)


class OwnSessionsOut(BaseModel):
    sessions: list[OwnSessionOut]
    password_resets: list[PasswordResetOut] = Field(description="Links that nobody has used or ended, and that last")


class FactorOut(BaseModel):
    """Shown this once: for the authenticator, as text or as a QR code of the URI."""

    secret: str
    uri: str


class RecoveryCodesOut(BaseModel):
    """Shown this once. Each works once, in place of the authenticator's code."""

    recovery_codes: list[str]
