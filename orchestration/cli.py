"""The command `kobling`: the fixed interface, one line for every error, quiet otherwise.

Belongs here: arguments, exit statuses, what is printed. Does not: work; and no heavy import at the top, for
`kobling --help` answers at once.
"""

import atexit
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from orchestration.errors import ConfigurationError, KoblingError

if TYPE_CHECKING:
    from orchestration.settings import Settings

UNEXPECTED = 2
INTERRUPTED = 130
_COLLECT_AFTER = 100_000
"""New objects between two searches for garbage. A run imports and keeps some million; Python's own 700 makes it
search through them for a tenth of the time of a small run."""


def command() -> NoReturn:
    """The entry point of the process: `main`, with an end that does not take all modules apart.

    That takes Python two seconds after a run, and changes nothing that anybody sees.
    """
    gc.set_threshold(_COLLECT_AFTER)
    status: list[int] = []
    # the first one registered is the last one called: all others, and all threads, have ended by then
    atexit.register(_leave, status)
    try:
        main()
    except SystemExit as ended:
        status.append(int(ended.code or 0))
        raise


def _leave(status: list[int]) -> None:
    if status:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status[0])


def main() -> NoReturn:
    """Runs the command and exits: 0 done, 1 refused by the gate or not as published, 2 configuration or input."""
    # what a run leaves is for its owner and group
    os.umask(0o027)
    try:
        # a command returns nothing or its exit status; `--help` ends with 0
        sys.exit(cli(prog_name="kobling", standalone_mode=False) or 0)
    except click.ClickException as error:
        say(error.format_message())
        sys.exit(2)
    except KoblingError as error:
        say(str(error))
        sys.exit(error.exit_status)
    except (KeyboardInterrupt, click.Abort):
        say("interrupted; the next run starts from what is whole")
        sys.exit(INTERRUPTED)
    except Exception as error:
        from orchestration.failures import system_line

        say(system_line(error) or f"unexpected {type(error).__name__}{_logged(error)}")
        sys.exit(UNEXPECTED)


def say(line: str) -> None:
    """One line on stderr."""
    click.echo(f"kobling: {' '.join(line.split())}", err=True)


@click.group(no_args_is_help=False, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="kobling", prog_name="kobling")
def cli() -> None:
    """Couples what a municipality's caseworkers do with what it costs."""


@cli.command()
@click.option(
    "--as-of", metavar="YYYY-MM-DD", help="Build what the deliveries up to this date say; default: all."
)
@click.option("-v", "--verbose", is_flag=True, help="Show Dagster's events.")
def run(as_of: str | None, verbose: bool) -> int:
    """Ingest what is new in landing, build, validate, publish."""
    from orchestration.warehouse import parse_as_of

    day = parse_as_of(as_of)
    settings = _settings()
    with _telling_of_errors(settings):
        _require_what_a_run_needs(settings)
        from orchestration import execution

        outcome = execution.run_job(settings, day, verbose=verbose)
    for warning in outcome.warnings:
        say(f"warning: {warning}")
    if outcome.failure:
        where = "" if outcome.failure.is_expected else f"; {outcome.log} has the traceback"
        say(f"{outcome.failure.line}{where}")
        return outcome.failure.exit_status
    published = outcome.publication
    assert published is not None
    gate = published.manifest.gate
    click.echo(published.path)
    click.echo(
        f"gate {gate.result}: {gate.expectations} expectations, {gate.dbt_tests} dbt tests, "
        f"{len(gate.warnings)} warnings"
    )
    if not published.is_current:
        click.echo("current stays where it is: a later as-of date is published")
    return 0


