"""The ways through the functions by which people come in, for the calls that they make of AWS: see `bench.paths`."""

from __future__ import annotations

from bench.browser import ANA, PASSWORD, Browser, enrolled, joined, link_mailed, me, owner
from bench.leaks import report, signed
from bench.people import a_day_passed
from bench.recorder import refusal
from bench.scenarios import Desk
from letterlock.domain.permissions import Role

OTHER = "another long phrase"
BEN, DORA, EVE, FAY, GAL, GUS, HAL = (
    f"{name}@team.example" for name in ("ben", "dora", "eve", "fay", "gal", "gus", "hal")
)
IDA, KIT, LOU, MO, NED = (f"{name}@team.example" for name in ("ida", "kit", "lou", "mo", "ned"))


def people_come_in(desk: Desk) -> None:
    """By a sign-up and an invitation; everybody is read, changed, renamed, and one is removed."""
    ana = owner(desk.stack)
    ben = joined(ana, BEN, "owner")
    his = f"/v1/people/{me(ben)}"
    for method, path, body in (
        ("GET", "/v1/people", None),
        ("GET", his, None),
        ("PATCH", his, {"role": "viewer", "mailboxes": []}),
        ("PATCH", his, {"mailboxes": "all"}),
        ("PATCH", "/v1/me", {"name": "Ana A."}),
        ("GET", "/v1/workspace", None),
        ("PATCH", "/v1/workspace", {"name": "Ours"}),
        ("GET", "/v1/invitations", None),
        ("DELETE", his, None),
    ):
        ana.must(method, path, body)
    desk.stack.finish_revocations(desk.stack.relay())
    joined(ana, BEN)
    wanted = {"email": "cleo@team.example", "role": "agent"}
    for _ in range(2):
        invited = ana.must("POST", "/v1/invitations", wanted, headers={"Idempotency-Key": "k"})["id"]
    for _ in range(2):
        ana.must("DELETE", f"/v1/invitations/{invited}")


def an_invitation_outlives_what_its_inviter_had(desk: Desk) -> None:
    """And another one is by somebody who still has it."""
    ana = owner(desk.stack, GAL)
    hal = joined(ana, HAL, "admin")
    joined(hal, "ira@team.example")
    hal.must("POST", "/v1/invitations", {"email": "jo@team.example", "role": "agent"})
    new = {"token": link_mailed(desk.stack), "name": "Jo", "password": PASSWORD}
    ana.must("PATCH", f"/v1/people/{me(hal)}", {"role": "agent"})
    Browser(desk.stack).ask("POST", "/v1/invitations/accept", new)


def people_sign_in_and_out(desk: Desk) -> None:
    ana, other = owner(desk.stack, DORA), Browser(desk.stack)
    for password in (OTHER, PASSWORD):
        other.sign_in(DORA, password)
    sessions = ana.must("GET", "/v1/me/sessions")["sessions"]
    for _ in range(2):
        ana.must("DELETE", f"/v1/me/sessions/{sessions[-1]['id']}")
    ana.must("PUT", "/v1/me/password", {"current": PASSWORD, "new": OTHER})
    skips, desk.stack.before_call = desk.stack.before_call, lambda: None  # a code is one of now
    _, codes = enrolled(ana, OTHER)
    desk.stack.before_call = skips
    Browser(desk.stack).sign_in(DORA, OTHER, code=codes[0])
    both = {"password": OTHER, "code": codes[1]}
    codes = ana.must("POST", "/v1/me/totp/recovery-codes", both)["recovery_codes"]
    ana.must("DELETE", "/v1/me/totp", {"password": OTHER, "code": codes[1]})
    ana.must("DELETE", "/v1/sessions/current")
    desk.stack.mailed()


def a_password_is_forgotten(desk: Desk) -> None:
    owner(desk.stack, EVE)
    for email in ("nobody@team.example", EVE):
        Browser(desk.stack).must("POST", "/v1/password-resets", {"email": email})
    new = {"token": link_mailed(desk.stack), "password": OTHER}
    for _ in range(2):
        Browser(desk.stack).ask("POST", "/v1/password-resets/complete", new)


def links_for_a_new_password_are_ended(desk: Desk) -> None:
    """One's own, and somebody else's."""
    kit = owner(desk.stack, KIT)
    lou = joined(kit, LOU)
    for email in (KIT, LOU):
        Browser(desk.stack).must("POST", "/v1/password-resets", {"email": email})
    kit.must("GET", "/v1/me/sessions")
    kit.must("DELETE", "/v1/me/password-resets")
    kit.must("DELETE", f"/v1/people/{me(lou)}/password-resets")
    desk.stack.relay()


