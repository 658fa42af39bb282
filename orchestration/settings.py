"""Where Kobling's folders and secrets are, read from the environment once per run.

Belongs here: the environment variables of the fixed interface and the paths derived from them.
Does not: anything a profile, a seed or a dbt variable says.
"""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from orchestration.errors import ConfigurationError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
"""The folder of dbt_project.yml: the models are read from the checkout, not from the wheel."""
MEMORY_LIMIT = "3500MB"
"""What DuckDB may hold in building, checking and publishing; more spills beside the warehouse file."""


Target = Literal["duckdb", "spark"]
"""The engine that builds models."""


class Settings(BaseSettings):
    """The interface's environment variables (prefix `KOBLING_`) and the paths that follow from them.

    The pseudonym key is a `SecretStr`: it never shows in a repr, a log line or Dagster's pages.
    """

    model_config = SettingsConfigDict(env_prefix="KOBLING_", env_ignore_empty=True, frozen=True)

    home: Path = Path("data")
    landing: Path | None = None
    profiles: Path | None = None
    pseudonym_key: SecretStr | None = None
    previous_pseudonym_key: SecretStr | None = None
    target: Target = "duckdb"
    pg_dsn: SecretStr | None = None
    webhook_url: SecretStr | None = None
    webhook_format: Literal["teams", "slack"] = "teams"
    keep_publications: int = Field(default=12, ge=1)
    group_marts: str | None = None
    group_steward: str | None = None
    group_public: str | None = None
    keep_publications_months: int | None = Field(default=None, ge=1)
    keep_deliveries_months: int | None = Field(default=None, ge=24)
    keep_logs: int = Field(default=100, ge=1)
    municipality: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9_]{0,30}$")
    dagster_home: Path | None = Field(default=None, validation_alias="DAGSTER_HOME")

    @property
    def home_path(self) -> Path:
        """`KOBLING_HOME` as an absolute path: Dagster and dbt run with other working directories."""
        return self.home.resolve()

    @property
    def landing_path(self) -> Path:
        """The landing folder: one folder a source, below it one a delivery date."""
        return (self.landing or self.home / "landing").resolve()

    @property
    def profiles_path(self) -> Path | None:
        """The municipality's own profiles, beside the shipped ones."""
        return self.profiles.resolve() if self.profiles else None

    @property
    def lake_path(self) -> Path:
        """Typed, pseudonymised deliveries as Parquet."""
        return self.home_path / "lake"

    @property
    def quarantine_path(self) -> Path:
        """Where the refused rows are listed, without personal values."""
        return self.home_path / "quarantine"

    @property
    def warehouse_path(self) -> Path:
        """The private build; no BI tool opens it."""
        return self.home_path / "warehouse" / "kobling.duckdb"

    @property
    def observations_path(self) -> Path:
        """What the gap rules saw on each delivery date, stored once."""
        return self.home_path / "warehouse" / "observations"

    @property
    def published_path(self) -> Path:
        """Publications, and `current` that points at one of them."""
        return self.home_path / "published"

    @property
    def dagster_path(self) -> Path:
        """Dagster's instance, runs, events, schedules: of this home, or the one that several municipalities share."""
        return self.dagster_home if self.municipality and self.dagster_home else self.home_path / "dagster"

    @property
    def audit_path(self) -> Path:
        """The trail of what was forgotten, rotated and retired."""
        return self.home_path / "audit" / "audit.jsonl"

    @property
    def rotating_path(self) -> Path:
        """A lake under a new key, finished and about to take the old one's place."""
        return self.home_path / ".rotating"

    @property
    def logs_path(self) -> Path:
        """What a run says beyond its lines on the terminal."""
        return self.home_path / "logs"

    def require_key(self) -> bytes:
        """The pseudonym key as bytes.

        Raises:
            ConfigurationError: none is set, or it is shorter than 16 characters. No key, no ingest.
        """
        key = self.pseudonym_key.get_secret_value() if self.pseudonym_key else ""
        if len(key) < 16:
            raise ConfigurationError(
                "KOBLING_PSEUDONYM_KEY is not set or shorter than 16 characters; "
                "set it to the municipality's secret key (kept outside the project) and run again"
            )
        return key.encode()


def load_settings() -> Settings:
    """The settings of this environment.

    Raises:
        ConfigurationError: a variable has a value that is not allowed; the text names it, not its value.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "KOBLING_" + "_".join(str(part) for part in first["loc"]).upper()
        raise ConfigurationError(f"{name}: {first['msg']}; correct the environment variable") from None
    if settings.target == "spark":
        _check_spark()
    return settings


def _check_spark() -> None:
    """Before a run, not after its first minutes."""
    if find_spec("pyspark") is None:
        raise ConfigurationError("KOBLING_TARGET: spark needs the extra of that name; pip install '.[spark]'")
    if not (os.environ.get("SPARK_REMOTE") or os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise ConfigurationError(
            "KOBLING_TARGET: spark needs a Java runtime of version 17 or later, or a cluster (SPARK_REMOTE); "
            "install one (Debian: openjdk-17-jre-headless)"
        )
