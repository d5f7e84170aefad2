"""SES's identities of domains, in the place of moto's, which has neither their keys nor their MAIL FROM domains.

What is claimed is also told to moto, so that mail can be sent from there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.session import Session
from moto.core.botocore_stubber import MockRawResponse

OK = 200
_PLACE = re.compile(r"/v2/email/identities(?:/([^/]+))?")


@dataclass
class MailIdentities:
    """`found`: what SES answers of each domain, by name; a test may change it."""

    found: dict[str, dict[str, Any]] = field(default_factory=dict)
    refuses: str = ""
    """The code with which nothing is changed for the time being."""

    def attach(self, session: Session) -> None:
        hooks = session.get_component("event_emitter")
        operations: dict[str, Callable[[str, dict[str, Any]], tuple[int, Any]]] = {
            "CreateEmailIdentity": self._create,
            "GetEmailIdentity": self._get,
            "PutEmailIdentityMailFromAttributes": self._put_mail_from,
        }
        for operation, answer in operations.items():
            hooks.register(f"before-call.sesv2.{operation}", _answering(answer))

    def verify(self, domain: str) -> None:
        """Everything that was asked for stands in its DNS, and SES has seen it."""
        self.found[domain]["DkimAttributes"]["Status"] = "SUCCESS"
        self.found[domain]["MailFromAttributes"]["MailFromDomainStatus"] = "SUCCESS"
        self.found[domain]["VerifiedForSendingStatus"] = True

    def _create(self, _name: str, asked: dict[str, Any]) -> tuple[int, Any]:
        name = asked["EmailIdentity"]
        if self.refuses:
            return 429, self.refuses
        if name in self.found:
            return 400, "AlreadyExistsException"
        boto3.client("sesv2").create_email_identity(EmailIdentity=name)
        self.found[name] = {
            "IdentityType": "DOMAIN",
            "VerifiedForSendingStatus": False,
            "DkimAttributes": {
                "SigningEnabled": True,
                "Status": "PENDING",
                "Tokens": [f"{letter * 3}{abs(hash(name))}" for letter in "abc"],
                **asked.get("DkimSigningAttributes", {}),
            },
            "MailFromAttributes": {},
            "Tags": asked.get("Tags", []),
        }
        return OK, {}

    def _get(self, name: str, _asked: dict[str, Any]) -> tuple[int, Any]:
        return (OK, self.found[name]) if name in self.found else (404, "NotFoundException")

    def _put_mail_from(self, name: str, asked: dict[str, Any]) -> tuple[int, Any]:
        if name not in self.found:
            return 404, "NotFoundException"
        if self.found[name]["MailFromAttributes"].get("MailFromDomain") != asked["MailFromDomain"]:
            self.found[name]["MailFromAttributes"] = asked | {"MailFromDomainStatus": "PENDING"}
        return OK, {}


def _answering(answer: Callable[[str, dict[str, Any]], tuple[int, Any]]) -> Callable[..., tuple[AWSResponse, Any]]:
    """In place of the call itself: moto would say that it knows no such operation."""

    def handle(params: dict[str, Any], **_: Any) -> tuple[AWSResponse, Any]:
        place = _PLACE.search(params["url"])
        status, said = answer((place[1] or "") if place else "", json.loads(params["body"] or "{}"))
        parsed = said if status == OK else {"Error": {"Code": said, "Message": said}}
        parsed = parsed | {"ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}}}
        raw = MockRawResponse(json.dumps(said).encode())
        return AWSResponse(params["url"], status, HTTPHeaders.from_dict({}), raw), parsed

    return handle
