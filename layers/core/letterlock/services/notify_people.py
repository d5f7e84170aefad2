"""People of the team are told by mail what concerns them, once each, and never of what they did themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from letterlock.domain.automatic_mail import Counted
from letterlock.domain.checks.loop import Purpose
from letterlock.domain.conversations import Conversation, Message
from letterlock.domain.errors import NotFound, SendDelayed, SendUncertain
from letterlock.domain.mail import Address
from letterlock.domain.notifications import LISTED, Happened, Notification, refusal_text, subject, text
from letterlock.domain.threading import Rule, reply_address
from letterlock.services.notify_ports import AnswerPlace, AnswerTokens, Colleague, MailCaps, NotificationMailer, Team
from letterlock.services.people_ports import MailClaims
from letterlock.services.ports import Clock, Conversations, Mailboxes
from letterlock.services.send_once import NOT_WANTED, SHARED, send_once

TIME_IS_UP = "time_is_up"
CAPPED = "Capped"
"""So much mail came that no more of it is told of in this window."""
NEWS = timedelta(days=3)
"""What is older is told to nobody: a replay of the bus's archive repeats months."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """A fact, read anew: what to tell, and to whom at most."""

    happened: Happened
    setting: str
    """The name of the one by which people choose it."""
    people: tuple[str, ...]
    head: Conversation
    message: str = ""
    causes: Mapping[Counted, str] = field(default_factory=dict)
    """Of what comes from outside: by what it is counted, and capped."""


