"""People in the accounts table, as tests and measurements need them: put there as they are, without an invitation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from letterlock.adapters import table_accounts as table
from letterlock.adapters.argon2_passwords import Parameters
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.codec import instant
from letterlock.adapters.dynamo import key, raw
from letterlock.adapters.member_items import keyed
from letterlock.domain.accounts import CredentialKind, Member
from letterlock.domain.people import Profile
from letterlock.domain.sign_in import RESET_WAITS, SignIn
from letterlock.entry import people_wiring, wiring

CHEAP = Parameters(kibibytes=8, iterations=1)
"""What Argon2id costs where nothing that is tested or counted depends on it."""
HOST = "api.acme.example"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person with one session."""

    id: str
    session: str
    """Its id."""
    secret: str

    @property
    def headers(self) -> dict[str, str]:
        """As a browser sends them from our own page."""
        return {"Cookie": f"__Host-session={self.secret}", "Origin": f"https://{HOST}", "Host": HOST}


NOBODYS_PASSWORD = f"{CHEAP.phc}{'A' * 22}${'A' * 43}"
"""As it is kept; nobody knows of which password."""


def put_profile(workspace: str, person: str, password: str = NOBODYS_PASSWORD) -> None:
    """How they are called, and their password as it is kept."""
    items, at = people_wiring.items(), wiring.now()
    profile = Profile(f"{person.lower()}@team.example", "Somebody")
    dynamodb = wiring.client("dynamodb")
    for item in (
        items.profile_item(workspace, person, profile, at),
        items.sign_in_item(SignIn(workspace, person, password), profile.address),
    ):
        dynamodb.put_item(TableName=items.table, Item=item)


def a_day_passed(workspace: str, person: str) -> None:
    """Since the operator was asked to remove this person's second factor."""
    wiring.client("dynamodb").update_item(
        TableName=people_wiring.items().table,
        Key=key(workspace, table.sign_in_key(person)),
        UpdateExpression="SET factor_reset = :then",
        ConditionExpression="attribute_exists(factor_reset)",
        ExpressionAttributeValues={":then": {"S": instant(wiring.now() - RESET_WAITS)}},
    )


def put_person(client: Any, table_name: str, index: BlindIndex, member: Member, **secrets: str) -> None:
    """`secrets`: that of each of its credentials, by the credential's id. Sessions are in the lists as well."""
    stored = table.MemberItem(
        member.workspace,
        table.member_key(member.id),
        state=table.ACTIVE if member.active else table.REMOVED,
        role=member.role,
        mailboxes=member.mailboxes,
        version=member.version,
    )
    entries = {each.id: table.credential_entry(each, keyed(index, secrets[each.id])) for each in member.credentials}
    client.put_item(TableName=table_name, Item=raw(stored) | {table.CREDENTIALS: {"M": entries}})
    for each in member.credentials:
        if each.kind is CredentialKind.SESSION:
            listed = {"person": {"S": member.id}, "created_at": {"S": instant(each.created_at)}}
            client.put_item(TableName=table_name, Item=key(member.workspace, table.listed_key(each.id)) | listed)
