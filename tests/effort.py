"""How hard the tests try: the short version in `make test`, the long one in `make torture` (bounded, same seeds)."""

import sys

OPTION = "--torture"


def examples(short: int, long: int) -> int:
    """How many cases a property test tries: decorators are evaluated before any fixture is there."""
    return long if OPTION in sys.argv else short
