"""Which evidence a mail carries, in the order in which it counts."""

from letterlock.domain.mail import Address, Mail
from letterlock.domain.threading import (
    LOCAL_PART_OCTETS,
    MAILBOX_LOCAL_PART_OCTETS,
    TOKEN_CHARACTERS,
    Rule,
    TokenSeen,
    keyed_reference,
    message_ids_seen,
    reply_address,
    tokens_seen,
)

MAILBOX = "support@acme.example"
ONE, TWO, THREE, FOUR = (letter * TOKEN_CHARACTERS for letter in "abcd")


def mail(**fields: object) -> Mail:
    return Mail(subject="", sender=None, **fields)  # type: ignore[arg-type]  # the test's own keywords


def tokens(mail: Mail, *recipients: str) -> list[TokenSeen]:
    return list(tokens_seen(mail, recipients, MAILBOX))


def test_a_token_in_the_envelope_counts_before_one_in_a_header_before_one_in_the_references() -> None:
    seen = tokens(
        mail(
            to=(Address(reply_address(MAILBOX, TWO)),),
            delivered_to=(reply_address(MAILBOX, THREE),),
            references=(keyed_reference(MAILBOX, FOUR),),
        ),
        reply_address(MAILBOX, ONE),
    )
    assert [(each.rule, each.evidence, each.token) for each in seen] == [
        (Rule.REPLY_ADDRESS, "envelope", ONE),
        (Rule.REPLY_ADDRESS, "To", TWO),
        (Rule.REPLY_ADDRESS, "Delivered-To", THREE),
        (Rule.KEYED_REFERENCE, "References", FOUR),
    ]


def test_the_newest_reference_counts_first() -> None:
    seen = tokens(mail(references=(keyed_reference(MAILBOX, ONE), keyed_reference(MAILBOX, TWO))))
    assert [each.token for each in seen] == [TWO, ONE]


def test_a_reply_address_of_another_mailbox_is_no_evidence_here() -> None:
    assert tokens(mail(), f"sales+{ONE}@acme.example", f"support+{ONE}@other.example") == []


def test_a_reply_address_counts_whatever_case_the_mail_took_on_its_way() -> None:
    assert [each.token for each in tokens(mail(), reply_address(MAILBOX, ONE).upper())] == [ONE]


def test_what_only_looks_like_a_token_is_none() -> None:
    assert tokens(mail(), f"support+{ONE[:-1]}@acme.example", f"support+{ONE[:-1]}1@acme.example", MAILBOX) == []


def test_in_reply_to_counts_before_references_and_each_message_id_once() -> None:
    found = message_ids_seen(mail(in_reply_to=("c@x",), references=("a@x", "b@x", "c@x")))
    assert found == ["c@x", "b@x", "a@x"]


def test_a_reply_address_of_the_longest_mailbox_fits_a_local_part() -> None:
    address = reply_address("m" * MAILBOX_LOCAL_PART_OCTETS + "@acme.example", ONE)
    assert len(address.partition("@")[0]) == LOCAL_PART_OCTETS
