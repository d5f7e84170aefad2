"""Accounts over REST: who one is, who else there is, how they come in."""

from __future__ import annotations

from typing import Any

from letterlock.domain.permissions import Action
from letterlock.entry import wiring
from letterlock.entry.account_shapes import MeOut
from letterlock.entry.rest import principal, serve
from letterlock.entry.routes import Api

api = Api()
app = api.app


@api.get("/v1/me", Action.READ_ME, summary="Who is asking, and what they may do", tags=["me"])
def get_me() -> MeOut:
    who = principal(app)
    return MeOut.of(who, wiring.workspaces().name(who.workspace))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return serve(api, event, context)
