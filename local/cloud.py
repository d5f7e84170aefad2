"""A whole local cloud: MiniStack with the stack on it, SES, the SMTP door, the gateway, and a demo workspace."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from local.aws import Aws, connect, resource
from local.build import build, sources_digest
from local.connection import Connection
from local.deploy import deploy, is_deployed, version_of
from local.diagnosis import logging_to, report
from local.gateway import Gateway
from local.lock import StateLock
from local.ministack_server import MiniStack
from local.outbox import Outbox
from local.ports import require_free
from local.progress import Progress
from local.servers import Servers
from local.ses import SesApi
from local.ses_events import publish
from local.settings import HOST, MAIL_DOMAIN, LocalCloudError, Settings
from local.smtp_door import Door, ReceiptRule, open_door
from local.stripe.server import StripeServer
from local.workspace import reconnect, set_up


class LocalCloud:
    """Started as one and stopped as one. State stays in its folder in between."""

    def __init__(self, settings: Settings, progress: Progress) -> None:
        self.settings = settings
        self.aws: Aws = connect(settings.endpoint)
        self.resources: dict[str, str] = {}
        self.is_new = False
        self._progress = progress
        self._lock = StateLock(settings.state)
        self._ministack = MiniStack(settings)
        self._servers = Servers()
        self._parts = ExitStack()

    def start(self) -> Connection:
        """Bring everything up; `is_new` then says whether the demo workspace was made just now.

        Raises LocalCloudError. Whatever came up until then is for `stop` to take down.
        """
        self._lock.acquire(self.settings.endpoint)
        require_free(self.settings)
        self.settings.outbox.mkdir(parents=True, exist_ok=True)
        # A log tells of one start only.
        self.settings.log.write_bytes(b"")
        self._parts.enter_context(logging_to(self.settings))
        self._servers.start()
        with self._progress.step("MiniStack started"):
            self._start_ministack()
        self._deploy()
        with self._progress.step("SMTP door and API gateway opened"):
            self._open()
        connection = self._demo_workspace()
        connection.write(self.settings.connection)
        return connection

    @property
    def has_begun(self) -> bool:
        """Whether this start came as far as to have a log of its own."""
        return self._ministack.was_started

    @property
    def ministack(self) -> int:
        """The process whose children run the functions."""
        return self._ministack.process_id

    def check(self) -> None:
        """Raise LocalCloudError when a part has ended by itself."""
        self._ministack.check()

    def stop(self) -> None:
        """Take everything down in order: no mail is taken in any more, then MiniStack writes its state."""
        self._servers.stop()
        if self._ministack.was_started:
            with self._progress.step("Stopped, and its state written"):
                self._ministack.stop()
        self._parts.close()
        self._lock.release()

    def _start_ministack(self) -> None:
        ses = SesApi(
            upstream=self.settings.endpoint,
            outbox=Outbox(self.settings.outbox),
            say=lambda events: publish(events, self.aws.events),
        )
        port = self._servers.serve_http(ses.application(), 0)
        self._ministack.start(ses_endpoint=f"http://{HOST}:{port}")

    def _deploy(self) -> None:
        digest = sources_digest()
        version = version_of(self.settings, digest)
        if is_deployed(self.aws, version):
            self._progress.say("          The stack stands as it was left: nothing changed in its sources")
        else:
            with self._progress.step("Functions and layers built") as step:
                if not build(digest):
                    step.text = "Functions and layers are built already"
            with self._progress.step("template.yaml deployed"):
                deploy(self.aws, version, self.settings)
        self.resources = self.aws.stack_resources()

    def _open(self) -> None:
        rule = ReceiptRule(
            s3=self.aws.s3,
            sns=self.aws.sns,
            bucket=resource(self.resources, "InboundBucket"),
            topic=resource(self.resources, "InboundTopic"),
        )
        door = Door(rule, mail_domain=MAIL_DOMAIN)
        gateway = Gateway(self.settings, api_id=resource(self.resources, "Api"))
        try:
            self._servers.serve(open_door(door, HOST, self.settings.smtp_port))
            self._servers.serve_http(gateway.application(), self.settings.api_port)
            if self.settings.bills:
                self._servers.serve_http(self._stripe().application(), self.settings.stripe_port)
        except OSError as error:
            raise LocalCloudError(f"A port was taken while the cloud started: {error}") from error

    def _stripe(self) -> StripeServer:
        """Its secrets are those of this start, put where the operator puts them; its key opens nothing anywhere."""
        secret = f"whsec_{secrets.token_urlsafe(24)}"
        for name, value in (("StripeSigningSecrets", secret), ("StripeApiKey", "rk_test_local")):
            self.aws.secrets.put_secret_value(SecretId=resource(self.resources, name), SecretString=value)
        return StripeServer(
            address=self.settings.stripe,
            webhook=f"{self.settings.api}/v1/stripe/webhooks",
            secret=secret,
            path=self.settings.state / "stripe.json",
        )

    def _demo_workspace(self) -> Connection:
        with self._progress.step("Demo workspace found") as step:
            connection = reconnect(self.settings)
            if connection is None:
                step.text = "Demo workspace made"
                connection = set_up(self.settings, self.aws, self.resources)
                self.is_new = True
        return connection


@contextmanager
def running(settings: Settings, progress: Progress) -> Iterator[tuple[LocalCloud, Connection]]:
    """A local cloud for the length of a block. A failure inside shows what the cloud and the functions logged last."""
    cloud = LocalCloud(settings, progress)
    try:
        yield cloud, cloud.start()
    except (LocalCloudError, BotoCoreError, ClientError) as error:
        if cloud.has_begun:
            progress.say(f"\n{report(settings)}")
        raise LocalCloudError(str(error)) from error
    finally:
        cloud.stop()
