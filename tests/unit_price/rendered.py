"""The models' SQL without dbt: their macros need only `ref` and `var`, so that it runs in memory in milliseconds."""

from functools import cache
from pathlib import Path

import jinja2
import yaml

ROOT = Path(__file__).resolve().parents[2]
VARS = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]


@cache
def select(model: str) -> str:
    """The query of a model, or of a test of dbt's; it reads its parents by their names alone."""
    macros = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "macros").glob("*.sql")))
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do"])
    (path,) = [*(ROOT / "models").rglob(f"{model}.sql"), *(ROOT / "tests" / "dbt").glob(f"{model}.sql")]
    template = environment.from_string(macros + path.read_text(encoding="utf-8"))
    return template.render(ref=lambda name: name, var=VARS.get)
