"""What is read out of posting texts: references, months, parts, and hints at the child as keyed hashes."""

import datetime
import hmac

import pytest

KEY = b"synthetic-key-of-the-tests"
POSTED = "03.01.2022"


def key(domain: str, value: str) -> str:
    return hmac.digest(KEY, f"{domain}:{value}".encode(), "sha256").hex()[:32]


EXAMPLES: list[tuple[str, dict[str, object]]] = [
    ("Fra Ballerup Kommune ref: 834", {"text_course_id": "834"}),
    ("SD-løn april 2022 ref 387", {"text_course_id": "387", "service_month": "2022-04"}),
    ("SD-løn regulering januar 2022 ref 1554", {"text_course_id": "1554", "service_month": "2022-01"}),
    ("BOS 1234", {"text_course_id": "1234"}),
    ("BOS0000301 kontorhold", {}),
    ("Transportomkostninger Caroline H. uge 25-47 BOS 18",
     {"text_course_id": "18", "is_text_course_id_cut": True,
      "hint_first_name_initial_key": key("first_name_initial", "caroline h")}),
    ("JANUAR 2022 SAGSNR 27.12.08-G01-1-22",
     {"text_appropriation_id": "27.12.08-G01-1-22", "service_month": "2022-01"}),
    ("DECEMBER 2020 SAGSNR 27.27.42-G01-4-21-Mor BOS 944",
     {"text_appropriation_id": "27.27.42-G01-4-21-Mor", "service_month": "2020-12", "text_course_id": "944",
      "is_text_course_id_cut": True}),
    ("AUGUST 2021 SAGSNR 27.27.21-G01-7-20 BOS 484 (2/2)",
     {"text_appropriation_id": "27.27.21-G01-7-20", "service_month": "2021-08", "text_course_id": "484",
      "part_no": 2, "part_count": 2}),
    ("Omp./tilbageført: JANUAR 2022 SAGSNR 27.06.08-G01-",
     {"text_appropriation_id": "27.06.08-G01-", "is_text_appropriation_id_cut": True,
      "service_month": "2022-01", "is_reversal_text": True}),
    ("Omp.: NOVEMBER 2021 SAGSNR 27.27.24-G01-39-20",
     {"text_appropriation_id": "27.27.24-G01-39-20", "service_month": "2021-11"}),
    ("Overvåget Olivia P. uge 39-22", {"hint_first_name_initial_key": key("first_name_initial", "olivia p")}),
    ("Kost- Mikkel Å. uge 1-2022", {"hint_first_name_initial_key": key("first_name_initial", "mikkel å")}),
    ("Omp./tilbageført: Plejefamilier, vederlag 11/2021 ", {"service_month": "2021-11", "is_reversal_text": True}),
    ("240607 jan. 2021", {"service_month": "2021-01", "hint_birth_key": key("birth", "240607")}),
    ("080515 mar. 2022 (2/2)",
     {"service_month": "2022-03", "hint_birth_key": key("birth", "080515"), "part_no": 2, "part_count": 2}),
    ("091215 maj. 2021", {"service_month": "2021-05", "hint_birth_key": key("birth", "091215")}),
    ("Tolk 01/2021", {"service_month": "2021-01"}),
    ("Konsulentbistand efter § 11,3,1 05/2021", {"service_month": "2021-05"}),
    ("Børnepsykologisk undersøgelse jf §50-5 08/2021", {"service_month": "2021-08"}),
    ("Døgninstitutioner vedr. nedsat funktionsevne 06/20", {"service_month": "2021-06"}),
    ("Døgninstitutioner vedr. sociale adfærdsproblemer 1", {}),
    ("Fakt. 2-2022", {"service_month": "2022-02"}),
    ("Timer december 2021, CJ (2/2)",
     {"service_month": "2021-12", "hint_initials_key": key("initials", "cj"), "part_no": 2, "part_count": 2}),
    ("Timer august 2021, MLB", {"service_month": "2021-08", "hint_initials_key": key("initials", "mlb")}),
    ("Timer marts 2021, MAJ", {"service_month": "2021-03", "hint_initials_key": key("initials", "maj")}),
    ("Faktura vedr. MAJ oktober 2021", {"service_month": "2021-10", "hint_initials_key": key("initials", "maj")}),
    ("Faktura vedr. MCÅ december 2021",
     {"service_month": "2021-12", "hint_initials_key": key("initials", "mcå")}),
    ("Ophold januar 2022 - Mikkel",
     {"service_month": "2022-01", "hint_first_name_key": key("first_name", "mikkel")}),
    ("Ophold april 2021 - Mikkel BOS 620",
     {"service_month": "2021-04", "hint_first_name_key": key("first_name", "mikkel"), "text_course_id": "620"}),
    ("Samlefaktura december 2021 (2 børn)", {"service_month": "2021-12", "child_count": 2}),
    ("Faktura januar", {"service_month": "2022-01"}),
    ("Afregning februar", {"service_month": "2021-02"}),
    ("Afregning april (2/2)", {"service_month": "2021-04", "part_no": 2, "part_count": 2}),
    ("Akut ophold Victor december",
     {"service_month": "2021-12", "hint_first_name_key": key("first_name", "victor")}),
    ("Støttetimer August", {"hint_first_name_key": key("first_name", "august")}),
    ("Opstartsgebyr Rosa", {"hint_first_name_key": key("first_name", "rosa")}),
    ("Intern afregning Familiehuset Ballerup januar 2022", {"service_month": "2022-01"}),
    ("Intern afregning Familiehuset Ballerup december 20", {"service_month": "2021-12"}),
    ("Intern afregning Familiehuset Ballerup februar 202", {"service_month": "2021-02"}),
    ("Omp.: Intern afregning Familiehuset Ballerup septe", {"service_month": "2021-09"}),
    ("Husleje og el, rådhuset afsnit C-BUR januar 2022", {"service_month": "2022-01"}),
    ("Rådgivning iflg. aftale", {}),
    ("Praktisk, pædagogisk eller anden støtte i hjemmet ", {}),
    ("", {}),
]  # fmt: skip

