"""Domains as SES knows them: what we ask, and what becomes of each answer."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.session import Session
from botocore.stub import Stubber

from letterlock.adapters.ses_identities import SesIdentities
from letterlock.domain.errors import Conflict, Unavailable
from letterlock.domain.mail_domains import Identity

OWN, MAIL_FROM = "own.example", "mail-x.own.example"
TAGS = [{"Key": "letterlock", "Value": "stack-1"}]
CREATE = {
    "EmailIdentity": OWN,
    "DkimSigningAttributes": {"NextSigningKeyLength": "RSA_2048_BIT"},
    "Tags": TAGS,
}
PUT = {"EmailIdentity": OWN, "MailFromDomain": MAIL_FROM, "BehaviorOnMxFailure": "REJECT_MESSAGE"}
ANSWER: dict[str, Any] = {
    "DkimAttributes": {"Status": "SUCCESS", "Tokens": ["a", "b", "c"]},
    "MailFromAttributes": {
        "MailFromDomain": MAIL_FROM,
        "MailFromDomainStatus": "PENDING",
        "BehaviorOnMxFailure": "REJECT_MESSAGE",
    },
    "Tags": TAGS,
}


@pytest.fixture
def ses() -> Iterator[tuple[SesIdentities, Stubber]]:
    client: Any = Session().create_client(
        "sesv2", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="y"
    )
    with Stubber(client) as stubber:
        yield SesIdentities(client, "stack-1"), stubber
        stubber.assert_no_pending_responses()


def test_an_identity_is_read_with_its_keys(ses: tuple[SesIdentities, Stubber]) -> None:
    identities, stubber = ses
    stubber.add_response("get_email_identity", ANSWER, {"EmailIdentity": OWN})

    found = identities.standing(OWN)

    assert found == Identity(True, "success", ("a", "b", "c"), "dkim.amazonses.com", MAIL_FROM, "pending")


def test_what_carries_another_stacks_name_is_not_ours(ses: tuple[SesIdentities, Stubber]) -> None:
    identities, stubber = ses
    stubber.add_response("get_email_identity", ANSWER | {"Tags": [{"Key": "letterlock", "Value": "stack-2"}]})

    found = identities.standing(OWN)

    assert found is not None
    assert not found.ours


@pytest.mark.parametrize("code", ["NotFoundException", "AccessDeniedException"])
def test_what_is_not_there_or_not_for_us_to_see_is_none(ses: tuple[SesIdentities, Stubber], code: str) -> None:
    identities, stubber = ses
    stubber.add_client_error("get_email_identity", code)

    assert identities.standing(OWN) is None


def test_a_new_one_is_made_with_our_tag_and_refuses_to_send_unproven(ses: tuple[SesIdentities, Stubber]) -> None:
    identities, stubber = ses
    stubber.add_response("create_email_identity", {}, CREATE)
    stubber.add_response("put_email_identity_mail_from_attributes", {}, PUT)

    identities.ensure(OWN, MAIL_FROM)


def test_one_that_is_ours_already_is_told_the_subdomain(ses: tuple[SesIdentities, Stubber]) -> None:
    identities, stubber = ses
    stubber.add_client_error("create_email_identity", "AlreadyExistsException")
    stubber.add_response("get_email_identity", ANSWER)
    stubber.add_response("put_email_identity_mail_from_attributes", {}, PUT)

    identities.ensure(OWN, MAIL_FROM)


def test_one_of_something_else_in_the_account_is_left_alone(ses: tuple[SesIdentities, Stubber]) -> None:
    identities, stubber = ses
    stubber.add_client_error("create_email_identity", "AlreadyExistsException")
    stubber.add_client_error("get_email_identity", "AccessDeniedException")

    with pytest.raises(Conflict):
        identities.ensure(OWN, MAIL_FROM)


def test_a_failure_says_its_code_and_nothing_else(ses: tuple[SesIdentities, Stubber]) -> None:
    identities, stubber = ses
    stubber.add_client_error("create_email_identity", "TooManyRequestsException", f"{OWN} was too much")

    with pytest.raises(Unavailable, match="TooManyRequestsException") as told:
        identities.ensure(OWN, MAIL_FROM)
    assert OWN not in str(told.value)