@dataclass(frozen=True, slots=True)
class NotifyPeople:
    """How many ended how, in a word each.

    Raises SendDelayed, SendUncertain when another try is wanted: it leaves out who was told.
    """

    conversations: Conversations
    mailboxes: Mailboxes
    team: Team
    tokens: AnswerTokens
    claims: MailClaims
    caps: MailCaps
    mailer: NotificationMailer
    now: Clock
    app: str
    """Where the app is; empty: nowhere."""

    def __call__(
        self, fact: str, name: str, data: Mapping[str, str], occurred_at: datetime, enough: Callable[[], bool]
    ) -> Counter[str]:
        if self.now() - occurred_at > NEWS:
            return Counter({NOT_WANTED: 1})
        if name == "AnswerRefused":
            return Counter({self._refused(fact, data, occurred_at): 1})
        try:
            occasion = self._occasion(name, data)
        except NotFound:
            occasion = None
        if occasion and occasion.people and self._beyond_caps(occasion):
            return Counter({CAPPED: 1})
        ended: Counter[str] = Counter()
        later: SendDelayed | SendUncertain | None = None
        for person in occasion.people if occasion else ():
            if enough():
                raise SendDelayed(TIME_IS_UP)
            try:
                ended[self._told(fact, occasion, person) if occasion else NOT_WANTED] += 1
            except (SendDelayed, SendUncertain) as again:
                later = again
        if later:
            raise later
        return ended or Counter({NOT_WANTED: 1})

    def _occasion(self, name: str, data: Mapping[str, str]) -> Occasion | None:
        """None for what is no news any more. Raises NotFound."""
        head = self.conversations.get(data["workspace"], data["conversation"])
        if head.status not in LISTED:
            return None
        message = data.get("message", "")
        match name:
            case "ConversationAssigned":
                theirs = [data.get("assignee", "")] if data.get("assignee") == head.assignee else []
                people = _others(theirs, data.get("by", ""))
                return Occasion(Happened.ASSIGNED, "assignment", people, head)
            case "PersonMentioned":
                people = _others([data["person"]], data["by"])
                return Occasion(Happened.MENTIONED, "mentions", people, head, message)
            case "MessageReceived":
                return self._mail_came(head, message)
        return None

    def _mail_came(self, head: Conversation, message: str) -> Occasion | None:
        """What only machines said is no news, unless it opened the conversation. A loop never is."""
        mail = self.conversations.message(head.workspace, head.id, message)
        opened = mail.threading is not None and mail.threading.rule is Rule.NEW
        if mail.in_a_loop or not (opened or mail.is_anybodys_turn):
            return None
        causes = {Counted.CONVERSATION: head.id, Counted.CONTACT: mail.sender.key if mail.sender else ""}
        if head.assignee:
            return Occasion(Happened.NEW_MAIL, "new_mail", _others([head.assignee], ""), head, message, causes)
        people = _others(self.team.watching(head.workspace), "")
        return Occasion(Happened.UNASSIGNED, "unassigned", people, head, message, causes)

    def _beyond_caps(self, occasion: Occasion) -> bool:
        workspace, causes = occasion.head.workspace, occasion.causes
        return bool(causes) and not self.caps.take(Purpose.NOTIFICATION, workspace, causes)

    def _told(self, fact: str, occasion: Occasion, person: str) -> str:
        head = occasion.head
        try:
            colleague = self.team.colleague(head.workspace, person)
        except NotFound:
            return NOT_WANTED
        if not colleague.hears_of(head.mailbox) or not getattr(colleague.wants, occasion.setting):
            return NOT_WANTED
        mail = self._mail(occasion, colleague)
        return self._sent(head.workspace, fact, f"{fact}#{person}", mail)

    def _mail(self, occasion: Occasion, colleague: Colleague) -> Notification:
        head, since = occasion.head, colleague.gate.signed_out_at
        mailbox = self.mailboxes.get(head.workspace, head.mailbox)
        place = AnswerPlace(head.workspace, head.mailbox, colleague.member.id, since.isoformat() if since else "")
        content = colleague.wants.include_content
        return Notification(
            to=_address(colleague),
            called=mailbox.name or mailbox.address,
            subject=subject(head, content=content),
            text=text(occasion.happened, head, self._shown(occasion) if content else None, self.app),
            thread=f"{head.id}.{colleague.member.id}",
            reply_to=reply_address(mailbox.address, self.tokens.mint(place, head.id)),
        )

    def _shown(self, occasion: Occasion) -> Message | None:
        """A stranger's mail is not carried to anybody."""
        head = occasion.head
        if not occasion.message:
            return None
        message = self.conversations.message(head.workspace, head.id, occasion.message)
        return message if message.trusted else None

    def _refused(self, fact: str, data: Mapping[str, str], occurred_at: datetime) -> str:
        """Once an hour for a conversation: who forges mails must not fill somebody's mailbox with our word of it."""
        workspace, conversation = data["workspace"], data.get("conversation", "")
        try:
            colleague = self.team.colleague(workspace, data["person"])
        except NotFound:
            return NOT_WANTED
        if not colleague.member.active or not colleague.gate.open:
            return NOT_WANTED
        shown = conversation if data["reason"] != "not_seen" else ""
        mail = Notification(
            to=_address(colleague),
            called="Letterlock",
            subject="Your answer was not taken in",
            text=refusal_text(data["reason"], shown, self.app),
        )
        hour = occurred_at.strftime("%Y%m%d%H")
        return self._sent(workspace, fact, f"refused#{conversation}#{colleague.member.id}#{hour}", mail)

    def _sent(self, workspace: str, fact: str, claim: str, mail: Notification) -> str:
        """Never to a mailbox of ours: it would come in as a mail, of which somebody is told."""
        if self.mailboxes.receives(mail.to.address):
            return SHARED
        tags = {"workspace": workspace, "fact": fact}
        return send_once(self.claims, workspace, claim, lambda: self.mailer.send(mail, tags))


def _others(people: Iterable[str], by: str) -> tuple[str, ...]:
    """Those who are people, and did not do it themselves."""
    return tuple(each for each in people if each.startswith("per_") and each != by)


def _address(colleague: Colleague) -> Address:
    return Address(colleague.profile.address, colleague.profile.name)
