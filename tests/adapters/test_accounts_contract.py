"""What every store of workspaces, mailboxes and tokens keeps to: the fakes, and the table."""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from letterlock.adapters.blind_index import BlindIndex
from letterlock.adapters.dynamo_accounts import DynamoMailboxes, DynamoWorkspaces
from letterlock.adapters.dynamo_members import DynamoMembers
from letterlock.adapters.dynamo_stack_ledger import DynamoStackLedger
from letterlock.adapters.sealing import Sealer
from letterlock.domain.accounts import Admission, Credential, CredentialKind, Gate, Mailbox, Member
from letterlock.domain.errors import Conflict, NotFound
from letterlock.domain.forwarding import Confirmation, Provider
from letterlock.domain.ledger import Reason
from letterlock.domain.mailbox_settings import MailboxSettings, ThreadingSettings
from letterlock.domain.permissions import Role, Scope
from letterlock.domain.tokens import Presented
from letterlock.services.ports import Mailboxes, Members, StackLedger, Workspaces
from tests.adapters.conftest import Tables
from tests.fakes import START, FakeArchive, FakeMailboxes, FakeMembers, FakeStackLedger, FakeWorkspaces
from tests.fakes.keys import MemoryKeys

SUPPORT = Mailbox("mbx_1", "wsp_acme", "support@acme.test", "Acme Süpport")
SALES = Mailbox("mbx_2", "wsp_acme", "sales@acme.test")
OTHERS = Mailbox("mbx_3", "wsp_other", "support@other.test")
TOKEN = Credential("tok_1", CredentialKind.SERVICE, frozenset(Scope), START)
SERVICE = Member("tok_1", "wsp_acme", Role.AGENT, credentials=(TOKEN,))
SECRET = "llw_secret"
PRESENTED = Presented(CredentialKind.SERVICE, "wsp_acme", "tok_1", SECRET)


@dataclass
class Accounts:
    workspaces: Workspaces
    mailboxes: Mailboxes
    members: Members
    stack_ledger: StackLedger


@pytest.fixture(params=["fake", "dynamo"])
def accounts(request: pytest.FixtureRequest, keys: MemoryKeys, sealer: Sealer, index: BlindIndex) -> Accounts:
    """Two workspaces, no mailboxes yet."""
    if request.param == "fake":
        workspaces, mailboxes = FakeWorkspaces(), FakeMailboxes()
        made = Accounts(workspaces, mailboxes, FakeMembers(workspaces, mailboxes), FakeStackLedger())
    else:
        tables: Tables = request.getfixturevalue("tables")
        client, name = tables.client, tables.accounts
        made = Accounts(
            DynamoWorkspaces(client, name, sealer, keys),
            DynamoMailboxes(client, name, sealer, index),
            DynamoMembers(client, name, sealer, index),
            DynamoStackLedger(client, tables.conversations, index, FakeArchive()),
        )
    made.workspaces.create("wsp_acme", "Acme")
    made.workspaces.create("wsp_other", "Other")
    return made


def test_a_workspace_has_the_name_that_it_was_first_given(accounts: Accounts) -> None:
    accounts.workspaces.create("wsp_acme", "Mine now")

    assert accounts.workspaces.name("wsp_acme") == "Acme"
    with pytest.raises(NotFound):
        accounts.workspaces.name("wsp_none")


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


@pytest.mark.parametrize(
    ("address", "shared"),
    [
        ("support@acme.test", True),
        ("Support@ACME.test", True),
        (f"support+{'a' * 40}@acme.test", True),
        ("support+ana@acme.test", True),
        ("fwd-abc@stack.test", True),
        ("fwd-abc+x@stack.test", True),
        ("ana@acme.test", False),
        ("support@acme.test.example", False),
        ("", False),
    ],
)
def test_whatever_comes_to_a_mailbox_is_known_to_do_so(accounts: Accounts, address: str, shared: bool) -> None:
    assert not accounts.mailboxes.receives(address)
    accounts.mailboxes.add(replace(SUPPORT, forwarding="fwd-abc@stack.test"))
    assert accounts.mailboxes.receives(address) is shared


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


def test_mail_to_the_address_that_is_forwarded_to_finds_the_mailbox(accounts: Accounts) -> None:
    forwarded = replace(SUPPORT, forwarding="fwd-abc@stack.test", signature="Your team")
    accounts.mailboxes.add(forwarded)

    assert accounts.mailboxes.route(["FWD-abc@stack.test"]) == {"FWD-abc@stack.test": forwarded}
    assert accounts.mailboxes.get("wsp_acme", "mbx_1") == forwarded


def test_which_addresses_lead_to_mailboxes_of_ones_own(accounts: Accounts) -> None:
    for each in (replace(SUPPORT, forwarding="fwd-abc@stack.test"), SALES, OTHERS):
        accounts.mailboxes.add(each)

    asked = ["Support+x@acme.test", "fwd-abc@stack.test", "support@other.test", "ana@customer.test"]
    assert accounts.mailboxes.ours("wsp_acme", asked) == set(asked[:2])
    assert accounts.mailboxes.ours("wsp_other", asked) == {"support@other.test"}
    assert accounts.mailboxes.ours("wsp_acme", []) == set()


def test_a_mailbox_keeps_its_settings(accounts: Accounts) -> None:
    chosen = replace(SUPPORT, settings=MailboxSettings(ThreadingSettings(by_subject=True, window_days=3)))
    accounts.mailboxes.add(chosen)

    assert accounts.mailboxes.get("wsp_acme", "mbx_1") == chosen
    assert accounts.mailboxes.route([SUPPORT.address]) == {SUPPORT.address: chosen}


