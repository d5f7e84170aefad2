"""The stack that handlers are tested on stands in `bench.stack`."""

from bench.stack import *  # noqa: F403 - the same names
