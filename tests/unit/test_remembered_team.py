"""Whom senders may pose as is asked for once in a while, not with each mail."""

from collections import Counter

from letterlock.adapters.remembered_team import REMEMBERED, WORKSPACES, RememberedTeam
from letterlock.domain.mail import Address
from tests.fakes import FakeClock

BEA = Address("bea@team.example", "Bea Team")


class Team:
    """`TeamAddresses`. `asked` counts."""

    def __init__(self) -> None:
        self.asked = Counter[str]()
        self.people = [BEA]

    def addresses(self, workspace: str) -> list[Address]:
        self.asked[workspace] += 1
        return self.people


def test_the_team_is_read_again_after_a_while_and_each_workspaces_for_itself() -> None:
    team, clock = Team(), FakeClock()
    remembered = RememberedTeam(team, clock)
    for _ in range(3):
        assert remembered.addresses("wsp_1") == (BEA,)
    remembered.addresses("wsp_2")
    assert team.asked == {"wsp_1": 1, "wsp_2": 1}
    team.people = []
    clock.passes(seconds=REMEMBERED.total_seconds())
    assert remembered.addresses("wsp_1") == ()


def test_no_more_is_remembered_than_there_is_room_for() -> None:
    team = Team()
    remembered = RememberedTeam(team, FakeClock())
    for number in range(WORKSPACES + 1):
        remembered.addresses(f"wsp_{number}")
    remembered.addresses("wsp_1")
    remembered.addresses("wsp_0")
    assert (team.asked["wsp_1"], team.asked["wsp_0"]) == (1, 2)
