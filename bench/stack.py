"""The stack on moto, in process: the real handlers, wired as on Lambda, over tables made as the template says."""

import email
import json
import os
import re
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from functools import cache, cached_property
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Literal
from urllib.parse import quote_plus

import boto3
import botocore.session
import pytest
from botocore.loaders import Loader
from botocore.session import Session
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.kms import models as kms
from moto.kms.utils import generate_private_key
from moto.s3.models import FakeDeleteMarker, s3_backends
from moto.sesv2.models import sesv2_backends
from moto.sqs.models import sqs_backends

from bench.kept_stack import KeptStack
from bench.leaks import public_keys
from bench.mail_identities import MailIdentities
from bench.oauth_wire import INSTANCE, SSO, SSO_APP, Wire
from bench.people import CHEAP, SignedIn, put_person, put_profile
from bench.quick_moto import quicken
from bench.recorder import Recorder
from bench.tables import make_table, resources
from letterlock.adapters import argon2_passwords
from letterlock.adapters.dynamo_turns import HEAR
from letterlock.domain.accounts import Credential, CredentialKind, Member
from letterlock.domain.outbox import unfold
from letterlock.domain.permissions import Role, Scope
from letterlock.domain.tokens import SECRET_BYTES, spell
from letterlock.entry import billing_wiring, connection_wiring, settings, wiring
from local.mastodon.peer import Peer
from local.stripe.signing import signature, spelt
from local.stripe.stand_in import StandIn
from tools.build_lambda import folder_of
from tools.openapi import ROOT, load
from tools.template_model import chosen, target

