"""dbt's own documentation of the project, as one page that works offline: lineage, SQL, tests of every column.

Belongs here: what of dbt's manifest goes in, and a catalog of what was published. Does not: the page itself, which is
dbt's; the data dictionary (pages), which is about the published columns only.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dbt.task.docs import DOCS_INDEX_FILE_PATH

from orchestration.dbt import read_artifact
from orchestration.publish.manifest import Manifest, TableEntry

# dbt's page can load a usage tracker: nothing that reads these pages may call anybody
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:"
)
_HEAD = "<head>"

# the inputs' folder, the moment and the run say nothing of the project; compiled SQL doubles the raw
LEFT_OUT = {
    "build_path",
    "checksum",
    "compiled_code",
    "compiled_path",
    "created_at",
    "root_path",
    "unrendered_config",
    "user_id",
    "invocation_id",
    "invocation_started_at",
    "run_started_at",
}


def docs_page(dbt_manifest: Path, manifest: Manifest) -> str:
    """dbt's page with its data inside.

    Args:
        dbt_manifest: dbt's `manifest.json`, version 12.
        manifest: of the publication: tables, types and numbers of rows for the catalog.
    """
    known = read_artifact(dbt_manifest)
    macros = known["macros"].items()
    project = {
        **known,
        "unit_tests": {},
        "disabled": {},
        "macros": {key: macro for key, macro in macros if macro["package_name"] == "kobling"},
        "metadata": {**known["metadata"], "send_anonymous_usage_stats": False},
    }
    catalog = {
        "metadata": {"generated_at": manifest.built_at.isoformat()},
        "nodes": _catalog(project["nodes"], {entry.table: entry for entry in manifest.tables}),
        "sources": {},
        "errors": None,
    }
    page = Path(DOCS_INDEX_FILE_PATH).read_text(encoding="utf-8")
    for name, value in (("MANIFEST", _without(project, LEFT_OUT)), ("CATALOG", catalog)):
        # an end of the script element inside a text would end it on the page
        data = json.dumps(value, ensure_ascii=False).replace("</", "<\\/")
        page = page.replace(f'"{name}.JSON INLINE DATA"', data)
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    return page.replace(_HEAD, _HEAD + policy, 1)


def _catalog(nodes: Mapping[str, Any], published: Mapping[str, TableEntry]) -> dict[str, Any]:
    found = {}
    for unique_id, node in nodes.items():
        entry = published.get(f"{node.get('schema')}.{node.get('name')}")
        if entry is None:
            continue
        found[unique_id] = {
            "unique_id": unique_id,
            "metadata": {
                "type": "BASE TABLE",
                "database": node["database"],
                "schema": node["schema"],
                "name": node["name"],
                "comment": None,
                "owner": None,
            },
            "columns": {
                column.name: {"name": column.name, "type": column.type, "index": index, "comment": None}
                for index, column in enumerate(entry.columns, start=1)
            },
            "stats": {
                "num_rows": {
                    "id": "num_rows",
                    "label": "Rows",
                    "value": entry.rows,
                    "include": True,
                    "description": "Rows in this publication",
                },
                "has_stats": {
                    "id": "has_stats",
                    "label": "Has Stats?",
                    "value": True,
                    "include": False,
                    "description": "",
                },
            },
        }
    return found


def _without(value: Any, keys: set[str]) -> Any:
    """JSON without these keys at any depth."""
    if isinstance(value, dict):
        return {key: _without(inner, keys) for key, inner in value.items() if key not in keys}
    if isinstance(value, list):
        return [_without(inner, keys) for inner in value]
    return value
