"""Bundles of the JavaScript modules; their own tests are in tests/js."""

import re
from collections import Counter
from pathlib import Path

import pytest

from imodels_nb import charts, engine

ROOT = Path(__file__).parents[2]
MODULES = ROOT / "imodels_nb" / "engine" / "js"
WIDGETS = ROOT / "imodels_nb" / "widgets"
REPORT = ROOT / "imodels_nb" / "report" / "report.js"
ENTRIES = [
    MODULES / "engine.js",
    MODULES / "bootstrap.js",
    MODULES / "follow_system_theme.js",
    *sorted(WIDGETS.glob("*.js")),
    REPORT,
]
_DECLARATION = re.compile(r"^(?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda path: path.name)
def test_a_bundle_has_no_imports_and_unique_names(entry: Path) -> None:
    text = engine.bundle_modules(entry)
    names = Counter(_DECLARATION.findall(text))
    assert not re.search(r"^(import|export (?!default))", text, re.MULTILINE)
    assert [name for name, count in names.items() if count > 1] == []


def test_a_module_comes_once_and_before_its_importers() -> None:
    names = _DECLARATION.findall(engine.bundle_modules(MODULES / "engine.js"))
    assert names.count("decompress") == 1
    assert (
        names.index("findLowerBound") < names.index("IndexScale") < names.index("RangeBrush") < names.index("ChartView")
    )


def test_every_module_is_part_of_an_entry() -> None:
    bundles = "".join(engine.bundle_modules(entry) for entry in ENTRIES)
    for module in MODULES.glob("*.js"):
        (name, *_) = [*_DECLARATION.findall(module.read_text()), "imodelsNbEngine"]
        assert name in bundles, module.name


def test_limits_and_sentences_stand_in_python_alone() -> None:
    text = engine.bundle_modules(MODULES / "engine.js")
    assert set(charts.LIMITS) == {*re.findall(r"limits\.(\w+)", text)}
    ends = {"first", "last", "first_changeset", "last_changeset"}  # the name of an end is a variable there
    assert set(charts.SENTENCES["controls"]) == {*re.findall(r"texts\.(\w+)", text), *ends}
    widgets = "".join(engine.bundle_modules(entry) for entry in ENTRIES)
    literals = re.findall(r'"(?:[^"\\\n]|\\.)*"|`[^`]*`', widgets)
    assert not [literal for literal in literals if re.match('["`][A-Z][a-z]+ [a-z]', literal)]
