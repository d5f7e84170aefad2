"""Who may do what, in one table: the least role of an action, and the scope that a token needs for it.

What is not in the table is refused. Whether a principal may see the mailbox that something lies in is asked beside it
(`Principal.sees`): what lies in another is as absent as what never was.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a member of a workspace is. Each may do what those below may."""

    OWNER = "owner"
    ADMIN = "admin"
    AGENT = "agent"
    VIEWER = "viewer"

    def covers(self, least: Role) -> bool:
        return _RANK[self] <= _RANK[least]


_RANK = {role: rank for rank, role in enumerate(Role)}


class Scope(StrEnum):
    """What a token may be used for (RFC 6749, section 3.3). It never widens what its holder's role allows."""

    READ = "conversations:read"
    WRITE = "conversations:write"
    MAILBOXES_WRITE = "mailboxes:write"
    PEOPLE_READ = "people:read"
    PEOPLE_WRITE = "people:write"
    AUDIT_READ = "audit:read"


class Action(StrEnum):
    """Everything that can be asked of the API."""

    LIST_MAILBOXES = "list_mailboxes"
    LIST_CONVERSATIONS = "list_conversations"
    READ_CONVERSATION = "read_conversation"
    READ_CONTACT = "read_contact"
    READ_INGEST_SUMMARY = "read_ingest_summary"
    REPLY = "reply"
    NOTE = "note"
    UPLOAD = "upload"
    RELEASE_FILE = "release_file"
    ASSIGN = "assign"
    CHANGE_PARTICIPANTS = "change_participants"
    CHANGE_STATUS = "change_status"
    SORT_QUARANTINE = "sort_quarantine"
    MANAGE_MAILBOXES = "manage_mailboxes"
    MANAGE_DOMAINS = "manage_domains"
    READ_WORKSPACE = "read_workspace"
    CHANGE_WORKSPACE = "change_workspace"
    LIST_PEOPLE = "list_people"
    INVITE = "invite"
    CHANGE_PERSON = "change_person"
    MAKE_ADMIN = "make_admin"
    """To invite somebody as an admin, to make them one, or to change one."""
    MAKE_OWNER = "make_owner"
    REMOVE_PERSON = "remove_person"
    MANAGE_SERVICE_TOKENS = "manage_service_tokens"
    SIGN_EVERYBODY_OUT = "sign_everybody_out"
    STOP_FACTOR_RESET = "stop_factor_reset"
    READ_AUDIT = "read_audit"
    READ_BILLING = "read_billing"
    MANAGE_BILLING = "manage_billing"
    READ_ME = "read_me"
    CHANGE_ME = "change_me"
    LEAVE = "leave"
    MANAGE_OWN_SIGN_IN = "manage_own_sign_in"
    MANAGE_OWN_SESSIONS = "manage_own_sessions"
    MANAGE_OWN_TOKENS = "manage_own_tokens"
    CONNECT_ACCOUNTS = "connect_accounts"
    """Of one's own, at other providers."""
    MANAGE_OWN_CONNECTIONS = "manage_own_connections"
    """To see them, and to take them off again: whoever became a viewer has them to take off too."""
    MANAGE_CONNECTIONS = "manage_connections"
    """Those that others connected, in the mailboxes that one sees."""


@dataclass(frozen=True, slots=True)
class Needs:
    """`scope` None: never through a token, only by somebody who is signed in."""

    least: Role
    scope: Scope | None


@dataclass(frozen=True, slots=True)
class AnyToken:
    """Whatever its scopes are: it is about the asker alone."""

    least: Role = Role.VIEWER


