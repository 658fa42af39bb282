"""The gate's work: run the suites of `expectations/` on the private build and say what they found, by count.

Belongs here: running suites (`run`), their results as data (`results`), the validation report (`report`).
Does not: what is demanded (expectations/), and what follows from a failure (publish, Dagster's checks).
"""

from orchestration.validation.results import ExpectationOutcome, Subject, ValidationResult
from orchestration.validation.run import validate

__all__ = ["ExpectationOutcome", "Subject", "ValidationResult", "validate"]
