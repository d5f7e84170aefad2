"""A secret scanner's report, as GitHub sends it: signed over the raw body, which is read only once that is checked."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from binascii import Error as Base64Error
from typing import Literal

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from letterlock.domain.audit import Act
from letterlock.domain.errors import Invalid, TooLarge, Unauthenticated
from letterlock.entry import token_wiring, wiring
from letterlock.entry.rest import asked
from letterlock.services.sign_in import STACK

REPORT_BYTES = 1024 * 1024
REPORT_TOKENS = 1000
KEY_HEADER = "github-public-key-identifier"
SIGNATURE_HEADER = "github-public-key-signature"


class Finding(BaseModel):
    """One find. What else the scanner says of it is its own business, and may grow: unknown fields are let be."""

    model_config = ConfigDict(extra="ignore")

    token: str = Field(max_length=4096)
    type: str = Field(default="", max_length=200)


class LabelOut(BaseModel):
    """What became of one token of the report."""

    token_hash: str = Field(description="SHA-256 of the token, in hex")
    token_type: str = Field(description="As the report calls it")
    label: Literal["true_positive", "false_positive"] = Field(
        description="true_positive: it was a live one of ours, and is revoked"
    )

    @classmethod
    def of(cls, found: Finding, *, live: bool) -> LabelOut:
        hashed = hashlib.sha256(found.token.encode("utf-8", "surrogatepass")).hexdigest()
        return cls(token_hash=hashed, token_type=found.type, label="true_positive" if live else "false_positive")


_FINDINGS = TypeAdapter(list[Finding])
BODY = {
    "required": True,
    "description": "Signed: see GitHub's documentation, 'Secret scanning partner program'.",
    "content": {
        "application/json": {
            "schema": {
                "type": "array",
                "maxItems": REPORT_TOKENS,
                "items": {
                    "type": "object",
                    "required": ["token"],
                    "properties": {name: {"type": "string"} for name in ("token", "type", "url", "source")},
                },
            }
        }
    },
}
"""For the API's description: the body is read by hand, after its signature."""


def findings(app: APIGatewayRestResolver) -> list[Finding]:
    """Raises TooLarge, Unauthenticated, Invalid, in this order: what nobody signed is not looked into."""
    event = app.current_event
    headers = {name.lower(): value for name, value in (event.headers or {}).items()}
    body = _octets(event.body or "", encoded=bool(event.is_base64_encoded))
    if len(body) > REPORT_BYTES:
        raise TooLarge(f"a report has {REPORT_BYTES} octets at most: send it in parts")
    key = headers.get(KEY_HEADER, "")
    try:
        token_wiring.scanner_keys().verify(key, headers.get(SIGNATURE_HEADER, ""), body)
    except Unauthenticated:
        if token_wiring.scanner_keys().has(key):  # what names no key that we were given is anybody's noise
            wiring.record_refusal()(STACK, Act.LEAK_REPORT_REFUSED, asked(app), f"signed by another: {key}")
        raise
    found = _read(body)
    if len(found) > REPORT_TOKENS:
        raise TooLarge(f"a report has {REPORT_TOKENS} tokens at most: send it in parts")
    return found


def _octets(body: str, *, encoded: bool) -> bytes:
    if not encoded:
        return body.encode("utf-8", "surrogatepass")
    try:
        return b64decode(body)
    except Base64Error:
        raise Invalid("the body is not base64") from None


def _read(body: bytes) -> list[Finding]:
    try:
        return _FINDINGS.validate_python(json.loads(body))
    except (ValidationError, ValueError, RecursionError):
        raise Invalid("a report is a JSON array of objects with a token each") from None
