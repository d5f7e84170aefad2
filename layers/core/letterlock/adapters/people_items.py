"""Profiles, sessions and what people sign in with, as items and back; and the steps that transactions make of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from letterlock.adapters import table_accounts as table
from letterlock.adapters.authority import at_version
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.codec import decode, encode, instant
from letterlock.adapters.dynamo import ABSENT, Item, Step, key
from letterlock.adapters.dynamo_accounts import name_place
from letterlock.adapters.member_items import keyed, member_of
from letterlock.adapters.sealing import Place, Sealer
from letterlock.domain.accounts import Credential, Member
from letterlock.domain.people import Link, LinkState, Person, Profile
from letterlock.domain.sign_in import FactorReset, Session, SessionShown, SignIn
from letterlock.services.billing_ports import SeatTurn

LINK: Final = "link"
INVITER: Final = "inviter"


class PeopleItems:
    def __init__(self, table_name: str, sealer: Sealer, index: BlindIndex) -> None:
        self.table, self._sealer, self._index = table_name, sealer, index

    # ---- profiles ---------------------------------------------------------------------------------------------------

    def profile_item(self, workspace: str, person: str, profile: Profile, joined_at: datetime) -> Item:
        return key(workspace, table.profile_key(person)) | {
            "who": {"B": self.sealed_profile(workspace, person, profile)},
            "joined_at": {"S": instant(joined_at)},
        }

    def sealed_profile(self, workspace: str, person: str, profile: Profile) -> bytes:
        return self._sealer.seal(_profile_place(workspace, person), encode([profile.address, profile.name]))

    def profile_of(self, item: Item) -> Profile:
        workspace, person = item["pk"]["S"], item["sk"]["S"].removeprefix(table.PROFILES)
        address, name = decode(self._sealer.unseal(_profile_place(workspace, person), item["who"]["B"]))
        return Profile(address, name)

    def person_of(self, member: Item, profile: Item) -> Person:
        return Person(member_of(member), self.profile_of(profile), datetime.fromisoformat(profile["joined_at"]["S"]))

    def sealed_workspace_name(self, workspace: str, name: str) -> bytes:
        return self._sealer.seal(name_place(workspace), encode(name))

    # ---- sessions ---------------------------------------------------------------------------------------------------

    def entry(self, session: Session) -> Item:
        return table.credential_entry(session.credential, keyed(self._index, session.secret))

    def session_step(self, workspace: str, person: str, session: Session) -> Step:
        """What the list of one's own sessions shows; it leaves the table with the session's end."""
        credential = session.credential
        place = _session_place(workspace, credential.id)
        item = key(workspace, table.listed_key(credential.id)) | {
            "person": {"S": person},
            "created_at": {"S": instant(credential.created_at)},
            "seen": {"B": self._sealer.seal(place, encode([session.user_agent, session.source]))},
        }
        if credential.expires_at:
            item["expires_at"] = {"N": str(int(credential.expires_at.timestamp()))}
        return self.put("session", item, ABSENT)

    def shown(self, workspace: str, credential: Credential, item: Item | None) -> SessionShown:
        if item is None or "seen" not in item:
            return SessionShown(credential, "", "")
        seen = decode(self._sealer.unseal(_session_place(workspace, credential.id), item["seen"]["B"]))
        return SessionShown(credential, *seen)

    # ---- signing in -------------------------------------------------------------------------------------------------

    def sign_in_item(self, sign_in: SignIn, address: str) -> Item:
        """With the key of the item that leads here from the address: nobody who removes both needs to know it."""
        item = key(sign_in.workspace, table.sign_in_key(sign_in.person)) | {
            "route": {"S": self.route(address)},
            "password": {"S": sign_in.password},
            "version": {"N": str(sign_in.version)},
        }
        if sign_in.totp:
            item["totp"] = {"B": sign_in.totp}
        if sign_in.proposed:
            item["proposed"] = {"B": sign_in.proposed}
        if sign_in.step:
            item["step"] = {"N": str(sign_in.step)}
        if sign_in.recovery:
            item["recovery"] = {"SS": sorted(sign_in.recovery)}
        if sign_in.chosen_at:
            item["chosen_at"] = {"S": instant(sign_in.chosen_at)}
        if sign_in.factor_reset:
            item["factor_reset"] = {"S": instant(sign_in.factor_reset.asked_at)}
        return item

    def sign_in_of(self, item: Item) -> SignIn:
        return SignIn(
            workspace=item["pk"]["S"],
            person=item["sk"]["S"].removeprefix(table.SIGN_INS),
            password=item["password"]["S"],
            version=int(item["version"]["N"]),
            totp=bytes(item["totp"]["B"]) if "totp" in item else b"",
            proposed=bytes(item["proposed"]["B"]) if "proposed" in item else b"",
            step=int(item["step"]["N"]) if "step" in item else 0,
            recovery=frozenset(item["recovery"]["SS"]) if "recovery" in item else frozenset(),
            chosen_at=datetime.fromisoformat(item["chosen_at"]["S"]) if "chosen_at" in item else None,
            factor_reset=(
                FactorReset(datetime.fromisoformat(item["factor_reset"]["S"])) if "factor_reset" in item else None
            ),
        )

    def sealed_factor(self, workspace: str, person: str, secret: bytes) -> bytes:
        return self._sealer.seal(_factor_place(workspace, person), secret)

    def factor(self, workspace: str, person: str, kept: bytes) -> bytes:
        return self._sealer.unseal(_factor_place(workspace, person), kept)

    def route(self, address: str) -> str:
        return table.sign_in_route_key(self._index.router("signin", address))

    # ---- steps ------------------------------------------------------------------------------------------------------

    def put(self, role: str, item: Item, condition: str = "", values: Item | None = None) -> Step:
        operation: Item = {"TableName": self.table, "Item": item}
        if condition:
            operation["ConditionExpression"] = condition
        if values:
            operation["ExpressionAttributeValues"] = values
        return Step(role, {"Put": operation})

    def update(self, role: str, at: tuple[str, str], **expressions: Any) -> Step:
        return Step(role, {"Update": {"TableName": self.table, "Key": key(*at), **expressions}})

    def used(self, link: Link, now: datetime) -> Step:
        """It works this once."""
        return self.update(
            LINK,
            table.link_key(link),
            UpdateExpression="SET #state = :used, used_at = :now",
            ConditionExpression="#state = :pending AND #until > :now",
            ExpressionAttributeNames={"#state": "state", "#until": "until"},
            ExpressionAttributeValues={
                ":used": {"S": LinkState.USED.value},
                ":pending": {"S": LinkState.PENDING.value},
                ":now": {"S": instant(now)},
            },
        )

    def check(self, role: str, at: tuple[str, str], **expressions: Any) -> Step:
        return Step(role, {"ConditionCheck": {"TableName": self.table, "Key": key(*at), **expressions}})

    def not_signed_out_since(self, workspace: str, made_at: datetime) -> Step:
        """What a link made then opens was not closed by everybody's sign-out."""
        return self.check(
            LINK,
            (workspace, table.GATE),
            ConditionExpression="attribute_not_exists(signed_out_at) OR signed_out_at < :made",
            ExpressionAttributeValues={":made": {"S": instant(made_at)}},
        )

    def as_read(self, role: str, member: Member) -> Step:
        """They are there, with the role and the mailboxes that they had when they were read."""
        return self.check(
            role,
            (member.workspace, table.member_key(member.id)),
            ConditionExpression=f"#state = :active AND {at_version(member.version)}",
            ExpressionAttributeNames={"#state": "state", "#version": "version"},
            ExpressionAttributeValues={":active": {"S": table.ACTIVE}, ":read": {"N": str(member.version)}},
        )

    def seat_turn(self, workspace: str, turn: SeatTurn) -> Step:
        """Of two invitations for the last seat one counts again."""
        return self.update(
            "turn",
            (workspace, table.GATE),
            UpdateExpression="SET invitations_made = :next",
            ConditionExpression="attribute_exists(pk) AND "
            + ("invitations_made = :made" if turn.made else "attribute_not_exists(invitations_made)"),
            ExpressionAttributeValues={":next": {"N": str(turn.made + 1)}}
            | ({":made": {"N": str(turn.made)}} if turn.made else {}),
        )


def _profile_place(workspace: str, person: str) -> Place:
    return Place(workspace, "person", person, "profile")


def _session_place(workspace: str, session: str) -> Place:
    return Place(workspace, "session", session, "seen")


def _factor_place(workspace: str, person: str) -> Place:
    return Place(workspace, "person", person, "totp")
