"""What cannot be translated is said, and all models can be; without Spark."""

import pytest

from orchestration import dbt
from orchestration.settings import PROJECT_ROOT
from orchestration.spark.columns import relation_types
from orchestration.spark.queries import SMALL, Untranslatable
from orchestration.spark.translate import spark_type, translate

TYPES = {
    "marts": {
        "edge": {
            "id": "INTEGER",
            "money": "DECIMAL(18,2)",
            "real": "DOUBLE",
            "day": "DATE",
            "text": "VARCHAR",
        }
    }
}


@pytest.mark.parametrize(
    "expression",
    [
        "format('{:.2f}', real)",
        "median(money)",
        "regexp_replace(text, 'a', 'b')",
        "date_trunc('week', day)",
        "string_agg(text, ', ')",
        "day + interval 1 hour",
        "damerau_levenshtein(text, 'a') = 2",
    ],
)
def test_what_is_not_known_to_mean_the_same_is_refused(expression: str) -> None:
    with pytest.raises(Untranslatable):
        translate(f"select {expression} as value from marts.edge", TYPES, "asked")


def test_every_model_is_translated() -> None:
    dbt.prepare()
    types = relation_types(PROJECT_ROOT)
    for name, sql in dbt.compiled().items():
        if name.startswith("model."):
            model = name.rsplit(".", maxsplit=1)[-1]
            assert translate(sql, types, model)[-1].name == model


def test_what_is_read_twice_is_a_step_of_its_own() -> None:
    big = " union all ".join(["select id from marts.edge"] * (SMALL + 1))
    sql = (
        f"with big as ({big}), small as (select id from big) "
        "select a.id from small as a inner join small as b on a.id = b.id"
    )
    *steps, model = translate(sql, TYPES, "mart")
    assert [step.name for step in steps] == ["mart__small"]
    assert model.sql.count("marts__edge") == 0
    assert "mart__small AS a" in model.sql


@pytest.mark.parametrize(
    ("ours", "sparks"),
    [
        ("HUGEINT", "DECIMAL(38, 0)"),
        ("TIMESTAMP", "TIMESTAMP_NTZ"),
        ("DATE[]", "ARRAY<DATE>"),
        ("VARCHAR", "STRING"),
    ],
)
def test_types(ours: str, sparks: str) -> None:
    assert spark_type(ours) == sparks
