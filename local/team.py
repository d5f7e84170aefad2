"""People of the demo workspace who are signed in, put into the store as they are: no mail is waited for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime

from bench.people import put_person
from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.keyring import KmsKeyring
from letterlock.adapters.ulids import Ulids
from letterlock.domain.accounts import Credential, CredentialKind, Member
from letterlock.domain.permissions import Role
from letterlock.domain.tokens import SECRET_BYTES, spell
from local.aws import local_session, resource
from local.cloud import LocalCloud


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    session: str
    """The id of their session."""
    secret: str
    """What its cookie holds."""


class Team:
    """Puts people into a workspace of a local cloud, with the stack's own keys."""

    def __init__(self, cloud: LocalCloud, workspace: str) -> None:
        self._cloud, self._workspace = cloud, workspace
        kms = local_session().client("kms", endpoint_url=cloud.settings.endpoint)
        keys, sealing_key = (resource(cloud.resources, name) for name in ("KeysTable", "SealingKey"))
        self._index = BlindIndex(KmsKeyring(kms, keys, cloud.aws.dynamodb, sealing_key, _now))

    def joined_by(self, role: Role) -> Person:
        ids = Ulids()
        person, session = ids.new("per"), ids.new("ses")
        secret = spell(CredentialKind.SESSION, self._workspace, person, os.urandom(SECRET_BYTES))
        credential = Credential(session, CredentialKind.SESSION, frozenset(), _now())
        member = Member(person, self._workspace, role, credentials=(credential,))
        table = resource(self._cloud.resources, "AccountsTable")
        put_person(self._cloud.aws.dynamodb, table, self._index, member, **{session: secret})
        return Person(person, session, secret)


def _now() -> datetime:
    return datetime.now(UTC)
