"""The page docs/findings.md lists the rules as they are."""

import runpy
from pathlib import Path

from imodels_nb.insights import RULES

ROOT = Path(__file__).parents[2]


def test_the_page_lists_every_rule_as_it_is() -> None:
    page = (ROOT / "docs" / "findings.md").read_text("utf-8")
    tool = runpy.run_path(str(ROOT / "tools" / "findings_page.py"))
    assert page.partition(tool["MARK"])[2].strip() == tool["format_rules"]().strip(), (
        "run python tools/findings_page.py"
    )


def test_every_rule_says_why_and_what_to_do() -> None:
    names = {rule.name for rule in RULES}
    assert len(names) == len(RULES)
    for rule in RULES:
        assert rule.why.endswith("."), rule.name
        assert rule.advice.endswith("."), rule.name
        assert rule.threshold, rule.name
        assert not rule.threshold.endswith("."), rule.name
        assert set(rule.explains) <= names, rule.name
