"""What else the key figures tell: placements, moves and changes, reviews, agreements, consequences.

Belongs here: tables of figures of these subjects, each of a mart of its own. Does not: number, service level and price
(keyfigures_tables), reading them (keyfigures).

A subject whose mart has nothing delivered says so; the page shows the top rows, the workbook all.
"""

from collections.abc import Mapping

from orchestration.publish.figures import Field, Key, Table
from orchestration.publish.keyfigures_tables import (
    ACTIVITY,
    ACTIVITY_NAME,
    KINDS,
    PROVIDER_GROUP,
    PROVIDER_NAME,
    SHOWN,
    Period,
    ratio,
)
from orchestration.templating import month

_COURSE = Key("course_id", "Forløb")
_TYPE = Key("placement_type", "Anbringelsesform")
_AGE = Key("age_band", "Alder")
_TEAM = Key("team_id", "Team", name="coalesce(found.team_id, 'Uden team')")
_PROVIDER = Key("provider", "Leverandør", name=PROVIDER_NAME.format("provider"), sql=PROVIDER_GROUP)


def subjects(period: Period) -> list[tuple[str, str, str, list[Table]]]:
    """The page's sections: id, heading, what to know, tables."""
    return [
        ("forudsaetninger", "Budgettets forudsætninger", "", [_assumptions(period)]),
        ("gennemgang", "Til gennemgang", "", [_review_list(), _double_measures(), _price_changes(period)]),
        (
            "anbringelser",
            "Anbringelser",
            "",
            [_placement_flow(period), _placement_duration(period), _homecomings(period)],
        ),
        (
            "flytninger",
            "Indsatstrappen og skift af sagsbehandler",
            "",
            [_effort_steps(period), _caseworkers(period)],
        ),
        ("aftaler", "Aftaler og skole", "", [_agreements(), _schools(period)]),
        ("konsekvenser", "Konsekvenser på tværs", "", [_consequences(period)]),
    ]


def _named(column: str, names: Mapping[str, str]) -> str:
    """SQL for what a code is called."""
    cases = " ".join(f"when '{code}' then '{name}'" for code, name in names.items())
    return f"case found.{column} {cases} else found.{column} end"


def _alone(column: str) -> str:
    """SQL for a value that only stands on one row."""
    return f"case when count(*) = 1 then max({column}) end"


def _max(name: str, label: str, kind: str = "money", column: str = "") -> Field:
    """A figure that stands on one row, or the same on each."""
    return Field(name, label, f"max({column or name})", kind)


def _assumptions(period: Period) -> Table:
    return Table(
        id="forudsaetninger-tabel",
        title="Forudsat og faktisk",
        note="Skal indmeldes: over tærsklen i to måneder. Afvigelser i antal og pris er i den seneste måned.",
        mart="mart_budget_assumption",
        by=[
            Key("is_reportable", "Skal indmeldes"),
            ACTIVITY,
            Key("provider_kind", "Leverandørtype", name=_named("provider_kind", KINDS)),
            Key("target_group", "Målgruppe"),
            Key("report_by_da", "Indmeldes af"),
        ],
        where=f"fiscal_year = {period.year} and is_assumed",
        order="is_reportable desc nulls last, abs(change_dkk) desc nulls last",
        limit=SHOWN,
        fields=[
            _max("activated_courses", "Forudsat antal", "decimal"),
            _max("average_courses", "Antal nu", "decimal"),
            _max("assumed_unit_price_day", "Forudsat pris pr. døgn", "number"),
            _max("unit_price_day", "Pris pr. døgn", "number"),
            Field("cost_base_dkk", "Forudsat udgift til dato"),
            Field("cost_dkk", "Udgift til dato"),
            Field("change_dkk", "Afvigelse", metric="assumption_change_dkk"),
            _max("number_deviation_pct", "Afvigelse i antal, %", "share"),
            _max("price_deviation_pct", "Afvigelse i pris, %", "share"),
            _max("months_over", "Måneder over tærsklen", "number"),
        ],
        has_total=False,
        empty="Ikke kørt: ingen budgetforudsætninger er leveret.",
    )


