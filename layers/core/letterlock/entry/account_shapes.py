"""What the accounts API takes and gives, as pydantic models: the edge, and nothing behind it."""

from __future__ import annotations

from pydantic import BaseModel, Field

from letterlock.domain.accounts import CredentialKind, Principal
from letterlock.domain.people import Profile
from letterlock.domain.permissions import Action, Role, Scope


class WorkspaceOut(BaseModel):
    id: str
    name: str


class MeOut(BaseModel):
    """Whoever presents the credential. `id` is what conversations are assigned to."""

    workspace: WorkspaceOut
    id: str
    name: str | None = Field(description="Null for a token of the workspace's own")
    email: str | None
    role: Role
    mailboxes: list[str] = Field(description="Those that one sees, by id")
    scopes: list[Scope] = Field(description="Of the token; empty for a session, which needs none")
    credential: CredentialKind
    may: list[Action] = Field(description="Everything that this credential may ask for")

    @classmethod
    def of(cls, who: Principal, workspace: str, profile: Profile | None) -> MeOut:
        return cls(
            workspace=WorkspaceOut(id=who.workspace, name=workspace),
            id=who.id,
            name=profile.name if profile else None,
            email=profile.address if profile else None,
            role=who.role,
            mailboxes=list(who.mailboxes),
            scopes=sorted(who.scopes),
            credential=who.kind,
            may=[each for each in Action if not who.refusal(each)],
        )