def test_of_what_providers_ask_the_newest_stays(accounts: Accounts) -> None:
    accounts.mailboxes.add(SUPPORT)
    link = "https://mail-settings.google.com/mail/vf-1"
    newer = Confirmation(Provider.GOOGLE, "123456789", link, START + timedelta(hours=1))
    older = replace(newer, code="1", received_at=START)

    for each in (newer, older, newer):
        accounts.mailboxes.note_confirmation(SUPPORT, each)

    assert accounts.mailboxes.get("wsp_acme", "mbx_1") == replace(SUPPORT, confirmation=newer)
    accounts.mailboxes.note_confirmation(replace(SALES, id="mbx_1"), older)
    assert accounts.mailboxes.all("wsp_acme") == [replace(SUPPORT, confirmation=newer)]


# ---- members --------------------------------------------------------------------------------------------------------


def admitted(accounts: Accounts, presented: Presented = PRESENTED) -> Admission:
    found = accounts.members.admit(presented)
    assert found is not None
    return found


def test_a_token_is_known_by_its_secret_in_its_own_workspace_only(accounts: Accounts) -> None:
    accounts.members.add_service(SERVICE, "The CI", SECRET)

    assert admitted(accounts) == Admission(SERVICE, TOKEN, Gate(True))
    assert admitted(accounts, replace(PRESENTED, secret=SECRET.swapcase())).credential is None
    assert admitted(accounts, replace(PRESENTED, kind=CredentialKind.PERSONAL)).credential is None
    for nobody in ("wsp_other", "wsp_none"):
        assert accounts.members.admit(replace(PRESENTED, workspace=nobody)) is None
    assert accounts.members.admit(replace(PRESENTED, holder="tok_9")) is None
    assert accounts.members.admit(replace(PRESENTED, holder="per_1")) is None


def test_a_member_keeps_its_role_its_mailboxes_and_what_its_token_may(accounts: Accounts) -> None:
    token = replace(TOKEN, scopes=frozenset({Scope.READ}), expires_at=START + timedelta(days=30))
    service = replace(SERVICE, role=Role.VIEWER, mailboxes=frozenset({"mbx_1", "mbx_2"}), credentials=(token,))
    accounts.members.add_service(service, "The CI", SECRET)

    assert admitted(accounts).member == service
    assert admitted(accounts).credential == token
    assert accounts.members.get("wsp_acme", "tok_1") == service


def test_who_works_in_no_mailbox_does_not_work_in_all_of_them(accounts: Accounts) -> None:
    accounts.members.add_service(replace(SERVICE, mailboxes=frozenset()), "", SECRET)
    accounts.mailboxes.add(SUPPORT)

    principal = admitted(accounts).principal(START)
    assert principal is not None
    assert (principal.mailboxes, principal.limited) == ((), True)
    assert accounts.members.get("wsp_acme", "tok_1").mailboxes == frozenset()


def test_who_comes_in_is_told_which_mailboxes_there_are(accounts: Accounts) -> None:
    accounts.members.add_service(SERVICE, "", SECRET)
    for mailbox in (SALES, SUPPORT, OTHERS):
        accounts.mailboxes.add(mailbox)

    assert admitted(accounts).gate.mailboxes == (SUPPORT.id, SALES.id)


def test_the_day_of_its_last_use_is_on_a_credential(accounts: Accounts) -> None:
    accounts.members.add_service(SERVICE, "", SECRET)
    accounts.members.note_use("wsp_acme", "tok_1", "tok_1", START.date())

    credential = admitted(accounts).credential
    assert credential is not None
    assert credential.used_on == START.date()


def test_a_token_of_a_workspace_that_was_never_made_opens_nothing(accounts: Accounts, keys: MemoryKeys) -> None:
    keys.create("wsp_none", ["data"])
    accounts.members.add_service(replace(SERVICE, workspace="wsp_none"), "", SECRET)

    assert accounts.members.admit(replace(PRESENTED, workspace="wsp_none")) is None


def test_the_id_of_a_token_is_not_given_twice(accounts: Accounts) -> None:
    accounts.members.add_service(SERVICE, "", SECRET)

    with pytest.raises(Conflict):
        accounts.members.add_service(SERVICE, "", "another secret")
    assert admitted(accounts, replace(PRESENTED, secret="another secret")).credential is None


def test_a_member_is_one_of_its_own_workspace_only(accounts: Accounts) -> None:
    accounts.members.add_service(SERVICE, "", SECRET)

    for workspace, member in (("wsp_other", "tok_1"), ("wsp_acme", "tok_9"), ("wsp_acme", "per_1"), ("wsp_acme", "")):
        with pytest.raises(NotFound):
            accounts.members.get(workspace, member)


# ---- the stack's own ledger -----------------------------------------------------------------------------------------


def test_mail_for_nobody_is_recorded_for_each_recipient(accounts: Accounts) -> None:
    ledger = accounts.stack_ledger
    ledger.record("ses-1", "Nobody@acme.test", Reason.UNKNOWN_RECIPIENT, START)
    ledger.record("ses-1", "nobody@acme.test", Reason.OBJECT_GONE, START)

    assert ledger.recorded("ses-1", "nobody@ACME.test")
    assert not ledger.recorded("ses-1", "somebody@acme.test")
    assert not ledger.recorded("ses-2", "nobody@acme.test")
