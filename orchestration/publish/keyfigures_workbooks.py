"""The key figures for the controller: the page's tables as a workbook, with more of their rows.

Belongs here: which file there is. Does not: reading the tables (keyfigures), sheets of tables (figure_workbooks).
"""

from pathlib import Path
from typing import Final

from orchestration.publish.figure_workbooks import FigureBook, Told
from orchestration.publish.keyfigures import KeyFigures

KEYFIGURES_FILE: Final = "noegletal.xlsx"


def write(folder: Path, found: KeyFigures | None) -> dict[str, str]:
    """Writes the workbook where there is something for it.

    Returns:
        Name of the file → what it is.
    """
    if found is None:
        return {}
    told = [
        *(Told(compared.title, "", compared.sentences) for compared in found.compared),
        Told("Priser", "", [[found.price_note], *([found.on_hold] if found.on_hold else [])]),
    ]
    FigureBook(folder / KEYFIGURES_FILE, "Nøgletal", found.manifest, told, found.tables).write()
    return {KEYFIGURES_FILE: "Nøgletallene i Excel"}
