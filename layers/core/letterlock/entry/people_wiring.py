"""Which adapter stands behind which port, for people and how they sign in: see `entry.wiring`."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from letterlock.entry import token_wiring, wiring
from letterlock.entry.settings import setting

if TYPE_CHECKING:
    from letterlock.adapters.argon2_passwords import Argon2Passwords
    from letterlock.adapters.dynamo_accounts import DynamoWorkspaces
    from letterlock.adapters.dynamo_limits import DynamoLimits
    from letterlock.adapters.dynamo_links import DynamoLinks
    from letterlock.adapters.dynamo_people import DynamoPeople
    from letterlock.adapters.dynamo_seats import DynamoSeats
    from letterlock.adapters.dynamo_sign_ins import DynamoSignIns
    from letterlock.adapters.keyed_links import KeyedLinks
    from letterlock.adapters.people_items import PeopleItems
    from letterlock.adapters.second_factors import SecondFactors
    from letterlock.services.check_factor import CheckFactor
    from letterlock.services.deeds import Deeds
    from letterlock.services.invite import InvitePerson, ListInvitations, MakeInvitation
    from letterlock.services.join import AcceptInvitation, AskSignUp, CompleteSignUp, Join
    from letterlock.services.manage_people import (
        ChangePerson,
        ListPeople,
        ReadMe,
        ReadPerson,
        RenameMe,
        RenameWorkspace,
    )
    from letterlock.services.own_sign_in import (
        ChangePassword,
        ConfirmFactor,
        ListResets,
        ListSessions,
        OwnSignIn,
        ProposeFactor,
        RemoveFactor,
        RenewRecoveryCodes,
    )
    from letterlock.services.read_billing import ReadBilling
    from letterlock.services.reset_factor import AskFactorReset, FactorResets, FinishFactorReset, StopFactorReset
    from letterlock.services.reset_password import AskReset, CompleteReset
    from letterlock.services.revoke_access import EndResetLinks, EndSession, LeaveWorkspace, RevokeInvitation
    from letterlock.services.send_account_mail import SendAccountMail
    from letterlock.services.set_up_workspace import SetUpWorkspace
    from letterlock.services.sign_in import SignInPerson
    from letterlock.services.start_session import StartSession


def sign_up() -> str:
    """The operator's setting: `open`, `invitation` or `closed`."""
    return setting("SIGN_UP")


# ---- stores ---------------------------------------------------------------------------------------------------------


@cache
def items() -> PeopleItems:
    from letterlock.adapters.people_items import PeopleItems

    return PeopleItems(setting("ACCOUNTS_TABLE"), wiring.sealer(), wiring.blind_index())


@cache
def people() -> DynamoPeople:
    from letterlock.adapters.dynamo_people import DynamoPeople

    return DynamoPeople(wiring.client("dynamodb"), items(), wiring.commits(), wiring.audit_entries())


@cache
def sign_ins() -> DynamoSignIns:
    from letterlock.adapters.dynamo_sign_ins import DynamoSignIns

    return DynamoSignIns(wiring.client("dynamodb"), items(), wiring.commits(), wiring.audit_entries(), wiring.now)


@cache
def links() -> DynamoLinks:
    from letterlock.adapters.dynamo_links import DynamoLinks

    client = wiring.client("dynamodb")
    return DynamoLinks(client, items(), wiring.sealer(), wiring.commits(), wiring.audit_entries())


@cache
def limits() -> DynamoLimits:
    from letterlock.adapters.dynamo_limits import DynamoLimits

    return DynamoLimits(wiring.client("dynamodb"), setting("LIMITS_TABLE"), wiring.blind_index(), wiring.now)


@cache
def link_secrets() -> KeyedLinks:
    from letterlock.adapters.keyed_links import KeyedLinks

    return KeyedLinks(wiring.blind_index())


@cache
def passwords() -> Argon2Passwords:
    from letterlock.adapters.argon2_passwords import PARAMETERS, Argon2Passwords

    return Argon2Passwords(wiring.blind_index(), PARAMETERS, os.urandom)


@cache
def factors() -> SecondFactors:
    from letterlock.adapters.second_factors import SecondFactors

    return SecondFactors(wiring.blind_index(), os.urandom)


@cache
def creating_workspaces() -> DynamoWorkspaces:
    """With their entries in the audit log."""
    from letterlock.adapters.dynamo_accounts import DynamoWorkspaces

    client, table = wiring.client("dynamodb"), setting("ACCOUNTS_TABLE")
    return DynamoWorkspaces(client, table, wiring.sealer(), wiring.keyring(), wiring.audit_entries())


# ---- what others need -----------------------------------------------------------------------------------------------


@cache
def deeds() -> Deeds:
    from letterlock.services.deeds import Deeds

    return Deeds(wiring.ids(), wiring.now)


