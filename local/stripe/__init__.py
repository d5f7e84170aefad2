"""A small Stripe for the local cloud and for the tests: published objects of the one version that is spoken.

Never deployed. It knows customers, prices, checkout and portal sessions with their pages, subscriptions, invoices,
disputes, idempotency keys, and events signed by the real scheme. It charges nobody; its pages have no field for a card.
"""