REGION: Literal["eu-west-1"] = "eu-west-1"
ACCOUNT = "123456789012"
"""The account that moto plays."""
DOMAIN = "acme.example"
MAILBOX = f"support@{DOMAIN}"
PROVIDER_APPS = "letterlock/provider-apps"
SIGNING_SECRET = "whsec_nobodys_secret"  # noqa: S105 - nobody's
REVOCATIONS = ("CredentialRevoked", "PersonRemoved", "EverybodySignedOut")
"""The facts that lead to token_revocation."""
WIRINGS = tuple(
    import_module(f"letterlock.entry.{file.stem}") for file in sorted(Path(wiring.__file__).parent.glob("*wiring.py"))
)
HANDLERS = tuple(sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py")))


class Context:
    """Lambda's context object, as far as Powertools reads it."""

    function_name = "under-test"
    memory_limit_in_mb = 512
    invoked_function_arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:under-test"
    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


class Handlers(dict[str, ModuleType]):
    """Each is loaded when it is first called, as in Lambda: most tests call three of thirty."""

    def __missing__(self, function: str) -> ModuleType:
        loaded: ModuleType = load(function)
        self[function] = loaded
        return loaded


@dataclass
class Stack:
    """What happens to it from outside: mail is delivered, the API called, the relay runs, replies go out.

    `recorder` notes what the functions ask of AWS meanwhile.
    """

    handlers: dict[str, ModuleType]
    recorder: Recorder
    mail_identities: MailIdentities = field(default_factory=MailIdentities)
    stripe: StandIn = field(default_factory=lambda: StandIn(lambda: wiring.now().timestamp()))
    instance: Wire = field(default_factory=lambda: Wire(Peer(INSTANCE, lambda: wiring.now().timestamp())))
    """Where people have accounts to connect."""
    buckets: tuple[str, ...] = ("inbound", "archive", "uploads", "downloads")
    workspace: str = ""
    mailbox: str = ""
    token: str = ""
    published: list[dict[str, Any]] = field(default_factory=list)
    """Every event that the relay put on the bus."""
    shown: set[tuple[str, str, str]] = field(default_factory=set)
    """What streams have shown: table, pk, sk."""
    before_call: Callable[[], object] = lambda: None
    through: Callable[[str, dict[str, Any]], Any] | None = None
    """Who stands between an event and its function, when somebody does."""
    watchers: list[Callable[[Session], None]] = field(default_factory=list)
    """Hang their hooks on the SDK's session of each new process, beside the recorder."""
    session: Session | None = None
    """The SDK's, in the process that its functions run in now."""

    def call(self, function: str, event: dict[str, Any]) -> Any:
        return (self.through or self.invoke)(function, event)

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        self.before_call()
        with self.recorder.on_behalf_of(function):
            return self.handlers[function].handler(event, Context())

    def restart(self, *functions: str) -> None:
        """Each of these functions starts in a new process: nothing of what it had loaded or wired is left."""
        forget_wiring()
        self.session = wiring.session()
        self.session.register_component("data_loader", _descriptions())
        for attach in (self.recorder.attach, *self.watchers, self.mail_identities.attach):
            attach(self.session)
        self.handlers |= {name: load(name) for name in functions}

    # ---- mail in ----

    @cached_property
    def outside(self) -> Any:
        """S3 as SES and its like come to it: no function's client, so nothing of it is recorded."""
        return boto3.client("s3")

    def store(self, ses_message_id: str, raw: bytes) -> None:
        self.outside.put_object(Bucket=self.buckets[0], Key=f"inbound/{ses_message_id}", Body=raw)

    def forgotten(self, ses_message_id: str, raw: bytes) -> None:
        """As `store`, long ago, and nobody was told."""
        self.store(ses_message_id, raw)
        stored = s3_backends[ACCOUNT]["aws"].get_object(self.buckets[0], f"inbound/{ses_message_id}")
        if stored is None:
            raise AssertionError(ses_message_id)
        stored.last_modified = datetime(2020, 2, 2)  # noqa: DTZ001 - moto's own, in UTC without saying so

    def notify(self, notification: dict[str, Any], *, receive_count: int = 1) -> Any:
        """One SQS message with the SES notification; the answer is Lambda's partial batch response."""
        return self.call("inbound_email", sqs_event(json.dumps(notification), receive_count))

    def mail(self, raw: bytes, *, ses_message_id: str = "ses1", recipients: tuple[str, ...] = (MAILBOX,)) -> Any:
        self.store(ses_message_id, raw)
        return self.notify_of(ses_message_id, recipients)

    def notify_of(self, ses_message_id: str, recipients: tuple[str, ...] = (MAILBOX,), **verdicts: str) -> Any:
        return self.notify(notification_of(ses_message_id, recipients, **verdicts))

    # ---- Stripe ----

    def bills(self, charges: str = "true") -> None:
        """From now on the operator charges for workspaces; or, with `false`, no more."""
        os.environ["BILLING_ENABLED"] = charges
        for module in WIRINGS:
            for name in ("authenticate", "answers"):
                if hasattr(module, name):
                    getattr(module, name).cache_clear()

    def stripe_says(self, event: dict[str, Any], *, body: str = "", signed: str = "") -> tuple[int, Any]:
        """One event to the webhook, signed as Stripe does, unless it is said otherwise."""
        text = body or spelt(event)
        header = signed or signature(text, [SIGNING_SECRET], int(time.time()))
        status, answer, _ = self.api(
            "POST", "/v1/stripe/webhooks", text, token="", headers={"Stripe-Signature": header}
        )
        return status, answer

    def stripe_told(self) -> None:
        """Everything that Stripe has to tell by now, to the webhook, through the relay, and applied."""
        told, self.stripe.events[:] = list(self.stripe.events), []
        for event in told:
            self.stripe_says(event)
        self.apply_billing()

    def apply_billing(self) -> list[Any]:
        """What lies in outboxes, the billing table's included, and what of it leads to billing_events. What failed."""
        rule = resources()["BillingEventsRule"]["Properties"]["EventPattern"]["detail-type"]
        events = [*self.relay("BillingTable"), *self.relay()]
        answers = [
            self.call("billing_events", sqs_event(json.dumps(event)))
            for event in events
            if event["detail-type"] in rule
        ]
        return [each for answer in answers for each in answer["batchItemFailures"]]

    def handed(self, told: list[dict[str, Any]], function: str) -> None:
        """Facts to a consumer, one at a time."""
        for event in told:
            if self.call(function, sqs_event(json.dumps(event))) != {"batchItemFailures": []}:
                raise AssertionError(event)

    def billing_missed(self) -> None:
        """Nothing of what waits in the billing table comes by itself, and its minute has come."""
        dynamodb = boto3.client("dynamodb")
        for item in dynamodb.scan(TableName="BillingTable")["Items"]:
            if "due_at" in item:
                dynamodb.put_item(TableName="BillingTable", Item=item | {"due_at": {"S": "2020-02-02T02:20Z"}})

    # ---- connected accounts ----

    def mentions_due(self) -> None:
        """The minute has come in which each connected account is asked what it was told."""
        dynamodb = boto3.client("dynamodb")
        for item in self.items("ConversationsTable"):
            if item["sk"]["S"] == HEAR and "due_at" in item:
                dynamodb.put_item(TableName="ConversationsTable", Item=item | {"due_at": {"S": "2020-02-02T02:20Z"}})

    # ---- what is stored, as moto has it: to look at everything through its API takes much longer ----

    def items(self, table: str) -> list[dict[str, Any]]:
        """In DynamoDB's notation, in the order of their keys."""
        partitions = dynamodb_backends[ACCOUNT][REGION].tables[table].items
        rows = {(pk.value, sk.value): item for pk, of in partitions.items() for sk, item in of.items()}
        stored = [rows[place] for place in sorted(rows)]
        return [{name: {value.type: _plain(value)} for name, value in item.attrs.items()} for item in stored]

    def versions(self, bucket: str) -> list[str]:
        """The key of each version and of each delete marker."""
        return [key for key, stored in self._keys(bucket) for _ in stored]

    def objects(self, bucket: str) -> set[str]:
        """The keys of all that is there."""
        return {key for key, stored in self._keys(bucket) if not isinstance(stored[-1], FakeDeleteMarker)}

    def fingerprint(self) -> str:
        """Of all that is stored."""
        tables = dynamodb_backends[ACCOUNT][REGION].tables
        buckets = s3_backends[ACCOUNT]["aws"].buckets
        stored = [[table, self.items(table)] for table in sorted(tables)]
        kept = [
            [bucket, key, [getattr(each, "etag", "") for each in of]]
            for bucket in buckets
            for key, of in self._keys(bucket)
        ]
        return sha256(repr([stored, kept, self.mail_identities.found]).encode()).hexdigest()

    def _keys(self, bucket: str) -> Iterator[tuple[str, list[Any]]]:
        yield from s3_backends[ACCOUNT]["aws"].buckets[bucket].keys.iterlists()

    # ---- the API ----

    def api(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any, dict[str, list[str]]]:
        """Status, decoded body (lines of JSON: a list of them; a page: as it is), headers."""
        event = rest_event(method, path, body, token=more.pop("token", self.token), **more)
        answer = self.call(function_behind(path), event)
        headers: dict[str, list[str]] = answer["multiValueHeaders"]
        said: Any = answer["body"]
        if said is None:
            raise AssertionError("an answer without a body has an empty one: not every gateway takes null for that")
        kind = headers.get("Content-Type", [""])[0]
        if kind == "application/x-ndjson":
            said = list(map(json.loads, said.splitlines()))
        elif not kind.startswith("text/html"):
            said = json.loads(said) if said else None
        return answer["statusCode"], said, headers

    def token_with(
        self,
        scopes: frozenset[Scope],
        role: Role = Role.ADMIN,
        mailboxes: frozenset[str] | None = None,
        workspace: str = "",
    ) -> str:
        """Another token, of the same workspace unless another is named."""
        holder, of = wiring.ids().new("tok"), workspace or self.workspace
        token = spell(CredentialKind.SERVICE, of, holder, os.urandom(SECRET_BYTES))
        credential = Credential(holder, CredentialKind.SERVICE, scopes, wiring.now())
        wiring.members().add_service(Member(holder, of, role, mailboxes, credentials=(credential,)), "", token)
        return token

    def person(self, role: Role = Role.ADMIN, mailboxes: frozenset[str] | None = None) -> SignedIn:
        """Somebody of the workspace who is signed in."""
        holder, session = wiring.ids().new("per"), wiring.ids().new("ses")
        secret = spell(CredentialKind.SESSION, self.workspace, holder, os.urandom(SECRET_BYTES))
        credential = Credential(session, CredentialKind.SESSION, frozenset(), wiring.now(), used_on=wiring.now().date())
        member = Member(holder, self.workspace, role, mailboxes, credentials=(credential,))
        put_person(boto3.client("dynamodb"), "AccountsTable", wiring.blind_index(), member, **{session: secret})
        put_profile(self.workspace, holder)
        return SignedIn(holder, session, secret)

    # ---- files ----

    def upload(self, form: dict[str, Any], content: bytes) -> dict[str, Any]:
        """A browser sends the form, which S3 takes for no other file than it was signed for; what S3 then tells."""
        refuse_another_file(form["fields"], content)
        key = form["fields"]["key"]
        version = boto3.client("s3").put_object(Bucket="uploads", Key=key, Body=content)["VersionId"]
        return stored_event("uploads", key, version, len(content))

    def scan(self, event: dict[str, Any], *, receive_count: int = 1) -> Any:
        return self.call("attachment_scan", sqs_event(json.dumps(event), receive_count))

    # ---- facts and mail out ----

    def streamed(self, table: str = "ConversationsTable", holding: str = "outbox") -> list[dict[str, Any]]:
        """What a table's stream shows of new items that hold this attribute: each once, as the stream spells it."""
        found = {(table, item["pk"]["S"], item["sk"]["S"]): item for item in self.items(table) if holding in item}
        fresh = found.keys() - self.shown
        self.shown |= fresh
        return [as_streamed(item) for place, item in found.items() if place in fresh]

    def relay(self, table: str = "ConversationsTable") -> list[dict[str, Any]]:
        """New outboxes through the relay; the bus's events as rules see them."""
        fresh = self.streamed(table)
        answer = self.call("outbox_relay", stream_event(fresh))
        if answer != {"batchItemFailures": []}:
            raise AssertionError(answer)
        told = [
            {"source": "letterlock", "detail-type": name, "detail": json.loads(detail)}
            for item in fresh
            for name, detail in unfold(item["outbox"]["S"])
        ]
        self.published += told
        return told

    def chain(self) -> int:
        """What the audit table's stream would show of new entries, through the chainer. How many there were."""
        fresh = self.streamed("AuditTable", "act")
        answer = self.call("audit_chainer", stream_event(fresh))
        if answer != {"batchItemFailures": []}:
            raise AssertionError(answer)
        return len(fresh)

    def missed(self) -> None:
        """The stream brings none of the outboxes that wait, and their minute has come."""
        dynamodb = boto3.client("dynamodb")
        for item in dynamodb.scan(TableName="ConversationsTable")["Items"]:
            if "due_at" in item and "outbox" in item:
                dynamodb.put_item(TableName="ConversationsTable", Item=item | {"due_at": {"S": "2020-02-02T02:20Z"}})

    def deliver(self, event: dict[str, Any], *, receive_count: int = 1) -> Any:
        return self.call("outbound_email", sqs_event(json.dumps(event), receive_count))

    def finish_revocations(self, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those of these facts that lead to token_revocation, until nothing is left; what was told meanwhile."""
        waiting = [event for event in told if event["detail-type"] in REVOCATIONS]
        while waiting:
            answer = self.call("token_revocation", sqs_event(json.dumps(waiting.pop(0))))
            if answer != {"batchItemFailures": []}:
                raise AssertionError(answer)
            waiting += self.revocations_left()
        return self.relay()

    def revocations_left(self) -> list[dict[str, Any]]:
        """What token_revocation has queued for itself, whatever it is to wait for."""
        waiting = sqs_backends[ACCOUNT][REGION].get_queue("revocation")._messages  # noqa: SLF001 - the delayed as well
        left = [json.loads(message.body) for message in waiting]
        waiting.clear()
        return left

    def mailed(self, *, failing: bool = False) -> list[str]:
        """The text of the mails that account_mail sent of what is new."""
        mails = self._told("account_mail", "AccountMailRule", failing=failing)
        return [bytes(each.get_payload(decode=True)).decode() for each in mails]

    def notified(self, *, failing: bool = False) -> list[Message]:
        """The mails that agent_notifications sent of what is new."""
        return self._told("agent_notifications", "AgentNotificationsRule", failing=failing)

    def acknowledged(self, *, failing: bool = False) -> list[Message]:
        """The mails that acknowledgement sent of what is new."""
        return self._told("acknowledgement", "AcknowledgementRule", failing=failing)

    def _told(self, function: str, rule: str, *, failing: bool) -> list[Message]:
        """Every fact that is new goes out, and those for the function to it."""
        kinds = resources()[rule]["Properties"]["EventPattern"]["detail-type"]
        before = len(self.sent())
        for event in self.relay():
            if event["detail-type"] in kinds:
                answer = self.call(function, sqs_event(json.dumps(event)))
                if bool(answer["batchItemFailures"]) is not failing:
                    raise AssertionError(answer)
        return [email.message_from_string(each.raw_data) for each in self.sent()[before:]]

    def ses_says(self, event: dict[str, Any]) -> Any:
        """One event of SES, as the rules hand it over."""
        return self.call("delivery_events", sqs_event(json.dumps(event)))

    def sent(self) -> list[Any]:
        """Every mail that SES took."""
        backend = sesv2_backends[ACCOUNT][REGION]
        messages: list[Any] = backend.core_backend.sent_messages
        return messages


@contextmanager
def stack_on_moto(monkeypatch: pytest.MonkeyPatch, *, kept: bool = False) -> Iterator[Stack]:
    """`kept`: a copy of the one that this process has made before, for those who do not look at how it is made."""
    with mock_aws():
        quicken(monkeypatch)
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        monkeypatch.setenv("AWS_REGION", REGION)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(kms, "generate_private_key", _some_private_key)
        monkeypatch.setattr(boto3, "client", _client)
        monkeypatch.setattr(argon2_passwords, "PARAMETERS", CHEAP)
        before = _kept_stack[0].put_back(ACCOUNT, REGION) if kept and _kept_stack else None
        settings_of_all = (before.settings if before else _resources()) | _queues()
        for name, value in settings_of_all.items():
            monkeypatch.setenv(name, value)
        made = _again(settings_of_all) if before else None
        if made is None:
            made = Stack(Handlers(), Recorder(_names(settings_of_all), boto3.client("dynamodb")))
            made.restart()
        monkeypatch.setattr(billing_wiring, "stripe_http", lambda: _stripe_in_process(made.stripe))
        monkeypatch.setattr(connection_wiring, "outgoing", lambda: made.instance)
        if before:
            made.mail_identities.found, answer = before.identities, before.answer
        else:
            answer = made.call("workspace_setup", {"workspace": {"name": "Acme"}, "mailbox": {"address": MAILBOX}})
            if kept:
                found = made.mail_identities.found
                _kept_stack.append(KeptStack.of(ACCOUNT, REGION, settings_of_all, answer, found))
                made.recorder.calls.clear()
        made.workspace, made.mailbox, made.token = answer["workspace"], answer["mailbox"], answer["token"]
        yield made
        _leave(made, kept=kept)


_kept_stack: list[KeptStack] = []
"""One, as soon as it was made."""
_kept_sdk: list[tuple[Session, Recorder, MailIdentities]] = []
"""The last stack's session of the SDK and what hangs on it, if that is as good as new."""
_SDK = ("session", "client", "signer")
"""What of `wiring` is the SDK's, and knows nothing of a stack."""


def _again(settings_of_all: dict[str, str]) -> Stack | None:
    """A new stack whose functions find the SDK loaded: to make its clients takes as long as most tests."""
    session, recorder, identities = _kept_sdk.pop() if _kept_sdk else (None, None, None)
    if recorder is None or identities is None or wiring.session() is not session:
        return None
    recorder.start_anew(_names(settings_of_all))
    identities.start_anew()
    forget_wiring(*_SDK)
    return Stack(Handlers(), recorder, identities, session=session)


def _leave(stack: Stack, *, kept: bool) -> None:
    """A client that has had to try again has less patience left; and who watched the session still would."""
    tried_again = any(call.requests > 1 for call in stack.recorder.calls)
    if kept and wiring.session() is stack.session and not stack.watchers and not tried_again:
        _kept_sdk[:] = [(stack.session, stack.recorder, stack.mail_identities)]
        forget_wiring(*_SDK)
    else:
        forget_wiring()


_some_private_key = cache(generate_private_key)
"""One for all keys: moto makes an RSA key for a symmetric one too, which takes it a fifth of a second."""


def _stripe_in_process(stand_in: StandIn) -> Any:
    """Stripe's library takes a second to import here: only who needs it pays for that."""
    from bench.stripe_wire import InProcess  # noqa: PLC0415

    return InProcess(stand_in)


@cache
def _descriptions() -> Loader:
    """Botocore's descriptions of the services, read once for all stacks of this process."""
    return Loader()


@cache
def _client(service: str) -> Any:
    """How everybody but the functions comes to a service: one client for all stacks of this process."""
    made: Any = _outside()
    return made.client(service)


@cache
def _outside() -> boto3.Session:
    session = botocore.session.Session()
    session.register_component("data_loader", _descriptions())
    return boto3.Session(botocore_session=session)


def _resources() -> dict[str, str]:
    """Makes everything that the functions' environment names, but for the queues."""
    dynamodb, s3 = boto3.client("dynamodb"), boto3.client("s3")
    for bucket in ("inbound", "archive", "anchors", "uploads", "downloads"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    boto3.client("events").create_event_bus(Name="facts")
    secrets = boto3.client("secretsmanager")
    signing = secrets.create_secret(Name="stripe-signing-secrets", SecretString=SIGNING_SECRET)
    api_key = secrets.create_secret(Name="stripe-api-key", SecretString="rk_test_nobodys")
    secrets.create_secret(Name=PROVIDER_APPS, SecretString=json.dumps({SSO: SSO_APP}))
    boto3.client("sesv2").create_email_identity(EmailIdentity=DOMAIN)
    return {
        "CONVERSATIONS_TABLE": make_table(dynamodb, "ConversationsTable"),
        "ACCOUNTS_TABLE": make_table(dynamodb, "AccountsTable"),
        "KEYS_TABLE": make_table(dynamodb, "KeysTable"),
        "AUDIT_TABLE": make_table(dynamodb, "AuditTable"),
        "INBOUND_BUCKET": "inbound",
        "ARCHIVE_BUCKET": "archive",
        "AUDIT_ANCHORS_BUCKET": "anchors",
        "UPLOADS_BUCKET": "uploads",
        "DOWNLOADS_BUCKET": "downloads",
        "STACK_KEY_ARN": boto3.client("kms").create_key()["KeyMetadata"]["Arn"],
        "SEALING_KEY_ARN": boto3.client("kms").create_key()["KeyMetadata"]["Arn"],
        "EVENT_BUS_NAME": "facts",
        "LEAK_REPORT_KEYS": public_keys(),
        "MAIL_CONFIGURATION_SET": "outbound",
        "SEND_ATTEMPTS": "8",
        "LIMITS_TABLE": make_table(dynamodb, "LimitsTable"),
        "SIGN_UP": "open",
        "BILLING_ENABLED": "false",
        "BILLING_TABLE": make_table(dynamodb, "BillingTable"),
        "STRIPE_SIGNING_SECRETS_ARN": signing["ARN"],
        "STRIPE_API_KEY_ARN": api_key["ARN"],
        "PROVIDER_APPS": PROVIDER_APPS.partition("/")[2],
        "STRIPE_API_BASE": "https://api.stripe.com",
        "SCAN_ATTEMPTS": "5",
        "ACCOUNT_ID": "123456789012",
        "STRIPE_MODE": "test",
        "MAIL_DOMAIN": DOMAIN,
        "STACK_NAME": "letterlock-test",
        "APP_URL": "https://app.acme.example",
        "POWERTOOLS_SERVICE_NAME": "under-test",
        "POWERTOOLS_METRICS_NAMESPACE": "Letterlock",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }


def _queues() -> dict[str, str]:
    sqs = boto3.client("sqs")
    return {
        f"{name.upper()}_QUEUE_URL": sqs.create_queue(QueueName=name)["QueueUrl"]
        for name in ("outbound", "revocation", "inbound")
    }


def _names(settings_of_all: dict[str, str]) -> dict[str, str]:
    """The template's logical id of each physical name, for a setting holds the one and the template the other."""
    names = {DOMAIN: "MailDomain", PROVIDER_APPS: "ProviderApps"}
    for resource in resources().values():
        if resource["Type"] == "AWS::Serverless::Function":
            for name, value in resource["Properties"]["Environment"]["Variables"].items():
                if target(value):
                    names[settings_of_all[name]] = target(value)
    return names


def forget_wiring(*but: str) -> None:
    """Nothing that an earlier process, or an earlier test's stack, has wired stays."""
    for module in (*WIRINGS, settings):
        for name, made in vars(module).items():
            if hasattr(made, "cache_clear") and name not in but:
                made.cache_clear()


def function_behind(path: str) -> str:
    """The function to which the template leads this path; what leads nowhere is asked of the first of them."""
    return next((function for pattern, function in _behind() if pattern.fullmatch(path)), "conversations_api")


@cache
def _behind() -> list[tuple[re.Pattern[str], str]]:
    """Patterns of paths, those without a parameter first, as API Gateway matches them."""
    paths = resources()["Api"]["Properties"]["DefinitionBody"]["paths"]
    led = []
    for path in sorted(paths, key=lambda each: each.count("{")):
        operation = next(iter(chosen(paths[path]).values()))
        uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
        pattern = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))
        led.append((re.compile(pattern), folder_of(re.findall(r"(\w+)\.Arn", uri)[0])))
    return led


def sqs_event(body: str, receive_count: int = 1) -> dict[str, Any]:
    record = {
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "handle",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(receive_count)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue",
        "awsRegion": REGION,
    }
    return {"Records": [record]}


def stream_event(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "Records": [
            {
                "eventName": "INSERT",
                "eventSource": "aws:dynamodb",
                "dynamodb": {"SequenceNumber": str(100 + position), "NewImage": item},
            }
            for position, item in enumerate(items)
        ]
    }


def _plain(value: DynamoType) -> Any:
    return b64decode(value.value) if value.type == "B" and isinstance(value.value, str) else value.value


def as_streamed(item: dict[str, Any]) -> dict[str, Any]:
    """An item as a stream's image of it: JSON has no bytes, so they come in base64."""
    return {
        name: {kind: b64encode(value).decode() if kind == "B" else value for kind, value in typed.items()}
        for name, typed in item.items()
    }


def stored_event(bucket: str, key: str, version: str, size: int) -> dict[str, Any]:
    """S3's notification of an object (Amazon S3: "Event message structure"), as far as it decides anything."""
    stored = {"key": quote_plus(key, safe="/"), "size": size, "versionId": version}
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Post",
        "s3": {"bucket": {"name": bucket}, "object": stored},
    }
    return {"Records": [record]}


