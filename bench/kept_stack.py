"""What a stack on moto holds when it has just been set up, kept in this process: a test's own is a copy of it.

To make it anew takes 40 requests, a copy one hundredth of their time.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.dynamodb.models import dynamodb_backends
from moto.events.models import events_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.ses.models import ses_backends
from moto.sesv2.models import sesv2_backends

_SERVICES: tuple[BackendDict[Any], ...] = (
    dynamodb_backends,
    events_backends,
    kms_backends,
    secretsmanager_backends,
    ses_backends,
    sesv2_backends,
)
"""Of a Region; S3 is of none. Not SQS: its queues hold locks, which cannot be copied, and they hold nothing yet."""


@dataclass(frozen=True)
class KeptStack:
    """`settings`: the functions' environment. `answer`: what workspace_setup said. `identities`: SES's, of domains."""

    settings: dict[str, str]
    answer: dict[str, Any]
    identities: dict[str, Any]
    backends: list[BaseBackend]

    @classmethod
    def of(
        cls, account: str, region: str, settings: dict[str, str], answer: dict[str, Any], identities: dict[str, Any]
    ) -> KeptStack:
        """As it stands now."""
        return copy.deepcopy(cls(settings, answer, identities, _backends(account, region)))

    def put_back(self, account: str, region: str) -> KeptStack:
        """Into a moto that holds nothing. What is answered is the caller's to change."""
        mine = copy.deepcopy(self)
        for live, held in zip(_backends(account, region), mine.backends, strict=True):
            live.__dict__ = held.__dict__  # the same, not alike: backends name each other
        return mine


def _backends(account: str, region: str) -> list[BaseBackend]:
    return [s3_backends[account]["aws"], *(each[account][region] for each in _SERVICES)]
