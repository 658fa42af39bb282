"""The session with Spark: of this process, or of a cluster that SPARK_REMOTE names (Spark Connect)."""

import logging
import os
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.errors import ConfigurationError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

MEANING = {
    # an overflow or a text that is no number is an error, as in DuckDB, not NULL
    "spark.sql.ansi.enabled": "true",
    # a product of decimals keeps its digits, as in DuckDB, instead of giving some up for room
    "spark.sql.decimalOperations.allowPrecisionLoss": "false",
    # Spark 4.3 breaks a valid plan with it (int_posting_match__invoice)
    "spark.sql.optimizer.excludedRules": "org.apache.spark.sql.catalyst.optimizer.RemoveRedundantAliases",
    "spark.sql.session.timeZone": "UTC",
    # the subsets of a collective invoice, int_posting_match__bundle
    "spark.sql.cteRecursionRowLimit": "-1",
    # without a partition's values in a file's name a date would be a text
    "spark.sql.sources.partitionColumnTypeInference.enabled": "true",
}
"""What the figures depend on, whatever the cluster's own settings say."""

LOGGING = Path(__file__).with_name("log4j2.properties")

LOCAL = {
    "spark.driver.memory": "4g",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile={LOGGING.as_uri()}",
}
"""One machine: few partitions, nothing to look at, no door to the network."""


def session() -> "SparkSession":
    """A session of its own, with the settings that the figures depend on: its temporary views are nobody else's.

    Raises:
        ConfigurationError: Spark or a Java runtime is not installed, or the cluster does not answer.
    """
    try:
        found = _first().newSession()
        for name, value in MEANING.items():
            found.conf.set(name, value)
    except Exception as error:
        raise ConfigurationError(
            f"KOBLING_TARGET=spark: Spark does not start ({type(error).__name__}); install a Java runtime of version "
            "17 or later, or set SPARK_REMOTE to a cluster that answers (docs/spark.md)"
        ) from error
    return found


@cache
def _first() -> "SparkSession":
    with warnings.catch_warnings():
        # it says which pandas it was tested with; no frame of pandas goes to Spark
        warnings.simplefilter("ignore")
        from pyspark.sql import SparkSession

    # an exception says it, and is one line by then
    logging.getLogger("SQLQueryContextLogger").disabled = True
    if remote := os.environ.get("SPARK_REMOTE"):
        return SparkSession.builder.remote(remote).getOrCreate()
    builder = SparkSession.builder.master("local[*]").appName("kobling")
    for name, value in LOCAL.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()
