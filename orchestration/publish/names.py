"""What the steward part's files are called: the one place that pages and worklists agree on.

Belongs here: names of files and of what has no name. Does not: what the files hold.
"""

import hashlib
import re

NO_TEAM = "Uden team"

# What a file share of any system refuses: characters, a full stop or space at either end, devices' names, lengths.
_REFUSED = re.compile(
    r'[<>:"/\\|?*\x00-\x1f\x7f]|^[. ~]+|[. ]+$|(?<=^.{80}).+|^(?:CON|PRN|AUX|NUL|COM\d|LPT\d)?$',
    re.IGNORECASE,
)


def worklist_file(team_id: str | None) -> str:
    """The file of a team's worklist in the folder `steward/`, and of the gaps that no team has.

    A name that had to be changed carries a hash of the right one, so that no two teams share a file.
    """
    team = NO_TEAM if team_id is None else team_id
    name = _REFUSED.sub("_", team)
    if name != team:
        name += f"_{hashlib.sha256(team.encode()).hexdigest()[:6]}"
    return f"{name}.xlsx"
