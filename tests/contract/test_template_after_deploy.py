"""After a deploy the stack's receipt rules become the active ones, but never by pushing out somebody else's."""

import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tools.finish_deploy import DeployUnfinished, activate_receipt_rules, create_workspace, dns_records, stack_of

REGION = "eu-west-1"


@pytest.fixture(name="session")
def _session(monkeypatch: pytest.MonkeyPatch) -> Iterator[boto3.session.Session]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        session = boto3.session.Session(region_name=REGION)
        for name in ("letterlock-mail", "somebody-elses"):
            session.client("ses").create_receipt_rule_set(RuleSetName=name)
        yield session


def active(session: boto3.session.Session) -> str | None:
    name: str | None = session.client("ses").describe_active_receipt_rule_set().get("Metadata", {}).get("Name")
    return name


def test_the_stacks_receipt_rules_become_the_active_ones(session: boto3.session.Session) -> None:
    activate_receipt_rules(session, "letterlock-mail", replace=False)
    assert active(session) == "letterlock-mail"


def test_deploying_again_changes_nothing(session: boto3.session.Session) -> None:
    activate_receipt_rules(session, "letterlock-mail", replace=False)
    activate_receipt_rules(session, "letterlock-mail", replace=False)
    assert active(session) == "letterlock-mail"


def test_another_active_rule_set_is_left_alone_and_named(session: boto3.session.Session) -> None:
    session.client("ses").set_active_receipt_rule_set(RuleSetName="somebody-elses")
    with pytest.raises(DeployUnfinished, match="somebody-elses"):
        activate_receipt_rules(session, "letterlock-mail", replace=False)
    assert active(session) == "somebody-elses"


def test_another_active_rule_set_is_replaced_when_the_operator_says_so(session: boto3.session.Session) -> None:
    session.client("ses").set_active_receipt_rule_set(RuleSetName="somebody-elses")
    activate_receipt_rules(session, "letterlock-mail", replace=True)
    assert active(session) == "letterlock-mail"


def test_the_operator_is_told_which_dns_records_to_set(session: boto3.session.Session) -> None:
    session.client("sesv2").create_email_identity(EmailIdentity="acme.example")
    records = dns_records(
        session, {"MailDomain": "acme.example", "MailExchanger": "10 inbound-smtp.eu-west-1.amazonaws.com"}
    )
    assert records[0] == "acme.example MX 10 inbound-smtp.eu-west-1.amazonaws.com"
    assert all(record.endswith(".dkim.amazonses.com") for record in records[1:])


@pytest.mark.parametrize(("environment", "stack"), [("dev", "letterlock-dev"), ("prod", "letterlock")])
def test_dev_and_prod_are_stacks_of_their_own(environment: str, stack: str) -> None:
    assert stack_of(environment) == stack


def test_an_environment_that_samconfig_does_not_know_is_refused() -> None:
    with pytest.raises(DeployUnfinished, match="ENV=production"):
        stack_of("production")


class AnsweringSession:
    """A session whose one Lambda function answers what the test says."""

    def __init__(self, answer: dict[str, object]) -> None:
        self._answer = answer

    def client(self, *_args: object, **_kwargs: object) -> "AnsweringSession":
        return self

    def invoke(self, **_kwargs: object) -> dict[str, object]:
        return {"Payload": io.BytesIO(json.dumps(self._answer).encode())}


def created(answer: dict[str, object]) -> dict[str, str] | None:
    session: Any = AnsweringSession(answer)
    return create_workspace(session, "setup", "support@acme.example", "Acme")


def test_a_second_deploy_finds_the_mailbox_of_the_first_and_leaves_it_alone() -> None:
    made = {"workspace": "wsp_1", "mailbox": "mbx_1", "token": "llw_1"}
    assert created(dict(made)) == made
    assert created({"error": {"type": "conflict", "detail": "another mailbox has that address"}}) is None


def test_a_workspace_that_could_not_be_made_says_why() -> None:
    with pytest.raises(DeployUnfinished, match="name@domain"):
        created({"error": {"type": "invalid", "detail": "a mailbox needs an address of the form name@domain"}})