class FormRefused(Exception):
    """S3 would answer 403: it is not what was signed."""


def refuse_another_file(fields: dict[str, str], content: bytes) -> None:
    """As S3 reads the policy of a form (Amazon S3: "POST policy"): moto looks at none of it."""
    policy = json.loads(b64decode(fields["policy"]))
    if datetime.fromisoformat(policy["expiration"]) <= wiring.now():
        raise FormRefused("it has expired")
    for condition in policy["conditions"]:
        if isinstance(condition, dict):
            [(name, value)] = condition.items()
            if name != "bucket" and fields[name] != value:
                raise FormRefused(name)
        elif condition[0] == "content-length-range" and not condition[1] <= len(content) <= condition[2]:
            raise FormRefused("content-length-range")


def notification_of(ses_message_id: str, recipients: tuple[str, ...], **verdicts: str) -> dict[str, Any]:
    """SES's notification of a receipt, as far as it decides anything."""
    now = wiring.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = {name: {"status": verdicts.get(name, "PASS")} for name in ("spf", "dkim", "dmarc", "spam", "virus")}
    return {
        "notificationType": "Received",
        "mail": {
            "timestamp": now,
            "source": "ana@customer.example",
            "messageId": ses_message_id,
            "destination": list(recipients),
        },
        "receipt": {
            "timestamp": now,
            "recipients": list(recipients),
            **{f"{name}Verdict": verdict for name, verdict in said.items()},
            "action": {"type": "S3", "bucketName": "inbound", "objectKey": f"inbound/{ses_message_id}"},
        },
    }


def rest_event(
    method: str,
    path: str,
    body: Any,
    *,
    token: str,
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    """API Gateway's proxy event; `body` is sent as it is when it is text already."""
    own = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} if token else {}
    sent = own | (headers or {})
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": query,
        "multiValueQueryStringParameters": {name: [value] for name, value in (query or {}).items()} or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "requestId": "req-1",
            "stage": "live",
            "resourcePath": path,
            "httpMethod": method,
            "path": f"/live{path}",
            "domainName": "api.acme.example",
            "identity": {"sourceIp": "192.0.2.7", "userAgent": "Mozilla/5.0 (a browser)"},
        },
        "body": body if body is None or isinstance(body, str) else json.dumps(body),
        "isBase64Encoded": False,
    }
