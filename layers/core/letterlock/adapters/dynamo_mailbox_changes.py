"""Mailboxes that the team makes and changes, in DynamoDB."""

from __future__ import annotations

from letterlock.adapters import table_accounts as table
from letterlock.adapters.audit_entries import AuditEntries
from letterlock.adapters.authority import held, judge
from letterlock.adapters.codec import instant
from letterlock.adapters.commits import Commits
from letterlock.adapters.dynamo import CONDITION_FAILED, Item, Step, key
from letterlock.adapters.dynamo_mail_domains import DynamoMailDomains
from letterlock.adapters.mailbox_items import GATE, MailboxItems
from letterlock.domain.accounts import MAILBOXES_AT_MOST, Mailbox, Principal
from letterlock.domain.errors import Conflict, PlanLimit, RuleBroken, Stale
from letterlock.domain.idempotency import Done, Once
from letterlock.services.deeds import Deed
from letterlock.services.mailbox_ports import NewMailbox

BUSY = "the workspace is being changed at this moment: ask again"


class DynamoMailboxChanges:
    """`MailboxChanges`."""

    def __init__(
        self,
        items: MailboxItems,
        domains: DynamoMailDomains,
        commits: Commits,
        audit: AuditEntries,
    ) -> None:
        self._items, self._domains, self._commits, self._audit = items, domains, commits, audit

    def add(self, new: NewMailbox, deed: Deed, once: Once | None = None) -> None:
        """Six steps; one more where its domain is the workspace's own, and one for the key."""
        mailbox = new.mailbox
        at_most = MAILBOXES_AT_MOST if new.at_most is None else min(new.at_most, MAILBOXES_AT_MOST)
        steps = [*self._items.steps(mailbox, at_most), self._audit.step(deed.entry)]
        if new.domain:
            steps.append(self._domains.proven(mailbox.address.partition("@")[2], new.domain, new.at))
        steps = held(self._items.table, new.asker, steps)
        refusals = self._commits.keyed(steps, mailbox.workspace, deed.told, once, Done(made=mailbox.id))
        judge(new.asker, refusals)
        refused = {each.role for each in refusals if each.code == CONDITION_FAILED}
        if "route" in refused:
            raise Conflict("another mailbox has that address")
        if GATE in refused and at_most < MAILBOXES_AT_MOST:
            raise PlanLimit(f"the plan has {at_most} mailboxes at most: an owner can change it, in billing")
        if GATE in refused:
            raise RuleBroken(f"a workspace has {MAILBOXES_AT_MOST} mailboxes at most")
        if refusals:
            raise Stale(BUSY)

    def change(self, asker: Principal, before: Mailbox, after: Mailbox, deed: Deed) -> None:
        steps = held(self._items.table, asker, [self._changed(before, after), self._audit.step(deed.entry)])
        refusals = self._commits.commit(steps, before.workspace, deed.told)
        judge(asker, refusals)
        if refusals:
            raise Stale("the mailbox is being changed at this moment: ask again")

    def _changed(self, before: Mailbox, after: Mailbox) -> Step:
        values: Item = {
            ":sealed": {"B": self._items.sealed(after)},
            ":read": {"N": str(before.version)},
            ":next": {"N": str(before.version + 1)},
        }
        changes = "SET #address = :sealed, #version = :next"
        if after.confirmed_at and after.confirmed_at != before.confirmed_at:
            changes += ", confirmed_at = :confirmed REMOVE confirmation"
            values[":confirmed"] = {"S": instant(after.confirmed_at)}
        unchanged = "attribute_not_exists(#version) OR #version = :read" if before.version == 1 else "#version = :read"
        return Step(
            "mailbox",
            {
                "Update": {
                    "TableName": self._items.table,
                    "Key": key(before.workspace, table.mailbox_key(before.id)),
                    "UpdateExpression": changes,
                    "ConditionExpression": f"attribute_exists(pk) AND ({unchanged})",
                    "ExpressionAttributeNames": {"#address": "address", "#version": "version"},
                    "ExpressionAttributeValues": values,
                }
            },
        )
