"""What a handler may import, and what its cold start must not pay for."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HANDLERS = sorted(path.parent.name for path in ROOT.glob("functions/*/handler.py"))
ALLOWED = ("letterlock.entry", "letterlock.domain", "letterlock.services.ports")

NEVER = {"aws_xray_sdk", "aws_encryption_sdk", "bleach", "moto", "requests", "stripe"}
"""Stripe's library comes with the first request of a function of billing, and with no other function at all."""
REST = {
    "aws_lambda_powertools.utilities.batch",
    "boto3",
    "botocore.client",
    "cryptography",
    "fast_mail_parser",
    "pynamodb",
}
QUEUE = {
    "aws_lambda_powertools.event_handler",
    "boto3",
    "botocore.client",
    "cryptography",
    "nh3",
    "pydantic",
    "pynamodb",
}
OPERATOR = {"aws_lambda_powertools.event_handler", "boto3", "botocore.client", "cryptography", "pynamodb"}
FILES = {"filetype", "imagesize", "tarfile"}
"""What looking into files takes: attachment_scan alone, and not before there is one."""
AT_IMPORT = {
    "account_mail": QUEUE,
    "attachment_scan": QUEUE | FILES,
    "attachments_api": REST | FILES | {"nh3"},
    "accounts_api": REST | {"nh3"},
    "acknowledgement": QUEUE,
    "agent_notifications": QUEUE,
    "audit_api": REST | {"nh3"},
    "audit_anchor": OPERATOR,
    "audit_chainer": QUEUE | {"aws_lambda_powertools.utilities.batch"},
    "audit_verification": OPERATOR,
    "api_docs": REST | {"pydantic", "nh3"},
    "billing_api": REST | {"nh3"},
    "billing_events": QUEUE,
    "billing_reconciliation": QUEUE | {"aws_lambda_powertools.utilities.batch"},
    "connected_accounts": QUEUE | {"aws_lambda_powertools.utilities.batch"},
    "connections_api": REST | {"nh3"},
    "conversations_api": REST | FILES | {"nh3"},
    "delivery_events": QUEUE,
    "due_work": QUEUE | {"aws_lambda_powertools.utilities.batch"},
    "inbound_email": QUEUE,
    "mailboxes_api": REST | {"nh3"},
    "outbound_email": QUEUE,
    "stripe_webhooks": REST | {"nh3"},
    "token_revocation": QUEUE,
    "sign_in_api": REST | {"nh3"},
    "outbox_relay": QUEUE | {"aws_lambda_powertools.utilities.batch"},
    "digest_verification": OPERATOR,
    "factor_reset": OPERATOR,
    "mail_replay": OPERATOR,
    "workspace_setup": OPERATOR,
}
"""What a handler must not have loaded once it is imported: the clients come when the first request needs them."""
AFTER_WIRING = {
    "attachment_scan": ("file_wiring.scan_upload", {"pydantic", "nh3", "fast_mail_parser", "boto3"}),
    "attachments_api": ("file_wiring.fetch_attachment", {"nh3", "fast_mail_parser", "boto3", "filetype", "imagesize"}),
    "audit_anchor": ("audit_wiring.anchor_audit", {"pynamodb", "fast_mail_parser", "nh3", "boto3"}),
    "audit_chainer": ("audit_wiring.chain_audit", {"pynamodb", "pydantic", "fast_mail_parser", "boto3"}),
    "audit_verification": ("audit_wiring.verify_audit", {"pynamodb", "fast_mail_parser", "nh3", "boto3"}),
    "outbox_relay": ("mail_wiring.publish_facts", {"pynamodb", "pydantic", "fast_mail_parser", "boto3"}),
    "due_work": ("mail_wiring.requeue_orphans", {"pydantic", "fast_mail_parser", "nh3", "boto3"}),
    "inbound_email": ("mail_wiring.receive_mail", {"pydantic", "aws_lambda_powertools.event_handler", "boto3"}),
    "delivery_events": ("mail_wiring.record_delivery", {"pydantic", "nh3", "fast_mail_parser", "boto3"}),
    "token_revocation": ("token_wiring.finish_revocation", {"pydantic", "nh3", "fast_mail_parser", "boto3"}),
    "outbound_email": ("mail_wiring.deliver_reply", {"pydantic", "nh3", "boto3"}),
}
"""What its use must not have loaded once it is wired."""

SETTINGS = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "POWERTOOLS_SERVICE_NAME": "test",
    **dict.fromkeys(
        (
            "CONVERSATIONS_TABLE", "ACCOUNTS_TABLE", "KEYS_TABLE", "INBOUND_BUCKET", "ARCHIVE_BUCKET", "EVENT_BUS_NAME",
            "AUDIT_TABLE", "AUDIT_ANCHORS_BUCKET", "SEALING_KEY_ARN", "MAIL_CONFIGURATION_SET", "OUTBOUND_QUEUE_URL",
            "INBOUND_QUEUE_URL", "REVOCATION_QUEUE_URL",
            "UPLOADS_BUCKET", "DOWNLOADS_BUCKET", "STACK_KEY_ARN",
            "LIMITS_TABLE", "MAIL_DOMAIN", "APP_URL",
        ),
        "none",
    ),
}  # fmt: skip


def modules_after(function: str, and_then: str = "") -> set[str]:
    """The modules that a fresh interpreter has loaded after importing a handler."""
    program = f"import handler\n{and_then}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    folders = [ROOT / "functions" / function, ROOT / "layers" / "core"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(map(str, folders)), **SETTINGS}
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    return set(json.loads(answer.stdout.splitlines()[-1]))


@pytest.mark.parametrize("function", HANDLERS)
def test_a_handler_touches_the_entry_floor_the_domain_and_the_ports_only(function: str) -> None:
    tree = ast.parse((ROOT / "functions" / function / "handler.py").read_text())
    ours = [
        node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("letterlock")
    ]
    assert ours
    assert [module for module in ours if not module.startswith(ALLOWED)] == []


@pytest.mark.parametrize("function", HANDLERS)
def test_importing_a_handler_loads_nothing_that_only_some_requests_need(function: str) -> None:
    assert function in AT_IMPORT, "name what this handler must not load"
    assert modules_after(function) & (AT_IMPORT[function] | NEVER) == set()


@pytest.mark.parametrize("function", AFTER_WIRING)
def test_a_wired_function_loads_no_library_of_another(function: str) -> None:
    factory, banned = AFTER_WIRING[function]
    loaded = modules_after(function, f"from letterlock.entry import {factory.partition('.')[0]}\n{factory}()")
    assert "botocore.client" in loaded
    assert loaded & (banned | NEVER) == set()
