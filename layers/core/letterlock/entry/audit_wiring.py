"""Which adapter stands behind which port, for the audit log and its chain: see `entry.wiring`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from letterlock.entry import wiring
from letterlock.entry.settings import setting

if TYPE_CHECKING:
    from letterlock.adapters.dynamo_audit_chain import DynamoAuditChain
    from letterlock.adapters.s3_anchors import S3Anchors
    from letterlock.domain.audit import StoredEntry
    from letterlock.services.anchor_audit import AnchorAudit
    from letterlock.services.chain_audit import ChainAudit
    from letterlock.services.read_audit import ExportAudit, ListAudit
    from letterlock.services.verify_audit import VerifyAudit


@cache
def audit_chain() -> DynamoAuditChain:
    from letterlock.adapters.dynamo_audit_chain import DynamoAuditChain

    return DynamoAuditChain(wiring.client("dynamodb"), setting("AUDIT_TABLE"))


@cache
def anchors() -> S3Anchors:
    from letterlock.adapters.s3_anchors import S3Anchors

    return S3Anchors(wiring.client("s3"), setting("AUDIT_ANCHORS_BUCKET"))


@cache
def stored_entry_of() -> Callable[[dict[str, Any]], StoredEntry]:
    from letterlock.adapters.table_audit import stored_entry_of

    return stored_entry_of


@cache
def chain_audit() -> ChainAudit:
    from letterlock.services.chain_audit import ChainAudit

    return ChainAudit(audit_chain())


@cache
def anchor_audit() -> AnchorAudit:
    from letterlock.services.anchor_audit import AnchorAudit

    return AnchorAudit(audit_chain(), anchors(), chain_audit(), wiring.now)


@cache
def verify_audit() -> VerifyAudit:
    from letterlock.services.verify_audit import VerifyAudit

    return VerifyAudit(audit_chain(), anchors(), wiring.now)


@cache
def list_audit() -> ListAudit:
    from letterlock.services.read_audit import ListAudit

    return ListAudit(wiring.audit(), wiring.cursors())


@cache
def export_audit() -> ExportAudit:
    from letterlock.services.read_audit import ExportAudit

    return ExportAudit(wiring.audit(), wiring.cursors())
