"""Which adapter stands behind which port, for what people are told by mail and answer: see `entry.wiring`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from letterlock.entry import inbox_wiring, mail_wiring, people_wiring, wiring
from letterlock.entry.settings import REPLY_CHARACTERS, billed, setting

if TYPE_CHECKING:
    from letterlock.adapters.dynamo_mail_caps import DynamoMailCaps
    from letterlock.adapters.dynamo_team import DynamoTeam
    from letterlock.adapters.keyed_tokens import KeyedAnswerTokens
    from letterlock.adapters.remembered_team import RememberedTeam
    from letterlock.services.acknowledge import Acknowledge
    from letterlock.services.choose_notifications import ChooseNotifications, ReadNotificationSettings
    from letterlock.services.notify_people import NotifyPeople
    from letterlock.services.record_refusal import RecordRefusal
    from letterlock.services.take_answer import Answers


@cache
def team() -> DynamoTeam:
    from letterlock.adapters.dynamo_team import DynamoTeam

    return DynamoTeam(wiring.client("dynamodb"), people_wiring.items())


@cache
def answer_tokens() -> KeyedAnswerTokens:
    from letterlock.adapters.keyed_tokens import KeyedAnswerTokens

    return KeyedAnswerTokens(wiring.blind_index())


@cache
def mail_caps() -> DynamoMailCaps:
    from letterlock.adapters.dynamo_mail_caps import DynamoMailCaps

    return DynamoMailCaps(wiring.client("dynamodb"), setting("LIMITS_TABLE"), wiring.blind_index(), wiring.now)


def sender() -> str:
    """The address that notifications come from."""
    from letterlock.domain.notifications import SENDER

    return f"{SENDER}@{setting('MAIL_DOMAIN')}"


# ---- what agent_notifications calls ---------------------------------------------------------------------------------


@cache
def notify_people() -> NotifyPeople:
    from letterlock.adapters.dynamo_mail_claims import DynamoMailClaims
    from letterlock.adapters.ses_mailer import SesMailer, sending_config
    from letterlock.adapters.ses_notification_mailer import SesNotificationMailer
    from letterlock.services.notify_people import NotifyPeople

    sesv2: Any = wiring.session().create_client("sesv2", config=sending_config())
    mailer = SesMailer(sesv2, setting("MAIL_CONFIGURATION_SET"), setting("AWS_REGION"))
    return NotifyPeople(
        conversations=wiring.conversations(),
        mailboxes=wiring.mailboxes(),
        team=team(),
        tokens=answer_tokens(),
        claims=DynamoMailClaims(wiring.client("dynamodb"), setting("ACCOUNTS_TABLE"), wiring.now),
        caps=mail_caps(),
        mailer=SesNotificationMailer(mailer, sender()),
        now=wiring.now,
        app=setting("APP_URL"),
    )


# ---- what acknowledgement calls -------------------------------------------------------------------------------------


@cache
def acknowledge() -> Acknowledge:
    from letterlock.adapters.dynamo_quiet_claims import DynamoQuietClaims
    from letterlock.adapters.ses_mailer import SesMailer, sending_config
    from letterlock.services.acknowledge import QUIET, Acknowledge

    sesv2: Any = wiring.session().create_client("sesv2", config=sending_config())
    limits = wiring.client("dynamodb"), setting("LIMITS_TABLE"), wiring.blind_index(), wiring.now
    return Acknowledge(
        conversations=wiring.conversations(),
        mailboxes=wiring.mailboxes(),
        reply_tokens=wiring.reply_tokens(),
        quiet=DynamoQuietClaims(*limits, QUIET),
        caps=mail_caps(),
        mailer=SesMailer(sesv2, setting("MAIL_CONFIGURATION_SET"), setting("AWS_REGION")),
        now=wiring.now,
    )


# ---- what inbound_email calls, for each mail ------------------------------------------------------------------------


@cache
def team_addresses() -> RememberedTeam:
    from letterlock.adapters.remembered_team import RememberedTeam

    return RememberedTeam(team(), wiring.now)


# ---- what it calls when the first answer comes ----------------------------------------------------------------------


@cache
def answers() -> Answers:
    from letterlock.services.take_answer import Answers, RefuseAnswer, TakeAnswer

    store, ids = wiring.conversations(), wiring.ids()
    take = TakeAnswer(
        team=team(),
        tokens=answer_tokens(),
        conversations=store,
        send_reply=inbox_wiring.send_reply(),
        add_note=inbox_wiring.add_note(),
        ids=ids,
        now=wiring.now,
        sender=sender(),
        characters=REPLY_CHARACTERS,
        billed=billed(),
    )
    return Answers(take, RefuseAnswer(store, mail_wiring.stack_ledger(), _record_refusal(), ids, wiring.now))


def _record_refusal() -> RecordRefusal:
    """For who waits for nothing: the mail comes again until its refusal is on record."""
    from letterlock.services.record_refusal import RecordRefusal

    def raised(error: Exception) -> None:
        raise error

    return RecordRefusal(wiring.audit(), wiring.ids(), wiring.now, raised)


# ---- what accounts_api calls ----------------------------------------------------------------------------------------


@cache
def read_notification_settings() -> ReadNotificationSettings:
    from letterlock.services.choose_notifications import ReadNotificationSettings

    return ReadNotificationSettings(team())


@cache
def choose_notifications() -> ChooseNotifications:
    from letterlock.services.choose_notifications import ChooseNotifications

    return ChooseNotifications(team())
