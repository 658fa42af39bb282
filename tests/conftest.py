"""What all tests share: a home of their own, a key of their own, and the shared extracts where they are.

Belongs here: fixtures that more than one folder of tests uses. Every personal number and name in the tests is
synthetic.
"""

import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from orchestration.settings import PROJECT_ROOT, Settings
from tests.effort import OPTION, TORTURE
from tests.home import AS_OF, Home, kobling


def pytest_addoption(parser: pytest.Parser) -> None:
    """`make torture`, `make test-spark`."""
    parser.addoption(OPTION, action="store_true", help="the long version of every test that has one")
    parser.addoption("--spark", action="store_true", help="the tests on Apache Spark")


def pytest_configure(config: pytest.Config) -> None:
    """Says it to the other processes and to decorators, which are evaluated before any fixture is there."""
    if config.getoption(OPTION):
        os.environ[TORTURE] = "1"


@pytest.fixture(scope="session")
def torture(request: pytest.FixtureRequest) -> bool:
    """Whether the long version is asked for; such a test carries the mark of the same name."""
    return bool(request.config.getoption(OPTION))


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch):
    """The developer's own KOBLING_ settings reach no test."""
    for name in list(os.environ):
        if name.startswith("KOBLING_") and name != "KOBLING_SHARED":
            monkeypatch.delenv(name)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An empty home with a synthetic key; looking twice at fresh deliveries takes no second here."""
    monkeypatch.setattr("orchestration.ingest.landing.RECHECK_SECONDS", 0.01)
    return Settings(home=tmp_path / "home", pseudonym_key="synthetic-key-of-the-tests")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The shared extracts; tests that need them are skipped where they are not."""
    path = Path(os.environ.get("KOBLING_SHARED", PROJECT_ROOT.parent / "shared" / "data"))
    if not path.is_dir():
        pytest.skip("the shared extracts (shared/data beside the checkout, or KOBLING_SHARED) are not there")
    return path


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Home:
    """The publications of AS_OF on the shared extracts; minutes of work, once. Who adds to it publishes no new date."""
    path = tmp_path_factory.mktemp("home")
    printed = {}
    for as_of in AS_OF:
        arguments = ["run"] if as_of == AS_OF[0] else ["run", "--as-of", as_of]
        printed[as_of] = kobling(path, shared_data / "landing", *arguments)
        assert printed[as_of].returncode == 0, printed[as_of].stderr
    return Home(path, printed)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whoever asks for the shared extracts carries their mark; who needs `home` comes first, for that takes longest.

    Spark's tests are a command of their own.
    """
    if not config.getoption("--spark"):
        left_out = [item for item in items if item.get_closest_marker("spark")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    for item in items:
        if "shared_data" in getattr(item, "fixturenames", ()):
            item.add_marker("shared")
    items.sort(key=lambda item: not _needs_home(item.path))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A file's tests run in one process, and all files that need `home` in the same one: it is made once.

    The groups of pytest-xdist 3.8 do the same by a mark, and have no effect with pytest 9.2.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByDearFixture(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::")[0]
            return "home" if _needs_home(config.rootpath / file) else file

    return ByDearFixture(config, log)


@cache
def _needs_home(file: Path) -> bool:
    return "home: Home" in file.read_text(encoding="utf-8")
