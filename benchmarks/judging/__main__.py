"""The command ``python -m benchmarks.judging``, which writes JUDGE.md."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.judging.histories import FOLDER, UNSEEN, History, load_histories
from benchmarks.judging.judge import SURROGATES, Judgment, count_false_alarms, evaluate, evaluate_sample
from benchmarks.judging.truths import TRUTHS
from imodels_nb import findings, sample

RESULTS = Path(__file__).parents[1] / "JUDGE.md"
LEAST_SURROGATES = 200
ROWS = 1_000_000
BUDGET = 5.0
MAX_FALSE_ALARMS = 0.02
_KEEPS_GIANTS = {"silence": ("permuted",)}
"""Rules that find a gap itself, and the surrogates that keep it: they prove nothing there."""

_HOW_SURROGATES = """\
{count} surrogates of each kind, {each} of each history. *timetable*: each push keeps its weekday and hour, in a random
week. *permuted*: gaps, sizes, accounts and kinds are permuted. Gaps and files that are giants are drawn again from the
others. A share is that of surrogates with any finding of the rule, with `all=True`."""
_WHY_NO_PROOF = """\
A long gap is a silence wherever it stands, and *permuted* keeps the gaps, so it proves nothing about that rule."""


def main() -> int:
    """Run the evaluation and write its tables."""
    lines = ["# What the findings are worth", "", "Written by `make judge`. No figure here is written by hand.", ""]
    lines += ["## The sample", "", *_describe_sample(), ""]
    histories = load_histories()
    if histories:
        judgments = [evaluate(history) for history in histories]
        seen = [judgment for judgment in judgments if judgment.number not in UNSEEN]
        unseen = [judgment for judgment in judgments if judgment.number in UNSEEN]
        lines += ["## Histories that the rules were made on", "", *_format_judgments(seen), ""]
        lines += ["## Histories that were kept out of sight", "", *_format_judgments(unseen), ""]
        lines += ["## False alarms", "", *_describe_false_alarms(histories), ""]
    else:
        lines += [f"**The real histories are missing at {FOLDER.name}: nothing was measured on them.**", ""]
        print(f"SKIPPED: there are no real histories in {FOLDER}.", file=sys.stderr)
    lines += ["## Cost", "", _describe_cost(), ""]
    text = "\n".join(lines)
    print(text)
    if histories:
        RESULTS.write_text(text, encoding="utf-8")
    return int(not histories)


def _describe_sample() -> list[str]:
    found, planted, contents = evaluate_sample()
    text = (
        f"{found} of {planted} planted anomalies are found at their range, and {contents} of 4 stories of the plant, "
        "whose files have contents."
    )
    return [text]


def _format_judgments(judgments: list[Judgment]) -> list[str]:
    rows = ["| history | findings | true | useful | stories | missed |", "|---|---|---|---|---|---|"]
    for judgment in judgments:
        missed = "; ".join(judgment.missed) or "-"
        counts = f"{judgment.findings} | {judgment.true} | {judgment.useful}"
        rows.append(f"| {judgment.number:02} | {counts} | {judgment.found} of {judgment.stories} | {missed} |")
    findings_ = sum(judgment.findings for judgment in judgments)
    stories = sum(judgment.stories for judgment in judgments)
    true, useful = (
        sum(getattr(judgment, name) for judgment in judgments) / max(findings_, 1) for name in ("true", "useful")
    )
    found = sum(judgment.found for judgment in judgments) / max(stories, 1)
    rows.append(f"| all | {findings_} | {true:.0%} | {useful:.0%} | {found:.0%} of {stories} | |")
    false = [f"* history {judgment.number:02}: {text}" for judgment in judgments for text in judgment.false]
    added = sum(truth.is_added for judgment in judgments for truth in TRUTHS[judgment.number])
    note = f"{added} entries of these truths were added after a rule had reported them and the data had confirmed them."
    return [*rows, "", "Goals: at most 8 findings, 95% true, 60% useful, 80% of the stories.", "", note, "", *false]


def _describe_false_alarms(histories: list[History]) -> list[str]:
    least = int(sys.argv[1]) if len(sys.argv) > 1 else LEAST_SURROGATES
    shares = count_false_alarms(histories, least)
    per_history = -(-least // len(histories))
    rows = [
        _HOW_SURROGATES.format(count=per_history * len(histories), each=per_history),
        "",
        f"| rule | {' | '.join(SURROGATES)} |",
        f"|---|{'---|' * len(SURROGATES)}",
    ]
    for rule, row in shares.sort_index().iterrows():
        cells = [
            f"{row[kind]:.1%} (no proof)" if kind in _KEEPS_GIANTS.get(str(rule), ()) else f"{row[kind]:.1%}"
            for kind in SURROGATES
        ]
        rows.append(f"| {rule} | {' | '.join(cells)} |")
    return [*rows, "", f"All other rules: 0. Goal: {MAX_FALSE_ALARMS:.0%}. {_WHY_NO_PROOF}"]


def _describe_cost() -> str:
    changesets = sample.load_changesets(changesets=ROWS)
    versions = sample.load_named_versions(changesets=ROWS)
    times = [(_measure(changesets.describe), _measure(lambda: findings(changesets, versions))) for _ in range(5)]
    describe, found = np.median(times, axis=0)
    verdict = "kept" if found <= BUDGET * describe else "MISSED"
    return (
        f"`findings` on {ROWS:,} rows takes {found:.2f} s of the processor, {found / describe:.1f} times "
        f"`frame.describe()` (budget {BUDGET:g}: {verdict})."
    )


def _measure(call: Callable[[], Any]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start


if __name__ == "__main__":
    sys.exit(main())