@cli.command()
def publications() -> None:
    """List the publications, newest first."""
    from orchestration.publish import list_publications

    found = list_publications(_settings())
    if not found:
        say("nothing is published yet")
        return
    rows = [("id", "as_of", "built", "deliveries", "gate", "")]
    for publication in found:
        manifest = publication.manifest
        rows.append(
            (
                manifest.id,
                str(manifest.as_of),
                f"{manifest.built_at:%Y-%m-%d %H:%M:%S} UTC",
                str(sum(delivery.status == "loaded" for delivery in manifest.deliveries)),
                manifest.gate.result,
                "current" if publication.is_current else "",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@cli.command()
@click.argument("publication", metavar="[ID]", required=False)
def verify(publication: str | None) -> int:
    """Hold every file of a publication (default: current) against the manifest's hash."""
    from orchestration.publish import verify

    problems = verify(_settings(), publication)
    for problem in problems:
        say(str(problem))
    if problems:
        return 1
    click.echo(f"{publication or 'current'}: every file is as it was published")
    return 0


@cli.command()
def doctor() -> int:
    """Look at everything that a run needs: a line a thing, with how to mend it."""
    from orchestration.doctor import examine

    is_well = True
    for finding in examine(_settings()):
        click.echo(finding)
        is_well &= finding.level != "fail"
    return 0 if is_well else UNEXPECTED


@cli.command()
@click.argument("cases", metavar="CASE_ID...", nargs=-1, required=True)
@click.confirmation_option(prompt="What is forgotten cannot be brought back. Go on?")
def forget(cases: tuple[str, ...]) -> int:
    """Take a child out of lake, builds and publications for good: all its cases, amounts stay."""
    settings = _settings()
    settings.require_key()
    from orchestration import execution
    from orchestration.privacy.forgetting import forget
    from orchestration.publish import current, list_publications
    from orchestration.resources import WAIT_SECONDS, only_writer

    with only_writer(settings, WAIT_SECONDS):
        done = forget(settings, cases)
        click.echo(
            f"forgotten: {done.children} children of {done.cases} cases, {done.rows} rows in {done.files} files of "
            f"{done.deliveries} deliveries, {done.logs} logs"
        )
        shown = current(settings)
        if shown is None:
            return 0
        before = {publication.id: publication.manifest.as_of for publication in list_publications(settings)}
        outcome = execution.run_job(settings, shown.manifest.as_of)
        if outcome.failure:
            say(
                f"the lake is done, the run after it is not: {outcome.failure.line}; mend it and give kobling run: "
                "publications that hold the child go when the next one is there"
            )
            return outcome.failure.exit_status
        assert outcome.publication is not None
        click.echo(outcome.publication.path)
        left = {publication.id for publication in list_publications(settings)}
        for as_of in sorted({day for name, day in before.items() if name not in left}):
            if as_of != shown.manifest.as_of:
                click.echo(
                    f"removed: the publications as of {as_of}; kobling run --as-of {as_of} rebuilds it"
                )
    return 0


@cli.command("rotate-key")
@click.option(
    "--without-missing", is_flag=True, help="Leave out, for good, deliveries that landing has no more."
)
def rotate_key(without_missing: bool) -> None:
    """Ingest everything again under the key in KOBLING_PSEUDONYM_KEY, and replace the lake by it."""
    settings = _settings()
    settings.require_key()
    from orchestration.privacy.rotation import rotate
    from orchestration.resources import WAIT_SECONDS, only_writer

    with only_writer(settings, WAIT_SECONDS):
        done = rotate(settings, without_missing=without_missing)
    if done is None:
        click.echo("the lake is of this key already; nothing was changed")
        return
    click.echo(
        f"{done.deliveries} deliveries are in the lake under the new key, {len(done.left_out)} were left out, "
        f"{done.forgotten} children stay forgotten; kobling run builds and publishes from it"
    )


@cli.command()
@click.option("--from", "earlier", metavar="YYYY-MM-DD", help="Default: the last month-end delivery before.")
@click.option("--to", "later", metavar="YYYY-MM-DD", help="Default: the newest build's as-of date.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    help="Folder to write the table in (.parquet and .xlsx); default: here.",
)
def bridge(earlier: str | None, later: str | None, out: Path) -> None:
    """Explain the change of the forecast from one delivery date to a later one."""
    from orchestration.bridge import build, lines
    from orchestration.warehouse import parse_as_of

    previous_as_of, as_of = parse_as_of(earlier, "--from"), parse_as_of(later, "--to")
    found = build(_settings(), previous_as_of, as_of, out)
    for line in lines(found):
        click.echo(line)
    for file in found.files:
        click.echo(file)


@cli.command()
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write in."
)
@click.option("--children", type=click.IntRange(min=1), default=60, show_default=True)
@click.option(
    "--months", type=click.IntRange(min=1), default=4, show_default=True, help="Month-end deliveries."
)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--deliveries",
    type=click.IntRange(min=1),
    help="Write only the last so many; the first of them brings the ledger since the first month. Default: all.",
)
@click.option("--gz", is_flag=True, help="Pack the case system's reports, as its server sends them.")
def synth(out: Path, children: int, months: int, seed: int, deliveries: int | None, gz: bool) -> None:
    """Write synthetic deliveries in the real formats, with the planted truth beside them."""
    from orchestration.synth import write

    write(out, children, months, seed, deliveries, gz)
    click.echo(out / "landing")


