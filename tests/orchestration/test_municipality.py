"""Municipalities that share an instance of Dagster: own names for assets and runs, and hands off the others."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from click.testing import CliRunner

from orchestration import doctor, notices
from orchestration import instance as instances
from orchestration.cli import cli
from orchestration.definitions import build_definitions
from orchestration.errors import ConfigurationError
from orchestration.jobs import JOB, MONTH_END_JOB
from orchestration.logs import PUBLICATION
from orchestration.municipality import is_asset
from orchestration.privacy.forgetting import _clean_runs
from orchestration.resources import Run
from orchestration.schedules import daily
from orchestration.settings import Settings, load_settings

OTHER = {instances.MUNICIPALITY_TAG: "aarhus"}
OWN = {instances.MUNICIPALITY_TAG: "odense"}
DEAD = {instances.PROCESS_TAG: f"{socket.gethostname()}:1:1"}


@pytest.fixture
def shared(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of Odense, on an instance that is not in its home."""
    home = tmp_path / "instance"
    home.mkdir()
    shutil.copyfile(instances.CONFIGURATION, home / "dagster.yaml")
    monkeypatch.setenv("DAGSTER_HOME", str(home))
    monkeypatch.setenv("KOBLING_MUNICIPALITY", "odense")
    return load_settings()


@pytest.fixture
def instance(shared: Settings) -> Iterator[dg.DagsterInstance]:
    with instances.open_instance(shared) as opened:
        yield opened


@dg.job
def kobling() -> None:
    pass


def finished(instance: dg.DagsterInstance, tags: dict[str, str], *, failed: bool = False) -> str:
    status = dg.DagsterRunStatus.FAILURE if failed else dg.DagsterRunStatus.SUCCESS
    return instance.create_run_for_job(kobling, status=status, tags=tags).run_id


@pytest.fixture(scope="module")
def graphs(definitions: dg.Definitions) -> tuple[Any, Any]:
    """The assets without a name, and with one."""
    return definitions.resolve_asset_graph(), build_definitions(municipality="odense").resolve_asset_graph()


def test_every_asset_and_check_has_the_municipalitys_name_before_its_own(graphs: tuple[Any, Any]) -> None:
    plain, named = graphs
    assert {key.with_prefix("odense") for key in plain.get_all_asset_keys()} == set(
        named.get_all_asset_keys()
    )
    checks = {(key.asset_key.with_prefix("odense"), key.name) for key in plain.asset_check_keys}
    assert checks == {(key.asset_key, key.name) for key in named.asset_check_keys}


def test_nothing_but_the_names_is_changed(graphs: tuple[Any, Any]) -> None:
    plain, named = graphs
    for key in plain.get_all_asset_keys():
        before, after = plain.get(key), named.get(key.with_prefix("odense"))
        assert {parent.with_prefix("odense") for parent in before.parent_keys} == set(after.parent_keys)
        for attribute in ("group_name", "description", "freshness_policy", "kinds"):
            assert getattr(before, attribute) == getattr(after, attribute), key
    blocking = {key.asset_key for key in plain.asset_check_keys if plain.get(key).blocking}
    assert {key.with_prefix("odense") for key in blocking} == {
        key.asset_key for key in named.asset_check_keys if named.get(key).blocking
    }


def test_every_run_of_its_jobs_carries_the_municipality() -> None:
    named = build_definitions(municipality="odense")
    for name in (JOB, MONTH_END_JOB):
        job = named.resolve_job_def(name)
        # of schedules, sensors and commands; of the pages
        assert job.run_tags.items() >= OWN.items()
        assert job.tags.items() >= OWN.items()


def test_a_run_of_chosen_assets_carries_it_too(shared: Settings, instance: dg.DagsterInstance) -> None:
    """Dagster makes a job of its own for them."""

    @dg.asset(required_resource_keys={"run"})
    def chosen() -> None:
        pass

    done = dg.materialize([chosen], resources={"run": Run()}, instance=instance)
    found = instance.get_run_by_id(done.run_id)
    assert found is not None
    assert found.tags.items() >= OWN.items()


