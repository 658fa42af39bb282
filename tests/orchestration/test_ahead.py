"""Importing ahead: what the thread must not be in the middle of while Dagster works."""

import subprocess
import sys


def test_sqlalchemys_mapper_is_there_before_the_thread_begins() -> None:
    told = "import sys, orchestration.ahead; print('sqlalchemy.orm' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"
