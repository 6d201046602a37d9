"""The list of the rules in docs/findings.md, from the rules themselves.

``python tools/findings_page.py`` writes it; a test compares it.
"""

from pathlib import Path

from imodels_nb.insights import RULES
from imodels_nb.insights.ranking import MAX_FINDINGS
from imodels_nb.insights.rule import Rule

PAGE = Path(__file__).parents[1] / "docs" / "findings.md"
MARK = "<!-- The rest of this page is written by tools/findings_page.py. -->\n"


def format_rules() -> str:
    """Return a table of the rules, and then each rule, as Markdown."""
    rows = [f"| [{rule.name}](#{_format_anchor(rule)}) | {rule.looks_for} | {_format_needs(rule)} |" for rule in RULES]
    table = ["| rule | looks for | needs |", "|---|---|---|", *rows, ""]
    return "\n".join([*table, *(_format_rule(rule) for rule in RULES)])


def _format_anchor(rule: Rule) -> str:
    return rule.name.replace(" ", "-")


def _format_needs(rule: Rule) -> str:
    return ", ".join(f"`{_ARGUMENTS.get(name, name)}`" for name in rule.requires)


def _format_rule(rule: Rule) -> str:
    lines = [
        f"### {rule.name}",
        "",
        rule.looks_for,
        "",
        f"* **Threshold**: {rule.threshold}.",
        f"* **Why it matters**: {rule.why}",
        f"* **What to do**: {rule.advice}",
    ]
    if rule.method:
        lines.append(f"* **Method**: {rule.method}")
    if rule.requires:
        lines.append(f"* **Needs**: {_format_needs(rule)}")
    if rule.explains:
        lines.append(f"* **Reported instead of**: {', '.join(rule.explains)}, if both report the same event")
    return "\n".join([*lines, ""])


_ARGUMENTS = {
    "runs": "changesets with groups",
    "checkpoints_or_versions": "checkpoints or named_versions",
}


def main() -> None:
    """Write the list into the page, below the mark."""
    head = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
    PAGE.write_text(f"{head}{MARK}\n{format_rules()}", encoding="utf-8")
    print(f"{PAGE.name}: {len(RULES)} rules, at most {MAX_FINDINGS} findings by default")


if __name__ == "__main__":
    main()