def test_dead_runs_of_others_are_left_to_them(instance: dg.DagsterInstance) -> None:
    """Their processes may be hidden from this account."""
    started = dg.DagsterRunStatus.STARTED
    own, _ = (
        instance.create_run_for_job(kobling, status=started, tags={**DEAD, **whose}) for whose in (OWN, OTHER)
    )
    daily.evaluate_tick(dg.build_schedule_context(instance))
    assert [run.run_id for run in instance.get_runs(dg.RunsFilter(statuses=[started]))] != [own.run_id]
    assert [
        run.tags[instances.MUNICIPALITY_TAG] for run in instance.get_runs(dg.RunsFilter(statuses=[started]))
    ] == ["aarhus"]


def test_old_runs_of_others_are_kept(instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [finished(instance, OTHER) for _ in range(3)]
    own = [finished(instance, OWN) for _ in range(3)]
    monkeypatch.setenv("KOBLING_KEEP_LOGS", "1")
    daily.evaluate_tick(dg.build_schedule_context(instance))
    assert {run.run_id for run in instance.get_runs()} == {*others, own[-1]}


def test_a_run_is_compared_with_the_own_one_before(shared: Settings, instance: dg.DagsterInstance) -> None:
    """Or people would hear that all is well again when another municipality's run had failed."""
    finished(instance, OTHER, failed=True)
    assert notices.of_runs(shared, instance, [finished(instance, OWN)]) == []
    finished(instance, OWN, failed=True)
    finished(instance, OTHER)
    [told] = notices.of_runs(shared, instance, [finished(instance, OWN)])
    assert told.title.startswith("well again")


def test_forgetting_looks_through_the_own_runs_alone(shared: Settings, instance: dg.DagsterInstance) -> None:
    runs = {}
    for whose in (OWN, OTHER):
        for text in ("of the child-4711", "of another"):
            run = instance.create_run_for_job(kobling, tags=whose)
            instance.report_engine_event(text, run)
            runs[run.run_id] = (whose, text)
    _clean_runs(shared, ["child-4711"])
    left = [runs[run.run_id] for run in instance.get_runs()]
    assert len(left) == 3
    assert (OWN, "of the child-4711") not in left


def test_the_doctor_speaks_of_the_own_runs(shared: Settings, instance: dg.DagsterInstance) -> None:
    finished(instance, OTHER, failed=True)
    assert not any("the last run failed" in text for _, text in doctor.CHECKS["dagster"](shared))
    finished(instance, OWN, failed=True)
    assert any("the last run failed" in text for _, text in doctor.CHECKS["dagster"](shared))


def test_the_instance_is_named_and_there(shared: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody gets an instance of their own by an oversight: the queue would not know of their runs."""
    assert instances.prepare_home(shared) == shared.dagster_home
    assert not (shared.home_path / "dagster").exists()
    assert shared.dagster_home
    (shared.dagster_home / "dagster.yaml").unlink()
    with pytest.raises(ConfigurationError, match="DAGSTER_HOME"):
        instances.prepare_home(shared)
    monkeypatch.delenv("DAGSTER_HOME")
    with pytest.raises(ConfigurationError, match="DAGSTER_HOME"):
        instances.prepare_home(load_settings())


def test_a_home_of_its_own_does_not_heed_dagster_home(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "of-something-else"))
    assert load_settings().dagster_path == settings.home_path / "dagster"


@pytest.mark.parametrize("name", ["Odense", "lyngby-taarbæk", "a b", "a/b", "1st"])
def test_a_name_is_one_that_accounts_and_keys_can_have(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KOBLING_MUNICIPALITY", name)
    with pytest.raises(ConfigurationError, match="KOBLING_MUNICIPALITY"):
        load_settings()


def test_nobody_starts_a_second_daemon_on_the_shared_instance(
    shared: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.execv", lambda *_: pytest.fail("it started"))
    done = CliRunner().invoke(cli, ["dev"])
    assert isinstance(done.exception, ConfigurationError)


def test_an_asset_is_known_by_whatever_name() -> None:
    assert is_asset(PUBLICATION, PUBLICATION)
    assert is_asset(PUBLICATION.with_prefix("odense"), PUBLICATION)
    assert not is_asset(dg.AssetKey(["publication", "postgres"]), PUBLICATION)
    assert not is_asset(None, PUBLICATION)
