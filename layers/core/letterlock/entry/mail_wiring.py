"""Which adapter stands behind which port, for mail in and out, and the facts that come of it: see `entry.wiring`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from letterlock.entry import wiring
from letterlock.entry.settings import setting

if TYPE_CHECKING:
    from letterlock.adapters.dynamo_stack_ledger import DynamoStackLedger
    from letterlock.domain.channels import ChannelName
    from letterlock.domain.delivery import DeliveryEvent
    from letterlock.domain.mail import Delivery
    from letterlock.services.answer_by_mail import AnswerByMail
    from letterlock.services.channel_ports import Channel
    from letterlock.services.deliver_reply import DeliverReply
    from letterlock.services.judge_mail import JudgeMail
    from letterlock.services.ports import Outbox
    from letterlock.services.publish_facts import PublishFacts, RepublishOverdue
    from letterlock.services.receive_mail import ReceiveMail
    from letterlock.services.record_delivery import RecordDelivery
    from letterlock.services.requeue_orphans import RequeueOrphans
    from letterlock.services.settle_overdue import SettleOverdue
    from letterlock.services.store_mail import StoreMail


@cache
def stack_ledger() -> DynamoStackLedger:
    from letterlock.adapters.dynamo_stack_ledger import DynamoStackLedger

    return DynamoStackLedger(
        wiring.client("dynamodb"), setting("CONVERSATIONS_TABLE"), wiring.blind_index(), wiring.archive()
    )


@cache
def outbox_of() -> Callable[[dict[str, Any]], Outbox]:
    from letterlock.adapters.dynamo_outboxes import outbox_of

    return outbox_of


@cache
def delivery_of() -> Callable[[dict[str, Any]], Delivery | None]:
    from letterlock.adapters.ses_notification import delivery_of

    return delivery_of


@cache
def delivery_event_of() -> Callable[[dict[str, Any]], DeliveryEvent | None]:
    from letterlock.adapters.ses_events import delivery_event_of

    return delivery_event_of


@cache
def judge_mail() -> JudgeMail:
    from letterlock.adapters.mime_parser import MimeParser
    from letterlock.entry import notify_wiring
    from letterlock.services.judge_mail import JudgeMail
    from letterlock.services.read_forward import ReadForward
    from letterlock.services.thread_bounce import ThreadBounce
    from letterlock.services.thread_mail import ThreadMail

    store, tokens = wiring.conversations(), wiring.reply_tokens()
    read_forward = ReadForward(MimeParser(), wiring.mailboxes(), notify_wiring.team)
    thread_mail = ThreadMail(store, wiring.contacts(), tokens, read_forward)
    return JudgeMail(thread_mail, ThreadBounce(store, tokens), notify_wiring.team_addresses())


@cache
def store_mail() -> StoreMail:
    from letterlock.services.let_in import LetIn
    from letterlock.services.store_mail import StoreMail

    return StoreMail(
        wiring.conversations(),
        wiring.archive(),
        judge_mail(),
        LetIn(wiring.mailboxes()),
        record_delivery(),
        wiring.ids(),
        wiring.now,
    )


@cache
def receive_mail() -> ReceiveMail:
    from letterlock.adapters.mime_parser import MimeParser
    from letterlock.adapters.s3_originals import S3Originals
    from letterlock.entry import notify_wiring
    from letterlock.services.receive_mail import ReceiveMail

    return ReceiveMail(
        originals=S3Originals(wiring.client("s3"), setting("INBOUND_BUCKET")),
        parser=MimeParser(),
        mailboxes=wiring.mailboxes(),
        conversations=wiring.conversations(),
        stack_ledger=stack_ledger(),
        store_mail=store_mail(),
        answers=notify_wiring.answers,
        now=wiring.now,
    )


@cache
def answer_by_mail() -> AnswerByMail:
    from letterlock.adapters.ses_mailer import SesMailer, sending_config
    from letterlock.services.answer_by_mail import AnswerByMail

    sesv2: Any = wiring.session().create_client("sesv2", config=sending_config())
    return AnswerByMail(
        archive=wiring.archive(),
        files=wiring.archive(),
        mailboxes=wiring.mailboxes(),
        reply_tokens=wiring.reply_tokens(),
        mailer=SesMailer(sesv2, setting("MAIL_CONFIGURATION_SET"), setting("AWS_REGION")),
    )


def channel(name: ChannelName) -> Channel:
    """Answers by mail load nothing of any other channel."""
    from letterlock.domain.channels import ChannelName

    if name is ChannelName.MAIL:
        return answer_by_mail()
    from letterlock.entry import connection_wiring

    return connection_wiring.answer_by_status()


@cache
def deliver_reply() -> DeliverReply:
    from letterlock.services.deliver_reply import DeliverReply

    return DeliverReply(wiring.conversations(), channel, wiring.members(), wiring.ids(), wiring.now)


@cache
def record_delivery() -> RecordDelivery:
    from letterlock.services.record_delivery import RecordDelivery

    return RecordDelivery(wiring.conversations(), wiring.contacts(), wiring.ids(), wiring.now)


@cache
def publish_facts() -> PublishFacts:
    from letterlock.adapters.event_bus import EventBridgeBus
    from letterlock.services.publish_facts import PublishFacts

    return PublishFacts(EventBridgeBus(wiring.client("events"), setting("EVENT_BUS_NAME")), wiring.outboxes())


@cache
def republish_overdue() -> RepublishOverdue:
    from letterlock.services.publish_facts import RepublishOverdue

    return RepublishOverdue(wiring.outboxes(), publish_facts())


@cache
def requeue_orphans() -> RequeueOrphans:
    from letterlock.adapters.dynamo_sweep_notes import DynamoSweepNotes
    from letterlock.adapters.s3_orphans import S3Orphans
    from letterlock.adapters.sqs_inbound_queue import SqsInboundQueue
    from letterlock.services.requeue_orphans import RequeueOrphans

    return RequeueOrphans(
        orphans=S3Orphans(wiring.client("s3"), setting("INBOUND_BUCKET")),
        notes=DynamoSweepNotes(wiring.client("dynamodb"), setting("CONVERSATIONS_TABLE"), wiring.now),
        queue=SqsInboundQueue(wiring.client("sqs"), setting("INBOUND_QUEUE_URL")),
        now=wiring.now,
    )


@cache
def settle_overdue() -> SettleOverdue:
    from letterlock.adapters.dynamo_overdue_replies import DynamoOverdueReplies
    from letterlock.services.settle_overdue import SettleOverdue

    return SettleOverdue(
        DynamoOverdueReplies(wiring.client("dynamodb"), setting("CONVERSATIONS_TABLE"), wiring.now),
        wiring.ids(),
        wiring.now,
    )
