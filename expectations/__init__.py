"""What the gate demands of the data: Great Expectations suites as plain factories, one module a subject.

Belongs here: suites (`lake`, `marts`), the building blocks they share, and the SQL of the control totals.
Does not: running a suite or rendering its results (orchestration/validation). The modules of suites import
Great Expectations, which takes seconds: import them only in the process and at the moment that validates.
"""

import os

# read by older releases of Great Expectations; must be set before its import
os.environ.setdefault("GX_ANALYTICS_ENABLED", "False")
