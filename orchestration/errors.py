"""The errors that end a run with one clear line, and the exit status that each one means.

Belongs here: exceptions that the command line turns into a line and an exit status.
Does not: errors of one module that another module of the same package handles.
"""


class KoblingError(Exception):
    """A failure that the user can act on; its text says what is wrong, where, and how to mend it."""

    exit_status = 2


class ConfigurationError(KoblingError):
    """The environment or a profile is wrong: a missing key, an unknown setting, an unwritable folder."""


class Unavailable(KoblingError):
    """Something outside that a step needs is away for the moment: another try may find it."""


class InputError(KoblingError):
    """There is nothing usable to build from: an empty landing folder, or every delivery refused."""


class GateRefused(KoblingError):
    """The gate held the build back: `current` is untouched. The text names expectation, table and rows."""

    exit_status = 1


class BrokenModel(Exception):
    """Why a model could not be built; the build says it as the node's result."""