def somebody_leaves(desk: Desk) -> None:
    """And who is the last owner then does not."""
    mo = owner(desk.stack, MO)
    ned = joined(mo, NED, "owner")
    ned.must("DELETE", "/v1/me")
    mo.ask("DELETE", "/v1/me")
    desk.stack.finish_revocations(desk.stack.relay())


def who_may_not_is_on_record(desk: Desk) -> None:
    """By each function that knows who asks."""
    viewer = desk.stack.person(Role.VIEWER)
    desk.opened()
    for method, path, body in (
        ("POST", f"/v1/conversations/{desk.conversation}/notes", {"text": "x"}),
        ("POST", "/v1/attachments", {"name": "x.txt", "media_type": "text/plain", "size": 1}),
        ("POST", "/v1/billing/portal", None),
        ("POST", "/v1/mailboxes", {"address": "x@acme.example"}),
        ("POST", "/v1/invitations", {"email": BEN, "role": "agent"}),
        ("DELETE", f"/v1/people/{viewer.id}/factor-reset", None),
        ("GET", "/v1/audit", None),
    ):
        desk.stack.api(method, path, body, token="", headers=viewer.headers)


def what_is_no_good_is_on_record(desk: Desk) -> None:
    """Links that were used, and a report of a leak that another key signed."""
    ana = owner(desk.stack, IDA)
    ana.must("POST", "/v1/invitations", {"email": BEN, "role": "agent"})
    invitation = {"token": link_mailed(desk.stack), "name": "Ben", "password": PASSWORD}
    Browser(desk.stack).must("POST", "/v1/password-resets", {"email": IDA})
    reset = {"token": link_mailed(desk.stack), "password": OTHER}
    for _ in range(2):
        Browser(desk.stack).ask("POST", "/v1/invitations/accept", invitation)
        Browser(desk.stack).ask("POST", "/v1/password-resets/complete", reset)
    desk.stack.api("POST", "/v1/secret-scanning", report("x"), token="", headers=signed(report("y")))


def a_mail_that_ses_puts_off(desk: Desk) -> None:
    ana = owner(desk.stack, FAY)
    ana.must("POST", "/v1/invitations", {"email": BEN, "role": "agent"})
    desk.stack.recorder.faults["sesv2", "SendEmail"] = refusal(429, "TooManyRequestsException")
    desk.stack.mailed(failing=True)
    desk.stack.recorder.faults.clear()


def a_workspace_with_an_owner(desk: Desk) -> None:
    asked = {
        "workspace": {"name": "Theirs"},
        "mailbox": {"address": "theirs@acme.example"},
        "owner": {"email": ANA, "name": "Ana"},
    }
    desk.stack.call("workspace_setup", asked)
    desk.stack.mailed()


def an_owner_lost_the_authenticator(desk: Desk) -> None:
    """It is stopped by another owner; asked for again, everybody has been silent for a day."""
    ana = owner(desk.stack, GUS)
    host = joined(ana, "oda@team.example", "owner")
    skips, desk.stack.before_call = desk.stack.before_call, lambda: None  # a code is one of now
    enrolled(ana)
    desk.stack.before_call = skips
    asked, person = {"workspace": ana.must("GET", "/v1/me")["workspace"]["id"], "owner": GUS}, me(ana)
    for _ in range(2):
        desk.stack.call("factor_reset", asked | {"do": "ask"})
    for _ in range(2):
        host.must("DELETE", f"/v1/people/{person}/factor-reset")
    desk.stack.call("factor_reset", asked | {"do": "ask"})
    desk.stack.mailed()
    a_day_passed(asked["workspace"], person)
    desk.stack.call("factor_reset", asked | {"do": "finish"})
    desk.stack.mailed()


PEOPLE = (
    people_come_in,
    an_invitation_outlives_what_its_inviter_had,
    people_sign_in_and_out,
    a_password_is_forgotten,
    links_for_a_new_password_are_ended,
    somebody_leaves,
    who_may_not_is_on_record,
    what_is_no_good_is_on_record,
    a_mail_that_ses_puts_off,
    a_workspace_with_an_owner,
    an_owner_lost_the_authenticator,
)