PERMISSIONS: dict[Action, Needs | AnyToken] = {
    # action                          least role    scope of a token
    Action.LIST_MAILBOXES: Needs(Role.VIEWER, Scope.READ),
    Action.LIST_CONVERSATIONS: Needs(Role.VIEWER, Scope.READ),
    Action.READ_CONVERSATION: Needs(Role.VIEWER, Scope.READ),
    Action.READ_CONTACT: Needs(Role.VIEWER, Scope.READ),
    Action.READ_INGEST_SUMMARY: Needs(Role.VIEWER, Scope.READ),
    Action.REPLY: Needs(Role.AGENT, Scope.WRITE),
    Action.NOTE: Needs(Role.AGENT, Scope.WRITE),
    Action.UPLOAD: Needs(Role.AGENT, Scope.WRITE),
    Action.RELEASE_FILE: Needs(Role.ADMIN, None),
    Action.ASSIGN: Needs(Role.AGENT, Scope.WRITE),
    Action.CHANGE_PARTICIPANTS: Needs(Role.AGENT, Scope.WRITE),
    Action.CHANGE_STATUS: Needs(Role.AGENT, Scope.WRITE),
    Action.SORT_QUARANTINE: Needs(Role.AGENT, Scope.WRITE),
    Action.MANAGE_MAILBOXES: Needs(Role.ADMIN, Scope.MAILBOXES_WRITE),
    Action.MANAGE_DOMAINS: Needs(Role.ADMIN, Scope.MAILBOXES_WRITE),
    Action.READ_WORKSPACE: Needs(Role.VIEWER, Scope.READ),
    Action.CHANGE_WORKSPACE: Needs(Role.ADMIN, None),
    Action.LIST_PEOPLE: Needs(Role.VIEWER, Scope.PEOPLE_READ),
    Action.INVITE: Needs(Role.ADMIN, Scope.PEOPLE_WRITE),
    Action.CHANGE_PERSON: Needs(Role.ADMIN, Scope.PEOPLE_WRITE),
    Action.MAKE_ADMIN: Needs(Role.ADMIN, None),
    Action.MAKE_OWNER: Needs(Role.OWNER, None),
    Action.REMOVE_PERSON: Needs(Role.ADMIN, Scope.PEOPLE_WRITE),
    Action.MANAGE_SERVICE_TOKENS: Needs(Role.ADMIN, None),
    Action.SIGN_EVERYBODY_OUT: Needs(Role.OWNER, None),
    Action.STOP_FACTOR_RESET: Needs(Role.OWNER, None),
    Action.READ_AUDIT: Needs(Role.OWNER, Scope.AUDIT_READ),
    Action.READ_BILLING: Needs(Role.ADMIN, Scope.PEOPLE_READ),
    Action.MANAGE_BILLING: Needs(Role.OWNER, None),
    Action.READ_ME: AnyToken(),
    Action.CHANGE_ME: Needs(Role.VIEWER, None),
    Action.LEAVE: Needs(Role.VIEWER, None),
    Action.MANAGE_OWN_SIGN_IN: Needs(Role.VIEWER, None),
    Action.MANAGE_OWN_SESSIONS: Needs(Role.VIEWER, None),
    Action.MANAGE_OWN_TOKENS: Needs(Role.VIEWER, None),
    Action.CONNECT_ACCOUNTS: Needs(Role.AGENT, None),
    Action.MANAGE_OWN_CONNECTIONS: Needs(Role.VIEWER, None),
    Action.MANAGE_CONNECTIONS: Needs(Role.ADMIN, None),
}

STOPPED: frozenset[Action] = frozenset(
    {
        Action.REPLY,
        Action.NOTE,
        Action.UPLOAD,
        Action.ASSIGN,
        Action.CHANGE_PARTICIPANTS,
        Action.CHANGE_STATUS,
        Action.SORT_QUARANTINE,
        Action.RELEASE_FILE,
        Action.MANAGE_MAILBOXES,
        Action.MANAGE_DOMAINS,
        Action.CHANGE_WORKSPACE,
        Action.INVITE,
        Action.MANAGE_SERVICE_TOKENS,
        Action.CONNECT_ACCOUNTS,
    }
)
"""What nobody changes while the workspace is read-only. To take something away (DELETE) stays allowed, and so does all
that keeps a workspace safe: people are removed and demoted, everybody is signed out, passwords change.
"""
