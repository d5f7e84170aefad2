"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tools.template_model import Template

Found = Iterable[tuple[str, str]]
"""What a rule yields: the resource (logical id, with the place in it where that says more), and why it is too weak."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One line of the report. `when` is the deployment that shows it; empty for the one with every default."""

    rule: str
    resource: str
    why: str
    when: str = ""

    def __str__(self) -> str:
        return f"{self.resource}: {self.why} [{self.rule}]" + (f" (when {self.when})" if self.when else "")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by its name; its docstring is the rule in one sentence."""

    name: str
    judge: Callable[[Template], Found]

    def findings(self, template: Template, when: str = "") -> Iterator[Finding]:
        """Those in one settled template. What the rule cannot read is a finding: nobody judged it."""
        try:
            for resource, why in self.judge(template):
                yield Finding(self.name, resource, why, when)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as unread:
            yield Finding(self.name, "the template", f"has a shape that cannot be judged ({unread!r})", when)


RULES: dict[str, Rule] = {}
"""Every rule by name, in the order of the modules that define them."""


def rule(judge: Callable[[Template], Found]) -> Callable[[Template], Found]:
    """Enter a function as a rule; the rule is called as the function is, with hyphens."""
    name = judge.__name__.replace("_", "-")
    RULES[name] = Rule(name, judge)
    return judge