def _review_list() -> Table:
    groups = {
        "day_treatment": "dagbehandling",
        "respite": "aflastning",
        "contact_person": "kontaktperson",
        "family_treatment": "familiebehandling",
        "other": "andre",
    }
    return Table(
        id="gennemgangsliste",
        title="Forløb til gennemgang",
        note="De, hvor et kig kan være mest værd i år, først. Prisafviger ligger langt fra forløb af samme slags.",
        mart="mart_review_list",
        by=[
            Key("rank_no", "Nr.", "number"),
            _COURSE,
            Key("review_group", "Gruppe", name=_named("review_group", groups)),
            ACTIVITY,
            _PROVIDER,
            _TEAM,
            Key("is_long_running", "Langvarig"),
            Key("is_price_outlier", "Prisafviger"),
            Key("is_price_on_hold", "Pris tilbageholdt"),
        ],
        order="rank_no",
        limit=SHOWN,
        has_total=False,
        fields=[
            _max("measure_days", "Dage", "number"),
            _max("price_month_dkk", "Pris pr. måned"),
            _max("group_median_dkk", "Andres median"),
            Field("rest_of_year_dkk", "Resten af året"),
            Field("worth_dkk", "Værd at se på", metric="review_worth_dkk"),
        ],
        empty="Ingen forløb til gennemgang.",
    )


def _double_measures() -> Table:
    kinds = {"exclusive_group": "udelukker hinanden", "same_measure": "samme ydelse"}
    return Table(
        id="dobbeltforanstaltninger",
        title="Dobbeltforanstaltninger",
        note="Overlappende forløb for ét barn, løbende først. Den dobbelte udgift er den billigstes, i overlappet.",
        mart="mart_double_measure",
        by=[
            _COURSE,
            Key("other_course_id", "Andet forløb"),
            Key("double_kind", "Slags", name=_named("double_kind", kinds)),
            ACTIVITY,
            Key("other_activity_no", "Anden ydelse", name=ACTIVITY_NAME.format("other_activity_no")),
            _TEAM,
            Key("is_running", "Løber"),
            Key("is_price_on_hold", "Pris tilbageholdt"),
        ],
        order="is_running desc, doubled_year_dkk + doubled_rest_of_year_dkk desc nulls last",
        limit=SHOWN,
        fields=[
            Field("overlap_days", "Dage i overlappet", kind="number"),
            Field("doubled_year_dkk", "Dobbelt udgift i år"),
            Field("doubled_rest_of_year_dkk", "Resten af året"),
            Field("doubled_dkk", "I hele overlappet", metric="double_measure_dkk"),
        ],
        empty="Ingen dobbeltforanstaltninger.",
    )


def _price_changes(period: Period) -> Table:
    units = {"unit": "enhed", "rate": "takst", "payment": "betaling"}
    return Table(
        id="prisaendringer",
        title="Prisændringer pr. leverandør",
        note=f"Ændringer med virkning i {period.year}, også de kommende; de største først.",
        mart="mart_price_change",
        by=[
            _PROVIDER,
            ACTIVITY,
            Key("month", "Fra", "month"),
            Key("price_unit", "Pris pr.", name=_named("price_unit", units)),
            Key("payment_frequency", "", is_hidden=True),
            Key("is_increase", "Stigning"),
        ],
        where=f"fiscal_year = {period.year}",
        order="abs(effect_year_dkk) desc nulls last",
        limit=SHOWN,
        fields=[
            Field("courses", "Forløb", kind="number"),
            Field("old_price", "Gammel pris", _alone("old_price"), "exact"),
            Field("new_price", "Ny pris", _alone("new_price"), "exact"),
            Field("effect_to_date_dkk", "Virkning til dato"),
            Field("effect_year_dkk", "Virkning i året", metric="price_change_year_dkk"),
            Field("beyond_index_year_dkk", "heraf ud over PL"),
            Field("full_year_effect_dkk", "Helårsvirkning", metric="price_change_full_year_dkk"),
        ],
        empty="Ingen prisændringer.",
    )


