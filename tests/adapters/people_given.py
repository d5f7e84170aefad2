"""A workspace with an owner, over the fake and over the tables, for the contract of people."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from letterlock.adapters.audit_entries import AuditEntries
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.commits import Commits
from letterlock.adapters.dynamo_accounts import DynamoWorkspaces
from letterlock.adapters.dynamo_links import DynamoLinks
from letterlock.adapters.dynamo_members import DynamoMembers
from letterlock.adapters.dynamo_people import DynamoPeople
from letterlock.adapters.dynamo_revocations import DynamoRevocations
from letterlock.adapters.dynamo_sign_ins import DynamoSignIns
from letterlock.adapters.people_items import PeopleItems
from letterlock.adapters.sealing import Sealer
from letterlock.domain.accounts import Credential, CredentialKind, Member, Principal
from letterlock.domain.audit import Act
from letterlock.domain.facts import PersonJoined
from letterlock.domain.people import LIFE, Invitation, Link, LinkKind, Profile, Reset
from letterlock.domain.permissions import Role
from letterlock.domain.sign_in import Session
from letterlock.services.deeds import Asked, Deed, Deeds
from letterlock.services.people_ports import Joining, Links, People, SignInChange, SignIns
from letterlock.services.ports import Members, Workspaces
from letterlock.services.token_ports import Revocations
from tests.adapters.raw import everything
from tests.fakes import START, FakeClock, FakeIds, FakeMembers, FakePeople, FakeTokens, FakeWorkspaces
from tests.fakes.keys import MemoryKeys

if TYPE_CHECKING:
    from tests.adapters.conftest import Tables

WORKSPACE, OTHER = "wsp_acme", "wsp_other"
ANA, BEN, CLEO = "per_ana", "per_ben", "per_cleo"
SOON = timedelta(hours=12)


def address_of(person: str) -> str:
    return f"{person.removeprefix('per_')}@team.example"


def session(id: str, at: datetime = START) -> Session:  # noqa: A002 - the field's own name
    credential = Credential(id, CredentialKind.SESSION, frozenset(), at, at + SOON, used_on=at.date())
    return Session(credential, f"secret of {id}", "Firefox", "192.0.2.7")


@dataclass
class Office:
    workspaces: Workspaces
    members: Members
    people: People
    sign_ins: SignIns
    links: Links
    revocations: Revocations
    clock: FakeClock
    fakes: tuple[FakePeople, FakeTokens] | None
    tables: "Tables | None"
    ids: FakeIds = field(init=False)

    def __post_init__(self) -> None:
        self.ids = FakeIds(self.clock)

    def deed(self, act: Act = Act.SIGNED_IN) -> Deed:
        made = Deeds(self.ids, self.clock)
        return made(WORKSPACE, Asked(ANA, "request-1"), act, ANA, [PersonJoined(WORKSPACE, ANA)])

    def done(self) -> tuple[int, int]:
        """How many entries the audit log has, and how many facts were told."""
        if self.fakes:
            people, tokens = self.fakes
            told = sum(len(each.told) for each in people.deeds)
            return len(people.deeds) + len(tokens.entries), told + len(tokens.announced)
        assert self.tables
        outboxes = [each for each in everything(self.tables.client, self.tables.conversations) if "outbox" in each]
        return len(everything(self.tables.client, self.tables.audit)), len(outboxes)

    def invited(self, id: str, person: str = BEN, role: Role = Role.AGENT) -> Invitation:  # noqa: A002 - its own name
        now = self.clock()
        until = now + LIFE[LinkKind.INVITATION]
        return Invitation(id, WORKSPACE, address_of(person), role, frozenset(), "operator", now, until)

    def invite(self, invitation: Invitation) -> Link:
        self.links.invite(invitation, None, self.deed(Act.PERSON_INVITED))
        return Link(LinkKind.INVITATION, invitation.workspace, invitation.id)

    def joining(self, person: str, link: Link, role: Role = Role.AGENT, address: str = "") -> Joining:
        begun = session(f"ses_{person.removeprefix('per_')}", self.clock())
        member = Member(person, link.workspace, role, None, credentials=(begun.credential,))
        profile = Profile(address or address_of(person), person.removeprefix("per_").title())
        return Joining(member, profile, f"password of {person}", begun, link, self.clock(), self.clock())

    def joined(self, person: str, role: Role = Role.AGENT) -> Member:
        """Somebody who was invited; they are signed in."""
        link = self.invite(self.invited(f"inv_for_{person}", person, role))
        joining = self.joining(person, link, role)
        self.people.join(joining, self.deed(Act.INVITATION_ACCEPTED))
        return joining.member

    def asked_for(self, person: str = ANA, id: str = "rst_1") -> Reset:  # noqa: A002 - the field's own name
        reset = Reset(id, WORKSPACE, person, self.clock() + LIFE[LinkKind.RESET])
        self.links.ask_reset(reset, self.deed(Act.PASSWORD_RESET_REQUESTED))
        return reset

    def as_read(self, person: str = ANA) -> SignInChange:
        """Nothing is changed of how they sign in, as they are now."""
        return SignInChange(self.sign_ins.of_person(WORKSPACE, person), self.members.get(WORKSPACE, person))

    def sign_in(self, id: str, person: str = ANA) -> None:  # noqa: A002 - the session's
        self.sign_ins.change(replace(self.as_read(person), session=session(id, self.clock())), self.deed())


def asker(person: str = ANA, role: Role = Role.OWNER) -> Principal:
    credential = f"ses_{person.removeprefix('per_')}"
    return Principal(WORKSPACE, person, role, credential=credential, signed_in=True, since=START)


def opened(office: Office) -> Office:
    """With an owner, who is signed in."""
    office.workspaces.create(WORKSPACE, "Acme")
    office.workspaces.create(OTHER, "Other")
    office.joined(ANA, Role.OWNER)
    return office


def over_fakes(clock: FakeClock) -> Office:
    workspaces = FakeWorkspaces()
    members = FakeMembers(workspaces)
    people, tokens = FakePeople(members, workspaces, clock), FakeTokens(members, clock)
    tokens.mailed = people.links
    return Office(workspaces, members, people, people, people, tokens, clock, (people, tokens), None)


def over_tables(tables: "Tables", keys: MemoryKeys, clock: FakeClock) -> Office:
    client, name, sealer, index = tables.client, tables.accounts, Sealer(keys), BlindIndex(keys)
    commits, audit = Commits(client, tables.conversations, index, clock), AuditEntries(tables.audit, sealer)
    items = PeopleItems(name, sealer, index)
    return Office(
        DynamoWorkspaces(client, name, sealer, keys),
        DynamoMembers(client, name, sealer, index),
        DynamoPeople(client, items, commits, audit),
        DynamoSignIns(client, items, commits, audit, clock),
        DynamoLinks(client, items, sealer, commits, audit),
        DynamoRevocations(client, name, commits, audit),
        clock,
        None,
        tables,
    )
