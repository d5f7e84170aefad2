"""A second factor: a code of now that was not used yet, or a recovery code."""

from __future__ import annotations

from dataclasses import dataclass

from letterlock.domain.errors import SecondFactorRequired
from letterlock.domain.sign_in import SignIn
from letterlock.services.people_ports import SecondFactors, SignIns
from letterlock.services.ports import Clock

_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Proven:
    """What is to be kept of a code, so that it works once: its time step, or the recovery codes that are left."""

    step: int | None = None
    recovery: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class CheckFactor:
    """Raises SecondFactorRequired."""

    sign_ins: SignIns
    factors: SecondFactors
    now: Clock

    def __call__(self, sign_in: SignIn, code: str) -> Proven:
        typed = "".join(code.split())
        if len(typed) == _DIGITS and typed.isascii() and typed.isdigit():
            step = self.factors.step(self.sign_ins.factor(sign_in, sign_in.totp), typed, self.now(), sign_in.step)
            if step is not None:
                return Proven(step=step)
        else:
            kept = self.factors.kept(sign_in.person, typed)
            if kept in sign_in.recovery:
                return Proven(recovery=sign_in.recovery - {kept})
        raise SecondFactorRequired("this code is not one of now, or was used already")