@cache
def start_session() -> StartSession:
    from letterlock.services.start_session import StartSession

    return StartSession(wiring.ids(), wiring.now, os.urandom)


@cache
def check_factor() -> CheckFactor:
    from letterlock.services.check_factor import CheckFactor

    return CheckFactor(sign_ins(), factors(), wiring.now)


@cache
def own_sign_in() -> OwnSignIn:
    from letterlock.services.own_sign_in import OwnSignIn

    return OwnSignIn(
        sign_ins(), wiring.members(), people(), passwords(), limits(), start_session(), deeds(), wiring.now
    )


@cache
def make_invitation() -> MakeInvitation:
    from letterlock.services.invite import MakeInvitation

    return MakeInvitation(deeds(), wiring.ids(), wiring.now)


@cache
def join() -> Join:
    from letterlock.services.join import Join

    return Join(people(), wiring.members(), passwords(), start_session(), deeds(), wiring.ids(), wiring.now)


# ---- what sign_in_api calls -----------------------------------------------------------------------------------------


@cache
def sign_in_person() -> SignInPerson:
    from letterlock.services.sign_in import SignInPerson

    return SignInPerson(
        sign_ins(), wiring.members(), passwords(), check_factor(), limits(), wiring.audit(), start_session(), deeds()
    )


@cache
def ask_sign_up() -> AskSignUp:
    from letterlock.services.join import AskSignUp

    return AskSignUp(links(), limits(), deeds(), wiring.ids(), wiring.now, sign_up)


@cache
def complete_sign_up() -> CompleteSignUp:
    from letterlock.services.join import CompleteSignUp

    return CompleteSignUp(
        join(),
        wiring.mailboxes(),
        creating_workspaces(),
        links(),
        link_secrets(),
        limits(),
        wiring.record_refusal(),
        sign_up,
    )


@cache
def accept_invitation() -> AcceptInvitation:
    from letterlock.services.join import AcceptInvitation

    return AcceptInvitation(join(), wiring.mailboxes(), links(), link_secrets(), limits(), wiring.record_refusal())


@cache
def ask_reset() -> AskReset:
    from letterlock.services.reset_password import AskReset

    return AskReset(sign_ins(), links(), limits(), deeds(), wiring.ids(), wiring.now)


@cache
def complete_reset() -> CompleteReset:
    from letterlock.services.reset_password import CompleteReset

    return CompleteReset(
        sign_ins(),
        people(),
        links(),
        link_secrets(),
        passwords(),
        limits(),
        deeds(),
        wiring.record_refusal(),
        wiring.now,
    )


@cache
def list_sessions() -> ListSessions:
    from letterlock.services.own_sign_in import ListSessions

    return ListSessions(sign_ins(), wiring.members(), wiring.now)


@cache
def list_resets() -> ListResets:
    from letterlock.services.own_sign_in import ListResets

    return ListResets(links(), wiring.now)


@cache
def end_reset_links() -> EndResetLinks:
    """Also of accounts_api."""
    from letterlock.services.revoke_access import EndResetLinks

    return EndResetLinks(token_wiring.revoke(), links(), wiring.members(), wiring.now)


@cache
def end_session() -> EndSession:
    from letterlock.services.revoke_access import EndSession

    return EndSession(token_wiring.revoke())


@cache
def change_password() -> ChangePassword:
    from letterlock.services.own_sign_in import ChangePassword

    return ChangePassword(own_sign_in())


@cache
def propose_factor() -> ProposeFactor:
    from letterlock.services.own_sign_in import ProposeFactor

    return ProposeFactor(own_sign_in(), factors())


@cache
def confirm_factor() -> ConfirmFactor:
    from letterlock.services.own_sign_in import ConfirmFactor

    return ConfirmFactor(own_sign_in(), factors(), wiring.now)


@cache
def remove_factor() -> RemoveFactor:
    from letterlock.services.own_sign_in import RemoveFactor

    return RemoveFactor(own_sign_in(), check_factor())


@cache
def renew_recovery_codes() -> RenewRecoveryCodes:
    from letterlock.services.own_sign_in import RenewRecoveryCodes

    return RenewRecoveryCodes(own_sign_in(), check_factor(), factors())


@cache
def stop_factor_reset() -> StopFactorReset:
    from letterlock.services.reset_factor import StopFactorReset

    return StopFactorReset(sign_ins(), wiring.members(), deeds())


@cache
def seats() -> DynamoSeats:
    from letterlock.adapters.dynamo_seats import DynamoSeats

    return DynamoSeats(wiring.client("dynamodb"), setting("ACCOUNTS_TABLE"), wiring.now)


# ---- what accounts_api calls ----------------------------------------------------------------------------------------