def _placement_flow(period: Period) -> Table:
    first, last = f"date '{period.year}-01-01'", f"date '{period.month_to}'"
    return Table(
        id="anbragte",
        title="Anbragte børn: tilgang og afgang",
        note=f"{period.heading}. Et barn er i én form ad gangen; et skift mellem former er både til- og afgang.",
        mart="mart_placement_flow",
        by=[_TYPE],
        where=period.to_date(period.year),
        order="at_end desc nulls last",
        fields=[
            Field(
                "at_start", "Ved årets start", f"sum(children_at_start) filter (month = {first})", "number"
            ),
            Field("entries", "Tilgang", kind="number"),
            Field("entries_first", "heraf ny\u00adanbringelser", kind="number"),
            Field("entries_again", "heraf gen\u00adanbringelser", kind="number"),
            Field("exits", "Afgang", kind="number"),
            Field("exits_home", "heraf hjemgivet", kind="number"),
            Field("exits_adult", "heraf fyldt 18", kind="number"),
            Field("age_shifts", "Aldersskift, netto", "sum(age_shifts_in - age_shifts_out)", "number"),
            Field(
                "at_end",
                f"Ultimo {month(period.month_to)}",
                f"sum(children_at_end) filter (month = {last})",
                "number",
            ),
            Field("full_year_persons", "Helårs\u00adpersoner", metric="placed_full_year_persons"),
        ],
        empty="Ingen anbringelser.",
    )


def _placement_duration(period: Period) -> Table:
    return Table(
        id="varighed",
        title="Anbringelsernes varighed",
        note=f"Dage, i {period.year} til dato. Alle er hele anbringelsen på tværs af former. Median af afsluttede er "
        "kort, hvor kun korte kan være slut; den anslåede regner de løbende med.",
        mart="mart_placement_duration",
        by=[_TYPE],
        where=f"calendar_year = {period.year} and age_band = 'Alle'",
        order="placement_type <> 'Alle', running_stays desc",
        has_total=False,
        fields=[
            _max("ended_stays", "Afsluttede", "number"),
            _max("ended_median_days", "Median, afsluttede", "number"),
            _max("running_stays", "Løbende", "number"),
            _max("running_median_days", "Median til nu, løbende", "number"),
            _max("survival_median_days", "Anslået median", "number"),
        ],
        empty="Ingen anbringelser.",
    )


def _homecomings(period: Period) -> Table:
    return Table(
        id="hjemgivelser",
        title="Hjemgivelser",
        note=f"Fra januar {period.year - 1}. – betyder, at der endnu ikke er gået længe nok til at vide det.",
        mart="mart_homecoming",
        by=[_AGE],
        where=f"is_covered and month between date '{period.year - 1}-01-01' and date '{period.month_to}'",
        # a band's first number
        order="try_cast(regexp_extract(age_band, '\\d+') as integer) nulls last",
        fields=[
            Field.of("placements_ended", label="Afsluttede anbringelser"),
            Field.of("homecomings"),
            Field("home_with_measure", "heraf med støtte", kind="number"),
            Field("home_without_measure", "heraf uden støtte", kind="number"),
            Field("left_as_adult", "Fyldt 18", kind="number"),
            Field("again_half_year", "Anbragt igen inden et halvt år", kind="number"),
        ],
        empty="Ingen afsluttede anbringelser.",
    )


def _effort_steps(period: Period) -> Table:
    directions = {"up": "op, mere indgribende", "down": "ned, mindre indgribende", "unknown": "ukendt"}
    return Table(
        id="indsatstrappen",
        title="Flytninger på indsatstrappen",
        note=f"{period.heading}, efter sagshistorikken.",
        mart="mart_effort_step_move",
        by=[
            Key("from_step", "Fra trin"),
            Key("to_step", "Til trin"),
            Key("direction", "Retning", name=_named("direction", directions)),
        ],
        where=f"month between date '{period.year}-01-01' and date '{period.month_to}'",
        order="moves desc",
        limit=SHOWN,
        fields=[Field("moves", "Flytninger", kind="number")],
        empty="Ingen flytninger.",
    )


