"""How hard the tests try: the short version in `make test`, the long one in `make torture` (bounded, same seeds)."""

import os

OPTION = "--torture"
TORTURE = "TORTURE"
"""The option as an environment variable, from tests/conftest.py."""


def examples(short: int, long: int) -> int:
    """How many cases a property test tries: decorators are evaluated before any fixture is there."""
    return long if TORTURE in os.environ else short
