"""The marts that floor, pandas and PostgreSQL write, and whether two of them wrote the same.

    python -m benchmarks.results OUT OTHER

Prints what differs between the CSV files of two folders; exit status 1 if anything does.
"""

import sys
from pathlib import Path

import pandas as pd  # type: ignore[import-untyped]

from benchmarks.deliveries import MARTS

TOLERANCE = 0.0001
"""A hundredth of an øre: prices and shares are divided in doubles here and in decimals there."""

_TEXT = ("account_id", "business_key", "activity_no", "provider_id")


def differences(out: Path, other: Path) -> list[str]:
    """What differs, a line or more for each mart; none where both have the same columns, rows and amounts."""
    found = []
    for mart, keys in MARTS.items():
        one, two = (_read(folder / f"{mart}.csv", keys) for folder in (out, other))
        try:
            pd.testing.assert_frame_equal(
                one, two, check_dtype=False, check_like=True, check_exact=False, rtol=0, atol=TOLERANCE
            )
        except AssertionError as error:
            found.append(f"{mart}: {error}")
    return found


def _read(path: Path, keys: list[str]) -> pd.DataFrame:
    frame = pd.read_csv(
        path,
        dtype=dict.fromkeys(_TEXT, "str"),
        true_values=["true", "True", "t"],
        false_values=["false", "False", "f"],
    )
    return frame.sort_values(keys, ignore_index=True)


if __name__ == "__main__":
    found = differences(Path(sys.argv[1]), Path(sys.argv[2]))
    print(*found, sep="\n")
    sys.exit(bool(found))