@cache
def read_me() -> ReadMe:
    from letterlock.services.manage_people import ReadMe

    return ReadMe(people())


@cache
def rename_me() -> RenameMe:
    from letterlock.services.manage_people import RenameMe

    return RenameMe(people())


@cache
def rename_workspace() -> RenameWorkspace:
    from letterlock.services.manage_people import RenameWorkspace

    return RenameWorkspace(people(), deeds())


@cache
def list_people() -> ListPeople:
    from letterlock.services.manage_people import ListPeople

    return ListPeople(people(), wiring.cursors())


@cache
def read_person() -> ReadPerson:
    from letterlock.services.manage_people import ReadPerson

    return ReadPerson(people())


@cache
def change_person() -> ChangePerson:
    from letterlock.services.manage_people import ChangePerson

    return ChangePerson(people(), token_wiring.revocations(), deeds())


@cache
def invite_person() -> InvitePerson:
    from letterlock.services.invite import InvitePerson

    return InvitePerson(links(), people(), wiring.members(), wiring.mailboxes(), limits(), make_invitation(), seats())


@cache
def read_billing() -> ReadBilling:
    from letterlock.services.read_billing import ReadBilling

    return ReadBilling(seats())


@cache
def list_invitations() -> ListInvitations:
    from letterlock.services.invite import ListInvitations

    return ListInvitations(links(), wiring.cursors())


@cache
def leave_workspace() -> LeaveWorkspace:
    from letterlock.services.revoke_access import LeaveWorkspace

    return LeaveWorkspace(token_wiring.revoke())


@cache
def revoke_invitation() -> RevokeInvitation:
    from letterlock.services.revoke_access import RevokeInvitation

    return RevokeInvitation(token_wiring.revoke())


# ---- what workspace_setup calls -------------------------------------------------------------------------------------


@cache
def set_up_workspace() -> SetUpWorkspace:
    from letterlock.adapters.dynamo_accounts import DynamoMailboxes
    from letterlock.adapters.dynamo_members import DynamoMembers
    from letterlock.adapters.dynamo_openings import DynamoOpenings
    from letterlock.adapters.keyed_names import KeyedNames
    from letterlock.services.set_up_workspace import SetUpWorkspace

    dynamodb, accounts = wiring.client("dynamodb"), setting("ACCOUNTS_TABLE")
    sealer, index, entries = wiring.sealer(), wiring.blind_index(), wiring.audit_entries()
    mailboxes = DynamoMailboxes(dynamodb, accounts, sealer, index, entries)
    return SetUpWorkspace(
        workspaces=creating_workspaces(),
        mailboxes=mailboxes,
        members=DynamoMembers(dynamodb, accounts, sealer, index, entries),
        people=people(),
        ids=wiring.ids(),
        now=wiring.now,
        random=os.urandom,
        invitation=make_invitation(),
        openings=DynamoOpenings(mailboxes, links(), wiring.commits()),
        setting=sign_up,
        names=KeyedNames(index, setting("MAIL_DOMAIN")),
    )


# ---- what factor_reset calls ----------------------------------------------------------------------------------------


@cache
def ask_factor_reset() -> AskFactorReset:
    from letterlock.services.reset_factor import AskFactorReset

    return AskFactorReset(_factor_resets())


@cache
def finish_factor_reset() -> FinishFactorReset:
    from letterlock.services.reset_factor import FinishFactorReset

    return FinishFactorReset(_factor_resets())


def _factor_resets() -> FactorResets:
    from letterlock.services.reset_factor import FactorResets

    return FactorResets(sign_ins(), wiring.members(), people(), deeds(), wiring.now)


# ---- what account_mail calls ----------------------------------------------------------------------------------------


@cache
def send_account_mail() -> SendAccountMail:
    from letterlock.adapters.dynamo_mail_claims import DynamoMailClaims
    from letterlock.adapters.ses_account_mailer import SesAccountMailer
    from letterlock.adapters.ses_mailer import SesMailer, sending_config
    from letterlock.services.send_account_mail import SendAccountMail

    sesv2: Any = wiring.session().create_client("sesv2", config=sending_config())
    mailer = SesMailer(sesv2, setting("MAIL_CONFIGURATION_SET"), setting("AWS_REGION"))
    return SendAccountMail(
        links=links(),
        people=people(),
        sign_ins=sign_ins(),
        revocations=token_wiring.revocations(),
        workspaces=wiring.workspaces(),
        mailboxes=wiring.mailboxes(),
        secrets=link_secrets(),
        claims=DynamoMailClaims(wiring.client("dynamodb"), setting("ACCOUNTS_TABLE"), wiring.now),
        mailer=SesAccountMailer(mailer, setting("MAIL_DOMAIN")),
        now=wiring.now,
        app=setting("APP_URL"),
    )
