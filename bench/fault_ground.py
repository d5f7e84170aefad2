"""The stack that faults are tried on: not used yet, and with everything at hand that copies of it share."""

from __future__ import annotations

import contextlib
import gc
import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from inspect import signature
from types import ModuleType, SimpleNamespace

import botocore.endpoint
import pytest

from bench import scenarios
from bench.event_rules import Topology
from bench.fault_cloud import Cloud
from bench.fault_wire import Wire
from bench.fault_world import world
from bench.scenarios import SCENARIOS, Desk
from bench.stack import HANDLERS, WIRINGS, Stack, stack_on_moto
from bench.steady import SteadyClock, hold_steady
from letterlock.adapters.keyring import STACK
from letterlock.entry import wiring
from tools.template_model import template_under_test

LISTED = 3
"""Conversations in a list: 25 of them ask the same of AWS."""


@contextmanager
def ground() -> Iterator[Cloud]:
    """The SDK's pauses between its tries take no time here; else nothing of it is changed."""
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        # Moto dates what it keeps by the real clock.
        clock = hold_steady(patch, datetime.now(UTC) + timedelta(seconds=1))
        patch.setattr(scenarios, "LISTED", LISTED)
        patch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda _: None))
        topology = Topology.of(template_under_test())
        first, spare = (_rehearsed(patch, clock, topology) for _ in range(2))
        with stack_on_moto(patch) as stack:
            stack.handlers = first
            cloud = Cloud(stack, _wire(stack), clock, spare, topology, (stack.workspace, stack.token))
            _wire_everything(stack.workspace)
            cloud.until_quiet()
            world(cloud)
            gc.collect()
            gc.freeze()  # or each copy's collector would touch, and so copy, all there is
            yield cloud


def _wire(stack: Stack) -> Wire:
    wire = Wire(stack.recorder, elsewhere=stack.mail_identities.answer)
    stack.watchers.append(wire.attach)
    stack.restart()
    return wire


def _rehearsed(patch: pytest.MonkeyPatch, clock: SteadyClock, topology: Topology) -> dict[str, ModuleType]:
    """The handlers, after they, the SDK and moto have read and built what they otherwise would in every copy again."""
    with stack_on_moto(patch) as stack:
        cloud = Cloud(stack, _wire(stack), clock, {}, topology, (stack.workspace, stack.token))
        SCENARIOS[0].prepare(Desk(stack))()
        cloud.until_quiet()
        for function in topology.scheduled:
            cloud.deliver(function, {})
        world(cloud)
        return {name: stack.handlers[name] for name in HANDLERS}


def _wire_everything(workspace: str) -> None:
    """And all keys at hand: that a function has to read them first is tried once for each function."""
    for made in (each for module in WIRINGS for each in vars(module).values()):
        if hasattr(made, "cache_clear") and not signature(made).parameters:
            made()
    keys = wiring.keyring()
    for key in (keys.data_key, keys.index_key, keys.integrity_key):
        key(workspace)
    keys.router_key()
    keys.data_key(STACK)
