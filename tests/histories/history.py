"""A history: steps that a seed chose, played in a world; and the shortest one that fails as a long one does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.histories.checks import findings
from tests.histories.world import World

LENGTH = (5, 30)
"""What begins in a history, from and to."""
# How often what happens, beside the others; and how many numbers say how exactly.
DOINGS: tuple[tuple[str, int, int], ...] = (
    ("mail", 14, 2),
    ("answer", 14, 3),
    ("again", 5, 1),
    ("redeliver", 5, 1),
    ("take_in", 22, 1),
    ("write", 18, 3),
    ("sort_out", 8, 3),
    ("people", 8, 3),
    ("relay", 6, 2),
    ("send", 8, 2),
    ("ses_says", 6, 2),
    ("time_passes", 4, 1),
)
FOLLOWED_BY = {"mail": ("take_in",), "answer": ("take_in",), "write": ("relay", "send")}
"""What comes at once, half the time: work goes on as a rule, and is interrupted rather than left alone."""


@dataclass(frozen=True)
class Step:
    """`between`: at which port call of this step a crash comes, or another step; 0: it is left alone."""

    name: str
    numbers: tuple[int, ...]
    between: int = 0
    after: bool = False
    other: Step | None = None

    def __str__(self) -> str:
        said = f"{self.name}({', '.join(map(str, self.numbers))})"
        if not self.between:
            return said
        what = str(self.other) if self.other else "a crash"
        return f"{said}, {'after' if self.after else 'before'} its port call {self.between}: {what}"


def history_of(seed: int) -> list[Step]:
    chance = Random(seed)
    steps = [Step("mail", (chance.randrange(720), 0)), Step("take_in", (0,))]
    for _ in range(chance.randint(*LENGTH)):
        plain = _plain(chance)
        usual = FOLLOWED_BY.get(plain.name, ()) if chance.random() < 0.5 else ()
        steps += [_perhaps_interrupted(each, chance) for each in (plain, *(_named(name, chance) for name in usual))]
    return steps


def _perhaps_interrupted(plain: Step, chance: Random) -> Step:
    what = chance.random()
    if what < 0.5:
        return plain
    between, after = chance.randint(1, 8), chance.random() < 0.5
    other = _plain(chance) if what < 0.7 else None
    return Step(plain.name, plain.numbers, between, after, other)


def _plain(chance: Random) -> Step:
    [(name, _, _)] = chance.choices(DOINGS, [weight for _, weight, _ in DOINGS])
    return _named(name, chance)


def _named(name: str, chance: Random) -> Step:
    [numbers] = [numbers for each, _, numbers in DOINGS if each == name]
    return Step(name, tuple(chance.randrange(720) for _ in range(numbers)))


def played(steps: list[Step], world: Callable[[], World] = World) -> list[str]:
    """What is wrong in the end: nothing, as a rule."""
    made = world()
    try:
        for step in steps:
            _play(made, step)
        made.quiet()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
        return [f"untrue: {type(error).__name__}: {error}"]
    return findings(made)


def _play(world: World, step: Step) -> None:
    def act(which: Step = step) -> None:
        doing: Callable[..., Any] = getattr(world, which.name)
        doing(*which.numbers)

    if not step.between:
        act()
        return
    other = step.other
    world.interrupted(step.between, step.after, (lambda: act(other)) if other else None, act)


def shrunk(steps: list[Step], world: Callable[[], World] = World) -> list[Step]:
    """The shortest history found that still fails: without halves, quarters, …, single steps; then without what came
    in between (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input").
    """
    before = steps
    size = len(steps) // 2
    while size:
        start = 0
        while start < len(steps):
            fewer = steps[:start] + steps[start + size :]
            if fewer and played(fewer, world):
                steps = fewer
            else:
                start += size
        size //= 2
    for place, step in enumerate(steps):
        calmer = [*steps[:place], Step(step.name, step.numbers), *steps[place + 1 :]]
        if step.between and played(calmer, world):
            steps = calmer
    return steps if len(steps) == len(before) else shrunk(steps, world)
