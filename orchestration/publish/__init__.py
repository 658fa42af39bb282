"""Publication: what the gate has passed becomes one immutable folder that readers switch to at one moment.

Belongs here: the files of a publication, its pages and manifest, the switch, verification, retention.
Does not: Dagster, dbt or Great Expectations; and nothing that decides what a number is. What draws charts takes a
second to import: `publication` does it, which is not imported here.
"""

from orchestration.publish.manifest import Manifest
from orchestration.publish.store import Problem, Publication, current, list_publications, verify

__all__ = ["Manifest", "Problem", "Publication", "current", "list_publications", "verify"]
