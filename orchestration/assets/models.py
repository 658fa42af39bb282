"""The dbt project as assets: one step for all of it.

Belongs here: how dbt's nodes become assets, groups and checks, and how its results become Dagster's.
Does not: calling dbt (orchestration/dbt.py).
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtProject, dbt_assets

from orchestration import dbt, warehouse
from orchestration.assets.lake import WRITER_POOL
from orchestration.build import build, write_results
from orchestration.failures import told
from orchestration.resources import Run

CHECK = "dbt_tests"


class Translator(DagsterDbtTranslator):
    """dbt's layers as groups, and all data tests of a table as one check.

    One check a test would be some hundred events a run, at a twentieth of a second each; the test that fails is
    named all the same.
    """

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True))

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        """The default, in the group of its layer; below marts, of its subject."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = self.get_resource_props(manifest, unique_id)
        if node["resource_type"] == "source":
            return spec
        return spec.replace_attributes(group_name=group(node), description=node["description"] or None)

    def get_asset_check_spec(
        self,
        asset_spec: dg.AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> dg.AssetCheckSpec | None:
        """The same check for every test of the table; Dagster keeps one of equal ones."""
        table = dbt.tested_table(manifest["nodes"][unique_id])
        if table is None or self.get_asset_spec(manifest, table, project).key != asset_spec.key:
            return None
        # Not `blocking`: dbt itself skips what rests on a table whose tests fail, and then the step fails.
        return dg.AssetCheckSpec(CHECK, asset=asset_spec.key, description="All dbt data tests of the table.")


def group(node: Mapping[str, Any]) -> str:
    """The asset group of a dbt node: `seeds`, `staging`, `intermediate`, or `marts_<subject>`."""
    if node["resource_type"] == "seed":
        return "seeds"
    _, layer, *below = node["fqn"]
    return f"{layer}_{below[0]}" if layer == "marts" and len(below) > 1 else str(layer)


def dbt_models(manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    """All seeds and models, with their data tests.

    Args:
        manifest: dbt's manifest.
    """
    translator = Translator()

    @dbt_assets(manifest=manifest, dagster_dbt_translator=translator, name="build_models", pool=WRITER_POOL)
    def build_models(
        context: dg.AssetExecutionContext, run: Run
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        settings = run.settings
        folder = warehouse.dbt_folder(settings)
        with told(context.log):
            folder.mkdir(parents=True, exist_ok=True)
            # the publication's data dictionary comes from it
            shutil.copyfile(dbt.manifest_path(), folder / "manifest.json")
            results = build(
                settings.warehouse_path, _selected(context, translator, manifest), target=settings.target
            )
            write_results(folder / "run_results.json", results)
            rows = _row_counts(settings.warehouse_path)
            for result in results:
                if result.kind in ("model", "seed") and result.status == "success":
                    key = run.asset_key(translator.get_asset_spec(manifest, result.unique_id, None).key)
                    if key in context.selected_asset_keys:
                        yield dg.MaterializeResult(asset_key=key, metadata=_metadata(result, rows))
            for check in table_checks(results, manifest, translator):
                assert check.asset_key
                key = run.asset_key(check.asset_key)
                if dg.AssetCheckKey(key, CHECK) in context.selected_asset_check_keys:
                    yield check._replace(asset_key=key)
            dbt.refuse_broken(results)
            dbt.refuse_failed_tests(results, manifest, settings.warehouse_path)

    return build_models


def _selected(
    context: dg.AssetExecutionContext, translator: Translator, manifest: Mapping[str, Any]
) -> set[str] | None:
    """The unique ids of the seeds and models to build; `None` is all."""
    if not context.is_subset:
        return None
    return {
        name
        for name, node in manifest["nodes"].items()
        if node["resource_type"] in ("seed", "model")
        and translator.get_asset_spec(manifest, name, None).key in context.selected_asset_keys
    }


def table_checks(
    results: Sequence[dbt.NodeResult], manifest: Mapping[str, Any], translator: Translator
) -> Iterator[dg.AssetCheckResult]:
    """One result a tested table: how many tests ran, which found rows and how many."""
    by_table: dict[str, list[dbt.NodeResult]] = {}
    for result in results:
        if result.kind == "test" and result.status != "skipped":
            table = dbt.tested_table(manifest["nodes"][result.unique_id])
            if table:
                by_table.setdefault(table, []).append(result)
    for table, tests in by_table.items():
        found = [test for test in tests if test.status != "pass"]
        is_error = any(test.status in ("fail", "error") for test in found)
        yield dg.AssetCheckResult(
            asset_key=translator.get_asset_spec(manifest, table, None).key,
            check_name=CHECK,
            passed=not found,
            severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
            metadata={
                "tests": len(tests),
                **{manifest["nodes"][test.unique_id]["name"]: test.failures for test in found},
            },
        )


def _row_counts(database: Any) -> dict[str, int]:
    """`schema.table` → rows, of all tables."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return dict(
            connection.execute(
                "select schema_name || '.' || table_name, estimated_size from duckdb_tables()"
            ).fetchall()
        )


def _metadata(result: dbt.NodeResult, rows: Mapping[str, int]) -> dict[str, Any]:
    found = next((count for table, count in rows.items() if table.endswith(f".{result.name}")), None)
    counted = {} if found is None else {"dagster/row_count": found}
    return {"seconds": round(result.seconds, 2), **counted}