def _caseworkers(period: Period) -> Table:
    newest = f"month = date '{period.month_to}'"
    return Table(
        id="sagsbehandlere",
        title="Skift af sagsbehandler",
        note="– betyder, at historikken ikke når et år tilbage.",
        mart="mart_caseworker_change",
        by=[_TEAM],
        where=f"month between date '{period.year}-01-01' and date '{period.month_to}'",
        order="changes desc",
        fields=[
            Field("changes", f"Skift i {period.year} til dato", metric="caseworker_changes"),
            Field(
                "children",
                f"Børn ved udgangen af {month(period.month_to)}",
                "sum(children)",
                "number",
                where=newest,
            ),
            Field(
                "changes_12_months",
                "Deres skift det seneste år",
                "sum(changes_12_months)",
                "number",
                where=newest,
            ),
            Field(
                "per_child",
                "Skift pr. barn",
                ratio("sum(changes_12_months)", "sum(children)"),
                "exact",
                where=newest,
            ),
            Field(
                "three_or_more",
                "Børn med tre eller flere",
                "sum(children_3_or_more_changes)",
                "number",
                where=newest,
            ),
        ],
        empty="Ingen børn med sagsbehandler.",
    )


def _agreements() -> Table:
    return Table(
        id="aftaler-tabel",
        title="Aftaler til genforhandling",
        note="De, hvor en bedre pris giver mest, først. Uden aftale: ingen er leveret for firmaet og ydelsen.",
        mart="mart_agreement",
        by=[
            Key("rank_no", "Nr.", "number"),
            Key("agreement_no", "Aftale", name="coalesce(found.agreement_no, 'ingen')"),
            Key("provider_id", "Leverandør", name=PROVIDER_NAME.format("provider_id")),
            ACTIVITY,
            Key("status_da", "Status"),
        ],
        order="rank_no",
        limit=SHOWN,
        has_total=False,
        fields=[
            _max("renegotiate_by_on", "Genforhandles senest", "date"),
            Field("courses_running", "Løbende forløb", kind="number"),
            Field("full_year_dkk", "Helårsudgift"),
            _max("price_day_dkk", "Pris pr. dag nu"),
            _max("agreed_price_day_now_dkk", "Aftalt pris nu"),
            _max("others_price_day_dkk", "Andres median"),
            Field.of("over_price_dkk", label="Helårsudgift over den laveste"),
        ],
        empty="Ingen køb hos firmaer.",
    )


def _schools(period: Period) -> Table:
    shown = "filter (school_dkk is not null)"
    return Table(
        id="skole",
        title="Anbringelser og dagbehandling med skole: hvem betaler",
        note=f"Bogført i {period.year} til og med {month(period.month_to)}. – betyder, at skolens side ikke kan ses på "
        "kontiene; andelen er af det, hvor den kan.",
        mart="mart_school_placement",
        by=[_PROVIDER],
        where=f"month between date '{period.year}-01-01' and date '{period.month_to}'",
        order="social_dkk desc",
        limit=SHOWN,
        fields=[
            Field("social_dkk", "Socialområdet"),
            Field("social_teaching_dkk", "heraf følgeudgift, der kan være skole"),
            Field("school_dkk", "Skolen"),
            Field(
                "school_share_pct",
                "Skolens andel, %",
                ratio("sum(school_dkk) * 100", f"sum(social_dkk + school_dkk) {shown}"),
                "share",
            ),
        ],
        empty="Ingen posteringer på de konti.",
    )


def _consequences(period: Period) -> Table:
    return Table(
        id="konsekvenser-tabel",
        title="Hvad beslutninger koster her og sparer der",
        note="Positivt koster, negativt sparer. Netto er beslutningens virkning for hele kommunen i året.",
        mart="mart_consequence",
        by=[
            Key(
                "decision_no", "Beslutning", name="concat_ws(' ', found.decision_no, found.decision_title_da)"
            ),
            Key("decision_title_da", "", is_hidden=True),
            Key("department_da", "Afdeling"),
            Key("fiscal_year", "År", "year"),
        ],
        where=f"fiscal_year >= {period.year}",
        order="fiscal_year, decision_no, department_da",
        limit=SHOWN,
        has_total=False,
        fields=[
            Field("effect_dkk", "Virkning"),
            Field("expected_dkk", "Forventet virkning", metric="consequence_expected_dkk"),
            Field("courses_cost_dkk", "Forløbenes udgift"),
            _max("net_expected_dkk", "Kommunen netto, forventet"),
        ],
        empty="Ikke kørt: intet register over konsekvenser er leveret.",
    )
