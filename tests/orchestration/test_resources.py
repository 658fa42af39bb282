"""One writer at a time, and Dagster's instance."""

import subprocess
from pathlib import Path

import dagster as dg
import pytest
from filelock import FileLock, Timeout

from orchestration import instance as instances
from orchestration.errors import InputError
from orchestration.resources import LOCK, Run, only_writer
from orchestration.settings import Settings


def test_the_second_run_waits_and_says_so(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    settings.home_path.mkdir()
    with (
        FileLock(settings.home_path / LOCK),
        pytest.raises(InputError, match="another run has held"),
        only_writer(settings, 0.1),
    ):
        pass
    assert capsys.readouterr().err == "kobling: waiting for another run\n"


def test_a_run_holds_the_lock_for_its_steps_too(settings: Settings) -> None:
    with only_writer(settings, 0.1):
        with only_writer(settings, 0.1):
            pass
        with pytest.raises(Timeout):
            FileLock(settings.home_path / LOCK).acquire(timeout=0)


def test_the_lock_is_free_again_after_a_run_that_failed(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(RuntimeError), only_writer(settings, 1):
        raise RuntimeError
    with only_writer(settings, 0.1):
        assert (settings.home_path / LOCK).exists()
    assert capsys.readouterr().err == ""


def test_the_instance_phones_nobody_and_keeps_no_output(settings: Settings) -> None:
    with instances.open_instance(settings) as instance:
        assert not instance.telemetry_enabled
        assert type(instance.compute_log_manager).__name__ == "NoOpComputeLogManager"
        queue = instance.get_concurrency_config().run_queue_config
        assert queue is not None
        assert queue.max_concurrent_runs == 1
        assert Path(instance.root_directory) == settings.dagster_path


def test_a_configuration_of_ones_own_stays(settings: Settings) -> None:
    home = instances.prepare_home(settings)
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    instances.prepare_home(settings)
    assert (home / "dagster.yaml").read_text() == "telemetry: {enabled: false}\n"


def test_half_a_configuration_is_never_left(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be kept, and might not say that nobody is phoned."""

    def half(_: Path, target: Path) -> None:
        target.write_text("# Dagster's")
        raise KeyboardInterrupt

    with monkeypatch.context() as interrupted:
        interrupted.setattr("orchestration.instance.shutil.copyfile", half)
        with pytest.raises(KeyboardInterrupt):
            instances.prepare_home(settings)
    home = instances.prepare_home(settings)
    assert (home / "dagster.yaml").read_bytes() == instances.CONFIGURATION.read_bytes()


def test_every_run_says_which_process_it_lives_in(
    settings: Settings,
) -> None:
    """Of Dagster's own runs the resource does: nobody else would notice that their process is gone."""

    @dg.op(required_resource_keys={"run"})
    def step() -> None:
        pass

    @dg.job(resource_defs={"run": Run()})
    def job() -> None:
        step()

    with instances.open_instance(settings) as instance:
        run_id = job.execute_in_process(instance=instance).run_id
        found = instance.get_run_by_id(run_id)
        assert found is not None
        assert found.tags.items() >= instances.process_tag().items()


def test_a_run_whose_process_is_gone_is_failed_and_a_living_one_is_not(settings: Settings) -> None:
    @dg.job
    def job() -> None:
        pass

    gone = subprocess.Popen(["true"])
    gone.wait()
    own = instances.process_tag()[instances.PROCESS_TAG]
    host, process, born = own.split(":")
    assert born
    with instances.open_instance(settings) as instance:
        runs = [
            instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=tags)
            for tags in (
                {instances.PROCESS_TAG: f"{host}:{gone.pid}:{born}"},
                # another process has its number: the machine was started again
                {instances.PROCESS_TAG: f"{host}:{process}:1"},
                {instances.PROCESS_TAG: own},
                {instances.PROCESS_TAG: f"another-host:{gone.pid}:{born}"},
                {},
            )
        ]
        assert set(instances.end_dead_runs(instance)) == {run.run_id for run in runs[:2]}
        found = instance.get_run_by_id(runs[0].run_id)
        assert found is not None
        assert found.status == dg.DagsterRunStatus.FAILURE
