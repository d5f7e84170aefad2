"""`make matrix`: every route by every kind of caller, against the table."""

import sys

from tests.matrix.asking import CALLERS, EXPECTED, ROUTES, answered
from tests.matrix.world import a_world


def main() -> int:
    """Exit 1 when an answer is not the table's, or a route is not in it."""
    wrong = 0
    with a_world() as world:
        for method, path in ROUTES:
            world.fresh()
            expected = EXPECTED.get((method, path), {})
            found: dict[str, object] = {}
            for caller in CALLERS:
                try:
                    found[caller] = answered(world, method, path, caller)
                except AssertionError as broken:
                    found[caller] = broken
            for caller, answer in found.items():
                if answer != expected.get(caller):
                    wrong += 1
                    print(
                        f"wrong: {method} {path} as {caller}: {answer}, expected {expected.get(caller, 'a line in the table')}"
                    )
            print(f"{method:6} {path:60} " + " ".join(str(answer)[:3] for answer in found.values()), flush=True)
    gone = sorted(EXPECTED.keys() - set(ROUTES))
    for method, path in gone:
        print(f"wrong: {method} {path} is in the table, and is no route")
    print(
        f"routes {len(ROUTES)} x callers {len(CALLERS)} = cases {len(ROUTES) * len(CALLERS)}, wrong {wrong + len(gone)}"
    )
    return 1 if wrong or gone else 0


if __name__ == "__main__":
    sys.exit(main())
