"""Secrets that the operator puts into Secrets Manager: kept for a while, read anew when they are changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from letterlock.services.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

LIFETIME: Final = timedelta(minutes=5)
AT_MOST_EVERY: Final = timedelta(seconds=30)
"""However often something does not fit the values at hand: who sends rubbish must not have us read it over and over."""


class SecretText:
    """One secret, as it is stored."""

    def __init__(self, client: SecretsManagerClient, secret: str, now: Clock) -> None:
        """`secret`: its ARN, or its name."""
        self._client, self._secret, self._now = client, secret, now
        self._text = ""
        self._read_at: datetime | None = None

    def __call__(self) -> str:
        return self._text if self._younger_than(LIFETIME) else self._read()

    def fresh(self) -> str:
        """Read anew, unless that was just done."""
        return self._text if self._younger_than(AT_MOST_EVERY) else self._read()

    def _younger_than(self, age: timedelta) -> bool:
        return self._read_at is not None and self._now() - self._read_at < age

    def _read(self) -> str:
        answer = self._client.get_secret_value(SecretId=self._secret)
        self._text, self._read_at = answer["SecretString"], self._now()
        return self._text


class SecretValues:
    """One secret that holds a few values, separated by white space: while one is being changed, the new and the old."""

    def __init__(self, client: SecretsManagerClient, arn: str, now: Clock) -> None:
        self._text = SecretText(client, arn, now)

    def __call__(self) -> tuple[str, ...]:
        return tuple(self._text().split())

    def fresh(self) -> tuple[str, ...]:
        """Read anew, unless that was just done."""
        return tuple(self._text.fresh().split())
