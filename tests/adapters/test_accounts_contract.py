"""What every store of workspaces, mailboxes and tokens keeps to: the fakes, and the table."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.dynamo_accounts import DynamoCredentials, DynamoMailboxes, DynamoWorkspaces
from letterlock.adapters.dynamo_stack_ledger import DynamoStackLedger
from letterlock.adapters.sealing import Sealer
from letterlock.domain.accounts import Credential, Mailbox, Scope
from letterlock.domain.errors import Conflict, NotFound
from letterlock.domain.ledger import Reason
from letterlock.services.ports import Credentials, Mailboxes, StackLedger, Workspaces
from tests.adapters.conftest import Tables
from tests.fakes import START, FakeArchive, FakeCredentials, FakeMailboxes, FakeStackLedger, FakeWorkspaces
from tests.fakes.keys import MemoryKeys

SUPPORT = Mailbox("mbx_1", "wsp_acme", "support@acme.test", "Acme Süpport")
SALES = Mailbox("mbx_2", "wsp_acme", "sales@acme.test")
OTHERS = Mailbox("mbx_3", "wsp_other", "support@other.test")
TOKEN = Credential("tok_1", "wsp_acme", frozenset(Scope), "The CI", START)


@dataclass
class Accounts:
    workspaces: Workspaces
    mailboxes: Mailboxes
    credentials: Credentials
    stack_ledger: StackLedger


@pytest.fixture(params=["fake", "dynamo"])
def accounts(request: pytest.FixtureRequest, keys: MemoryKeys, sealer: Sealer, index: BlindIndex) -> Accounts:
    """Two workspaces, no mailboxes yet."""
    if request.param == "fake":
        workspaces, mailboxes = FakeWorkspaces(), FakeMailboxes()
        made = Accounts(workspaces, mailboxes, FakeCredentials(workspaces, mailboxes), FakeStackLedger())
    else:
        tables: Tables = request.getfixturevalue("tables")
        client, name = tables.client, tables.accounts
        made = Accounts(
            DynamoWorkspaces(client, name, sealer, keys),
            DynamoMailboxes(client, name, sealer, index),
            DynamoCredentials(client, name, sealer, index),
            DynamoStackLedger(client, tables.conversations, index, FakeArchive()),
        )
    made.workspaces.create("wsp_acme", "Acme")
    made.workspaces.create("wsp_other", "Other")
    return made


# ---- mailboxes ------------------------------------------------------------------------------------------------------


def test_a_mailbox_comes_back_as_it_was_added(accounts: Accounts) -> None:
    for each in (SUPPORT, SALES, OTHERS):
        accounts.mailboxes.add(each)

    assert accounts.mailboxes.get("wsp_acme", "mbx_1") == SUPPORT
    assert accounts.mailboxes.all("wsp_acme") == [SUPPORT, SALES]
    assert accounts.mailboxes.all("wsp_none") == []


def test_mail_finds_its_mailbox_however_the_address_is_spelt(accounts: Accounts) -> None:
    for each in (SUPPORT, SALES, OTHERS):
        accounts.mailboxes.add(each)
    token = "a" * 40

    assert accounts.mailboxes.route(
        [f"support+{token}@acme.test", "Support@ACME.test", "support@acme.test", "nobody@acme.test", "sales@other.test"]
    ) == {f"support+{token}@acme.test": SUPPORT, "Support@ACME.test": SUPPORT, "support@acme.test": SUPPORT}
    assert accounts.mailboxes.route(["support@other.test", "sales@acme.test"]) == {
        "support@other.test": OTHERS,
        "sales@acme.test": SALES,
    }
    assert accounts.mailboxes.route([]) == {}


def test_a_mail_to_more_recipients_than_one_request_holds_finds_them_all(accounts: Accounts) -> None:
    made = [Mailbox(f"mbx_{number:03}", "wsp_acme", f"box{number}@acme.test") for number in range(120)]
    for each in made:
        accounts.mailboxes.add(each)

    assert accounts.mailboxes.route([each.address for each in made]) == {each.address: each for each in made}


def test_an_address_belongs_to_one_mailbox_of_one_workspace(accounts: Accounts) -> None:
    accounts.mailboxes.add(SUPPORT)

    with pytest.raises(Conflict):
        accounts.mailboxes.add(replace(OTHERS, address="Support@acme.test"))

    assert accounts.mailboxes.route(["support@acme.test"]) == {"support@acme.test": SUPPORT}
    assert accounts.mailboxes.all("wsp_other") == []


def test_another_workspaces_mailbox_is_as_absent_as_one_that_never_was(accounts: Accounts) -> None:
    accounts.mailboxes.add(SUPPORT)

    for workspace, mailbox in (("wsp_other", "mbx_1"), ("wsp_acme", "mbx_9")):
        with pytest.raises(NotFound):
            accounts.mailboxes.get(workspace, mailbox)


# ---- tokens ---------------------------------------------------------------------------------------------------------


def test_a_token_is_found_by_its_secret_in_its_own_workspace_only(accounts: Accounts) -> None:
    accounts.credentials.add(TOKEN, "llw_secret")

    assert accounts.credentials.find("wsp_acme", "llw_secret") == replace(TOKEN, name="")
    assert accounts.credentials.find("wsp_other", "llw_secret") is None
    assert accounts.credentials.find("wsp_acme", "llw_Secret") is None
    assert accounts.credentials.find("wsp_none", "llw_secret") is None


def test_a_token_keeps_its_scopes_its_end_and_its_revocation(accounts: Accounts) -> None:
    token = replace(
        TOKEN,
        scopes=frozenset({Scope.READ}),
        expires_at=START + timedelta(days=30),
        revoked_at=START + timedelta(days=1),
    )
    accounts.credentials.add(token, "llw_secret")

    assert accounts.credentials.find("wsp_acme", "llw_secret") == replace(token, name="")


def test_who_comes_in_is_told_which_mailboxes_there_are(accounts: Accounts) -> None:
    accounts.credentials.add(TOKEN, "secret")
    for mailbox in (SALES, SUPPORT, OTHERS):
        accounts.mailboxes.add(mailbox)
    found = accounts.credentials.find("wsp_acme", "secret")
    assert found is not None
    assert found.mailboxes == (SUPPORT.id, SALES.id)


def test_a_token_of_a_workspace_that_was_never_made_opens_nothing(accounts: Accounts, keys: MemoryKeys) -> None:
    keys.create("wsp_none", ["data"])
    accounts.credentials.add(replace(TOKEN, workspace="wsp_none"), "llw_secret")

    assert accounts.credentials.find("wsp_none", "llw_secret") is None


def test_neither_a_tokens_id_nor_its_secret_is_given_twice(accounts: Accounts) -> None:
    accounts.credentials.add(TOKEN, "llw_secret")

    with pytest.raises(Conflict):
        accounts.credentials.add(TOKEN, "llw_other")
    with pytest.raises(Conflict):
        accounts.credentials.add(replace(TOKEN, id="tok_2"), "llw_secret")
    assert accounts.credentials.find("wsp_acme", "llw_other") is None
    assert not accounts.credentials.exists("wsp_acme", "tok_2")


def test_a_principal_exists_in_its_own_workspace_only(accounts: Accounts) -> None:
    accounts.credentials.add(TOKEN, "llw_secret")

    assert accounts.credentials.exists("wsp_acme", "tok_1")
    assert not accounts.credentials.exists("wsp_other", "tok_1")
    assert not accounts.credentials.exists("wsp_acme", "tok_9")


# ---- the stack's own ledger -----------------------------------------------------------------------------------------


def test_mail_for_nobody_is_recorded_for_each_recipient(accounts: Accounts) -> None:
    ledger = accounts.stack_ledger
    ledger.record("ses-1", "Nobody@acme.test", Reason.UNKNOWN_RECIPIENT, START)
    ledger.record("ses-1", "nobody@acme.test", Reason.OBJECT_GONE, START)

    assert ledger.recorded("ses-1", "nobody@ACME.test")
    assert not ledger.recorded("ses-1", "somebody@acme.test")
    assert not ledger.recorded("ses-2", "nobody@acme.test")
