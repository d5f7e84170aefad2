"""The stand-in's pages: plain forms, none with a field for a card."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Final

from local.stripe.objects import Json

HAPPENS: Final = {
    "paid": "The next period is paid",
    "failed": "The next payment fails",
    "action_required": "The next payment waits for the bank",
    "settle": "What is open is paid",
    "end": "It ends",
}
"""What may become of a subscription, by the form's value."""


def checkout(session: Json, order: Json) -> str:
    seats = order["line_items"][0]["quantity"]
    return _page(
        "Checkout",
        f"<p>A subscription for {escape(str(seats))} seats. Nobody is charged: this is no Stripe.</p>",
        _form(f"/pay/{session['id']}", {"Pay": ""}),
    )


def portal(session: Json, subscriptions: Iterable[Json]) -> str:
    return _page("Billing", *(_line(each, f"/portal/{session['id']}/{each['id']}") for each in subscriptions))


def board(subscriptions: Iterable[Json]) -> str:
    """Everything that there is, and what may happen to it."""
    lines = [_line(each, f"/subscriptions/{each['id']}", HAPPENS) for each in subscriptions]
    return _page("Stripe's stand-in", *(lines or ["<p>Nobody has bought anything yet.</p>"]))


def done(what: str, back: str = "") -> str:
    link = f'<p><a href="{escape(back)}" rel="noreferrer">Back to Letterlock</a></p>' if back else ""
    return _page(what, link)


def _line(one: Json, action: str, happens: Mapping[str, str] | None = None) -> str:
    said = f"{one['id']} of {one['customer']}: {one['status']}, {one['items']['data'][0]['quantity']} seats"
    buttons = {text: value for value, text in happens.items()} if happens else {"End it": "end"}
    return f"<p>{escape(said)}</p>{_form(action, buttons)}"


def _form(action: str, buttons: Mapping[str, str]) -> str:
    made = "".join(
        f'<button name="happens" value="{escape(value)}">{escape(text)}</button> ' for text, value in buttons.items()
    )
    return f'<form method="post" action="{escape(action)}">{made}</form>'


def _page(title: str, *parts: str) -> str:
    head = f"<!DOCTYPE html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>"
    return f"{head}<h1>{escape(title)}</h1>{''.join(parts)}"
