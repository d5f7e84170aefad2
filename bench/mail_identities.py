"""SES's identities of domains, in the place of moto's, which has neither their keys nor their MAIL FROM domains.

What is claimed is also told to moto, so that mail can be sent from there.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.session import Session
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber

OK = 200
_PLACE = re.compile(r"/v2/email/identities(?:/([^/]+))?")


@dataclass
class MailIdentities:
    """`found`: what SES answers of each domain, by name; a test may change it."""

    found: dict[str, dict[str, Any]] = field(default_factory=dict)
    refuses: str = ""
    """The code with which nothing is changed for the time being."""

    def start_anew(self) -> None:
        """Nobody has an identity; its hook stays where it is."""
        self.found, self.refuses = {}, ""

    def attach(self, session: Session) -> None:
        """After whoever disturbs what is sent: who was answered is not asked again."""
        session.get_component("event_emitter").register_first("before-send", self._send)

    def _send(self, request: Any, event_name: str, **_: Any) -> AWSResponse | None:
        if not botocore_stubber.enabled:
            return None
        answer = self.answer(event_name, request)
        botocore_stubber.enabled = answer is None  # moto would say that it knows no such operation
        return answer

    def answer(self, event_name: str, request: Any) -> AWSResponse | None:
        """To a request for one of our operations; None to every other."""
        operations = {
            "CreateEmailIdentity": self._create,
            "GetEmailIdentity": self._get,
            "PutEmailIdentityMailFromAttributes": self._put_mail_from,
        }
        act = operations.get(event_name.removeprefix("before-send.sesv2."))
        if act is None:
            return None
        place = _PLACE.search(request.url)
        status, said = act((place[1] or "") if place else "", json.loads(request.body or "{}"))
        headers = {} if status == OK else {"x-amzn-errortype": said}
        raw = MockRawResponse(json.dumps(said if status == OK else {"message": said}).encode())
        return AWSResponse(request.url, status, HTTPHeaders.from_dict(headers), raw)

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
