"""What a person is told of without looking: a run that failed or was refused, one that is well again, what is late.

Belongs here: which notices a finished run gives, and the way to the webhook. Does not: noticing it (execution for
the command line, sensors for Dagster's own runs).

A notice names what and where, like the line on the terminal: no value of a row, no path of the machine. A webhook
that fails is a line in the log and never a run's failure.
"""

import html
import logging
import re
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg
import requests
import urllib3
from requests.adapters import HTTPAdapter

from orchestration.errors import GateRefused, KoblingError
from orchestration.failures import failure_of, without_values
from orchestration.freshness import Overdue
from orchestration.ingest.landing import shown
from orchestration.instance import MUNICIPALITY_TAG, municipality_tag
from orchestration.settings import Settings

TRIES = 4
BACKOFF_SECONDS = 1.0
TIMEOUT_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 30
"""For a receiver that says when to come again."""
MOST_LINES = 10

_HOME = "$KOBLING_HOME"
_ADDRESS = re.compile(r"\w+://\S+")

logger = logging.getLogger("kobling.notices")


@dataclass(frozen=True)
class Notice:
    """A headline and some lines, without markup."""

    title: str
    lines: tuple[str, ...] = ()


def of_runs(settings: Settings, instance: dg.DagsterInstance, run_ids: Iterable[str]) -> list[Notice]:
    """What is worth telling of finished runs; none where that cannot be found out, which the log says."""
    try:
        return [notice for run_id in run_ids for notice in _of_run(settings, instance, run_id)]
    except Exception as error:
        logger.warning("no notice: %s", without_values(error))
        return []


def _of_run(settings: Settings, instance: dg.DagsterInstance, run_id: str) -> list[Notice]:
    """What is worth telling of a finished run: that it failed, what it refused, that all is well again.

    A refused delivery is told when it is new, not every morning until it is mended.
    """
    run = instance.get_run_by_id(run_id)
    assert run is not None
    before = _run_before(instance, run)
    found = []
    if run.status != dg.DagsterRunStatus.SUCCESS:
        failure = failure_of(_events(instance, run_id))
        title = (
            "the gate refused a build" if failure.exit_status == GateRefused.exit_status else "a run failed"
        )
        found.append(
            _notice(settings, title, [failure.line, "readers still see the publication before it"], run_id)
        )
    elif before and before.status != dg.DagsterRunStatus.SUCCESS:
        found.append(_notice(settings, "well again: a run after a failed one published", [], run_id))
    refused = _refused(instance, run_id)
    if before:
        earlier = set(_refused(instance, before.run_id))
        refused = [line for line in refused if line not in earlier]
    if refused:
        found.append(_notice(settings, "a delivery was refused", refused, run_id))
    return found


def of_error(settings: Settings, error: Exception) -> Notice:
    """A run that did not come to be one."""
    line = str(error) if isinstance(error, KoblingError) else f"unexpected {type(error).__name__}"
    return _notice(settings, "a run failed", [line])


def of_overdue(settings: Settings, late: Sequence[Overdue]) -> Notice:
    """Deliveries that should have come."""
    return _notice(settings, "a delivery is overdue", [str(found) for found in late])


def tell(settings: Settings, notices: Iterable[Notice]) -> None:
    """Posts the notices to the webhook, one by one; without `KOBLING_WEBHOOK_URL`, or where it fails, it goes on."""
    if settings.webhook_url is None:
        return
    url = settings.webhook_url.get_secret_value()
    # its lines on retries quote the address, which is the secret
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    for notice in notices:
        try:
            with _session() as session:
                answer = session.post(
                    url,
                    json=payload(notice, settings.webhook_format),
                    timeout=TIMEOUT_SECONDS,
                    allow_redirects=False,
                )
            if not 200 <= answer.status_code < 300:
                logger.warning("the webhook did not take a notice: it answered %s", answer.status_code)
        except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
            # the message would quote the address
            logger.warning("the webhook did not take a notice: %s", type(error).__name__)


def payload(notice: Notice, format_: str) -> dict[str, Any]:
    """The notice as Microsoft Teams (a card by a Workflows webhook) or Slack and its likes take it."""
    title = f"Kobling: {notice.title}"
    if format_ == "slack":
        escaped = [html.escape(line, quote=False) for line in (title, *notice.lines)]
        return {"text": "\n".join([f"*{escaped[0]}*", *escaped[1:]])}
    blocks: list[dict[str, Any]] = [{"type": "TextBlock", "text": title, "weight": "bolder", "wrap": True}]
    blocks += [{"type": "TextBlock", "text": line, "wrap": True, "spacing": "small"} for line in notice.lines]
    return {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "content": {"type": "AdaptiveCard", "version": "1.4", "body": blocks},
            }
        ],
    }


def _session() -> requests.Session:
    session = requests.Session()
    retry = urllib3.Retry(
        total=TRIES - 1,
        backoff_factor=BACKOFF_SECONDS,
        status_forcelist=(408, 429, 500, 502, 503, 504),
        allowed_methods=None,  # a notice that comes twice is better than none
        raise_on_status=False,
        retry_after_max=LONGEST_WAIT_SECONDS,
    )
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


def _notice(settings: Settings, title: str, lines: Sequence[str], run_id: str | None = None) -> Notice:
    told = [_clean(settings, line) for line in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        told.append(f"and {len(lines) - MOST_LINES} more")
    # ours and not cleaned: the digits of one run id in thirty look like a CPR number
    log = f", log {_HOME}/logs/run-{run_id}.log" if run_id else ""
    told.append(f"on {socket.gethostname()}{log}; what to do stands in docs/operations.md")
    return Notice(title, tuple(told))


def _clean(settings: Settings, line: str) -> str:
    """Without what looks like a CPR number, an address with what may be a password in it, or the machine's folders."""
    for path, name in ((settings.landing_path, "$KOBLING_LANDING"), (settings.home_path, _HOME)):
        line = line.replace(str(path), name)
    return _ADDRESS.sub("[address]", shown(" ".join(line.split())))


def _events(instance: dg.DagsterInstance, run_id: str) -> list[dg.DagsterEvent]:
    kinds = {dg.DagsterEventType.STEP_START, dg.DagsterEventType.STEP_FAILURE}
    return [entry.get_dagster_event() for entry in instance.all_logs(run_id, of_type=kinds)]


def _refused(instance: dg.DagsterInstance, run_id: str) -> list[str]:
    """The deliveries that the run refused, a line each."""
    from orchestration.assets.lake import REFUSED, registry_warnings

    entries = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    return [
        line for line in registry_warnings(entry.get_dagster_event() for entry in entries) if REFUSED in line
    ]


def _run_before(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.DagsterRun | None:
    """The run that finished before this one, of any of our jobs."""
    finished = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]
    own = municipality_tag(run.tags.get(MUNICIPALITY_TAG))
    earlier = instance.get_runs(dg.RunsFilter(statuses=finished, tags=own), cursor=run.run_id, limit=20)
    return next((found for found in earlier if found.job_name.startswith("kobling")), None)