@cli.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
def dbt(args: tuple[str, ...]) -> NoReturn:
    """Run dbt on the warehouse file, with the right environment: `kobling dbt show --select mart_overrun`."""
    from orchestration.dbt import environment
    from orchestration.settings import PROJECT_ROOT

    settings = _settings()
    # a target folder of its own: another warehouse path would make the job parse everything again
    folders = {
        "DBT_PROJECT_DIR": PROJECT_ROOT,
        "DBT_PROFILES_DIR": PROJECT_ROOT,
        "DBT_TARGET_PATH": settings.warehouse_path.parent / "dbt-by-hand",
        "DBT_LOG_PATH": settings.logs_path,
    }
    os.environ.update(environment(settings.warehouse_path))
    os.environ.update({name: str(folder) for name, folder in folders.items()})
    program = Path(sys.executable).with_name("dbt")
    os.execv(program, [str(program), *args])


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
def dev(args: tuple[str, ...]) -> NoReturn:
    """Open Dagster's web UI on this home, with schedules and sensors; ARGS go to `dagster dev`."""
    settings = _settings()
    settings.require_key()
    if settings.municipality:
        raise ConfigurationError(
            "kobling dev is for a home with an instance of its own; unset KOBLING_MUNICIPALITY, or use the shared pages"
        )
    from orchestration.instance import end_dead_runs, open_instance
    from orchestration.settings import PROJECT_ROOT

    # sets DAGSTER_HOME
    with open_instance(settings) as instance:
        end_dead_runs(instance)
    # the code server works in the project's folder
    os.environ["KOBLING_HOME"] = str(settings.home_path)
    os.environ["KOBLING_LANDING"] = str(settings.landing_path)
    os.chdir(PROJECT_ROOT)
    program = Path(sys.executable).with_name("dagster")
    os.execv(program, [str(program), "dev", "-m", "orchestration.definitions", *args])


def _require_what_a_run_needs(settings: "Settings") -> None:
    """Before anything slow: these need no delivery to be wrong."""
    settings.require_key()
    from orchestration import permissions
    from orchestration.ingest.keys import require_key_of_lake

    if settings.pg_dsn:
        from orchestration.publish.postgres import check_dsn

        check_dsn(settings.pg_dsn.get_secret_value())
    require_key_of_lake(settings)
    permissions.readers(settings)


@contextmanager
def _telling_of_errors(settings: "Settings") -> Iterator[None]:
    """A run that cannot even begin is told of too."""
    try:
        yield
    except Exception as error:
        if settings.webhook_url:
            from orchestration import notices

            notices.tell(settings, [notices.of_error(settings, error)])
        raise


def _settings() -> "Settings":
    from orchestration.settings import load_settings

    return load_settings()


def _logged(error: Exception) -> str:
    """Writes the traceback to the log and says where; says nothing where that fails too."""
    try:
        import logging

        from orchestration.failures import without_values
        from orchestration.logs import logging_to

        log = _settings().logs_path / "kobling.log"
        with logging_to(log):
            logging.getLogger("kobling").error(without_values(error))
    except (OSError, KoblingError):
        return ""
    return f"; {log} has the traceback"
