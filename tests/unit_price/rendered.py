"""The models' SQL without dbt: their macros need only `ref` and `var`, so that it runs in memory in milliseconds."""

from pathlib import Path

import jinja2

ROOT = Path(__file__).resolve().parents[2]


def statements(*models: str) -> list[str]:
    """One `create table` a model, in order; a model is named as in dbt."""
    macros = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "macros").glob("*.sql")))
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do"])
    rendered = []
    for model in models:
        (path,) = (ROOT / "models").rglob(f"{model}.sql")
        template = environment.from_string(macros + path.read_text(encoding="utf-8"))
        sql = template.render(ref=lambda name: name, var=lambda _name, default=None: default)
        rendered.append(f"create or replace table {model} as {sql}")
    return rendered
