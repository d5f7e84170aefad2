"""The tables that tests run on stand in `bench.tables`."""

from bench.tables import *  # noqa: F403 - the same names
