"""Which adapter stands behind which port, for tokens and revocation: see `entry.wiring`."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from letterlock.entry import wiring
from letterlock.entry.settings import setting

if TYPE_CHECKING:
    from letterlock.adapters.dynamo_revocations import DynamoRevocations
    from letterlock.adapters.dynamo_tokens import DynamoTokens
    from letterlock.adapters.leak_reports import ScannerKeys
    from letterlock.services.finish_revocation import FinishRevocation
    from letterlock.services.issue_token import IssueToken
    from letterlock.services.list_tokens import ListTokens, ReadToken
    from letterlock.services.report_leak import ReportLeak
    from letterlock.services.revoke import Revoke
    from letterlock.services.revoke_access import RemovePerson, RevokeToken, SignEverybodyOut


@cache
def tokens() -> DynamoTokens:
    from letterlock.adapters.dynamo_tokens import DynamoTokens

    return DynamoTokens(
        wiring.client("dynamodb"),
        setting("ACCOUNTS_TABLE"),
        wiring.sealer(),
        wiring.blind_index(),
        wiring.commits(),
        wiring.audit_entries(),
        wiring.now,
    )


@cache
def revocations() -> DynamoRevocations:
    from letterlock.adapters.dynamo_revocations import DynamoRevocations

    return DynamoRevocations(
        wiring.client("dynamodb"), setting("ACCOUNTS_TABLE"), wiring.commits(), wiring.audit_entries()
    )


@cache
def issue_token() -> IssueToken:
    from letterlock.services.issue_token import IssueToken

    return IssueToken(tokens(), wiring.ids(), wiring.now, os.urandom)


@cache
def list_tokens() -> ListTokens:
    from letterlock.services.list_tokens import ListTokens

    return ListTokens(tokens(), wiring.cursors())


@cache
def read_token() -> ReadToken:
    from letterlock.services.list_tokens import ReadToken

    return ReadToken(tokens())


@cache
def revoke() -> Revoke:
    from letterlock.services.revoke import Revoke

    return Revoke(revocations(), wiring.members(), wiring.ids(), wiring.now)


@cache
def revoke_token() -> RevokeToken:
    from letterlock.services.revoke_access import RevokeToken

    return RevokeToken(revoke(), tokens())


@cache
def remove_person() -> RemovePerson:
    from letterlock.services.revoke_access import RemovePerson

    return RemovePerson(revoke(), wiring.members())


@cache
def sign_everybody_out() -> SignEverybodyOut:
    from letterlock.services.revoke_access import SignEverybodyOut

    return SignEverybodyOut(revoke())


@cache
def report_leak() -> ReportLeak:
    from letterlock.services.report_leak import ReportLeak

    return ReportLeak(wiring.members(), revoke(), wiring.now)


@cache
def scanner_keys() -> ScannerKeys:
    from letterlock.adapters.leak_reports import ScannerKeys

    return ScannerKeys(setting("LEAK_REPORT_KEYS"))


@cache
def finish_revocation() -> FinishRevocation:
    from letterlock.adapters.dynamo_remains import DynamoRemains
    from letterlock.services.finish_revocation import FinishRevocation

    remains = DynamoRemains(
        wiring.client("dynamodb"), setting("ACCOUNTS_TABLE"), setting("CONVERSATIONS_TABLE"), wiring.now
    )
    return FinishRevocation(wiring.members(), remains, wiring.conversations(), wiring.ids(), wiring.now)
