"""An account of a social network is no mail address, and no mail address is one, whoever writes it."""

import pytest

from letterlock.adapters.mime_addresses import addresses
from letterlock.adapters.outgoing_mime import deliverable
from letterlock.domain.channels import ChannelName, channel_of, is_mail
from letterlock.domain.mail import Address

ACCOUNT = Address("@ana@social.example")


def test_the_form_of_an_address_says_its_channel() -> None:
    assert channel_of(ACCOUNT) is ChannelName.MASTODON
    assert is_mail(Address("ana@social.example"))
    assert is_mail(Address('"@ana"@social.example'))


@pytest.mark.attack("Mastodon, a mail in the name of an account")
@pytest.mark.parametrize(
    "field",
    [b"@ana@social.example", b"<@ana@social.example>", b"Ana <@ana@social.example>", b'"@ana"@social.example',
     b"<@relay.example:ana@social.example>", b"<@relay.example:@ana@social.example>", b"(x)@ana@social.example",
     b"=?utf-8?q?=40ana=40social.example?=", b"<'@ana'@social.example>", b"\xef\xbc\xa0ana@social.example"],
)  # fmt: skip
def test_no_mail_is_from_an_account(field: bytes) -> None:
    assert all(map(is_mail, addresses([field])))


def test_no_mail_goes_to_an_account() -> None:
    assert deliverable([ACCOUNT, Address("ben@customer.example")]) == (Address("ben@customer.example"),)