NOTHING = {
    "text_course_id": None, "is_text_course_id_cut": False, "text_appropriation_id": None,
    "is_text_appropriation_id_cut": False, "service_month": None, "part_no": None, "part_count": None,
    "child_count": None, "is_reversal_text": False, "hint_initials_key": None, "hint_first_name_key": None,
    "hint_first_name_initial_key": None, "hint_birth_key": None,
}  # fmt: skip


@pytest.fixture
def parsed(world):
    """All examples in one delivery, posted on 3 January 2022; what became of each."""
    world.postings(
        *(
            {"posting_id": str(number), "text": text, "posted_on": POSTED}
            for number, (text, _) in enumerate(EXAMPLES)
        )
    )
    world.loaded()
    return [dict(zip(NOTHING, row, strict=True)) for row in world.rows("posting", ", ".join(NOTHING))]


def test_texts_are_read_as_they_are_meant(parsed):
    for (text, expected), found in zip(EXAMPLES, parsed, strict=True):
        month = expected.get("service_month")
        first = datetime.date.fromisoformat(f"{month}-01") if month else None
        assert found == {**NOTHING, **expected, "service_month": first}, text


def test_hints_meet_the_childs_keys(world):
    world.bos({"cpr_number": "2406074321", "name": "Mikkel  Christian Åby"})
    world.loaded()
    columns = (
        "child_initials_key, child_first_name_key, child_first_name_initial_key, child_birth_key, child_key"
    )
    assert world.rows("course_payment", columns)[0] == (
        key("initials", "mcå"),
        key("first_name", "mikkel"),
        key("first_name_initial", "mikkel å"),
        key("birth", "240607"),
        key("person", "2406074321"),
    )
