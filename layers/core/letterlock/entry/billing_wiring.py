"""Which adapter stands behind which port, for billing: see `entry.wiring`."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from letterlock.entry import people_wiring, wiring
from letterlock.entry.settings import setting

if TYPE_CHECKING:
    import stripe

    from letterlock.adapters.audit_entries import AuditEntries
    from letterlock.adapters.dynamo_billing import DynamoBillingAccounts, DynamoStripeEvents
    from letterlock.adapters.stripe_payments import StripePayments
    from letterlock.adapters.stripe_signatures import StripeSignatures
    from letterlock.services.apply_payment import ApplyPayment, LookAtStripe
    from letterlock.services.billing_ports import PageUrl
    from letterlock.services.buy import OpenCheckout, OpenPortal
    from letterlock.services.follow_seats import FollowSeats
    from letterlock.services.reconcile_billing import ReconcileBilling
    from letterlock.services.take_stripe_event import TakeStripeEvent


# ---- Stripe ---------------------------------------------------------------------------------------------------------


@cache
def stripe_http() -> stripe.HTTPClient:
    from letterlock.adapters.stripe_http import BoundedClient

    return BoundedClient(wiring.outgoing_http())


@cache
def payments() -> StripePayments:
    from letterlock.adapters.secret_values import SecretValues
    from letterlock.adapters.stripe_payments import StripePayments

    keys = SecretValues(wiring.client("secretsmanager"), setting("STRIPE_API_KEY_ARN"), wiring.now)
    return StripePayments(lambda: next(iter(keys()), ""), setting("STRIPE_API_BASE"), stripe_http())


@cache
def stripe_signatures() -> StripeSignatures:
    from letterlock.adapters.secret_values import SecretValues
    from letterlock.adapters.stripe_signatures import StripeSignatures

    secrets = SecretValues(wiring.client("secretsmanager"), setting("STRIPE_SIGNING_SECRETS_ARN"), wiring.now)
    return StripeSignatures(secrets)


def back() -> PageUrl:
    """Where Stripe's pages lead back to: the app, where there is one, or else the operator's own domain."""
    from letterlock.services.billing_ports import PageUrl

    return PageUrl(f"{setting('APP_URL').rstrip('/') or 'https://' + setting('MAIL_DOMAIN')}/billing")


# ---- stores ---------------------------------------------------------------------------------------------------------


@cache
def events() -> DynamoStripeEvents:
    from letterlock.adapters.dynamo_billing import DynamoStripeEvents

    return DynamoStripeEvents(wiring.client("dynamodb"), setting("BILLING_TABLE"), wiring.now)


@cache
def accounts() -> DynamoBillingAccounts:
    return _accounts()


@cache
def bought_accounts() -> DynamoBillingAccounts:
    """With entries in the audit log: of what somebody does, and not of what Stripe says."""
    return _accounts(wiring.audit_entries())


def _accounts(audit: AuditEntries | None = None) -> DynamoBillingAccounts:
    from letterlock.adapters.dynamo_billing import DynamoBillingAccounts

    return DynamoBillingAccounts(
        wiring.client("dynamodb"),
        setting("BILLING_TABLE"),
        setting("ACCOUNTS_TABLE"),
        setting("CONVERSATIONS_TABLE"),
        wiring.now,
        audit,
    )


# ---- what the handlers call -----------------------------------------------------------------------------------------


@cache
def take_stripe_event() -> TakeStripeEvent:
    from letterlock.services.take_stripe_event import TakeStripeEvent

    return TakeStripeEvent(events(), wiring.ids(), wiring.now)


@cache
def look_at_stripe() -> LookAtStripe:
    from letterlock.services.apply_payment import LookAtStripe

    return LookAtStripe(payments(), accounts(), wiring.ids(), wiring.now)


@cache
def apply_payment() -> ApplyPayment:
    from letterlock.services.apply_payment import ApplyPayment

    return ApplyPayment(events(), payments(), accounts(), look_at_stripe())


@cache
def follow_seats() -> FollowSeats:
    from letterlock.services.follow_seats import FollowSeats

    return FollowSeats(payments(), accounts(), people_wiring.seats(), look_at_stripe())


@cache
def reconcile_billing() -> ReconcileBilling:
    from letterlock.services.reconcile_billing import ReconcileBilling

    return ReconcileBilling(events(), accounts(), apply_payment(), look_at_stripe(), follow_seats())


@cache
def open_checkout() -> OpenCheckout:
    from letterlock.services.buy import OpenCheckout

    people, seats, deeds = people_wiring.people(), people_wiring.seats(), people_wiring.deeds()
    return OpenCheckout(payments(), bought_accounts(), people, seats, deeds, back())


@cache
def open_portal() -> OpenPortal:
    from letterlock.services.buy import OpenPortal

    return OpenPortal(payments(), accounts(), wiring.audit(), people_wiring.deeds(), back())
