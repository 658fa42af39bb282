"""The last look before anything leaves the private build: columns that name a child or a case stay there.

Belongs here: which column names may not be published. Does not: what the columns hold (expectations/).
"""

import re
from collections.abc import Iterable, Mapping

from orchestration.errors import GateRefused

# Whether a personal number was valid (`*_cpr_status`) says nothing about whose it is.
_PRIVATE = re.compile(
    r"""
    # what identifies a person by itself
    (^|_) (cpr (?!_status$) | birth | birthday) (_|$)
    | ^ (child | person | mother | father) (_\w+)? _name $
    # pseudonyms of persons, and keyed hints at them
    | ^ (child | person | mother | father | recipient | hint) (_\w+)? _key $
    # ids by which the case system knows a child
    | (^|_) (case | appropriation | sbsys) _ (id | no) $ | (^|_) sbsys (_|$) | ^ history_id $
    # employees: for the stewards only
    | ^ (caseworker | leader | approval_user) _id $
    """,
    re.VERBOSE,
)


def private_columns(columns: Iterable[str]) -> list[str]:
    """The names among them that may not be published outside the steward part."""
    return [column for column in columns if _PRIVATE.search(column)]


def refuse_private_columns(tables: Mapping[str, Mapping[str, str]]) -> None:
    """Refuses where a table to be published has a private column.

    Args:
        tables: `schema.table` → column → type, of the tables to be published.

    Raises:
        GateRefused: naming every such column.
    """
    found = [f"{table}.{column}" for table, columns in tables.items() for column in private_columns(columns)]
    if found:
        raise GateRefused(
            f"private columns would be published: {', '.join(found)}; "
            "leave them out of the mart, or put the model under models/marts/steward"
        )
