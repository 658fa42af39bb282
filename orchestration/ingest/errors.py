"""Errors of one file or one delivery: recorded as a refusal, they never end the run.

Belongs here: what `ingest` catches itself. Does not: errors that end a run (`orchestration.errors`).
"""


class FileRefused(Exception):
    """A file that cannot be trusted; the text says why, without a value of the file."""


class StillCopying(Exception):
    """A file changed while it was being read: the delivery is not complete yet."""
