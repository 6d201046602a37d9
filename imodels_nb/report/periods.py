"""The tables behind the charts: a timeline summed up by month, quarter or year."""

from typing import Any

import numpy as np
import pandas as pd

from imodels_nb._format import format_bytes
from imodels_nb.aggregate import LABELS, WAITING, Ledger
from imodels_nb.insights.evidence import Evidence

_MOST = 40
_WORDS = {"M": "month", "Q": "quarter", "Y": "year"}


def periods(evidence: Evidence, ledger: Ledger) -> dict[str, Any]:
    """Sum a timeline up by the shortest of month, quarter and year that keeps the tables short.

    Parameters
    ----------
    evidence, ledger
        The timeline, of one length and order.

    Returns
    -------
    dict
        ``word`` (of the period), ``pushes`` and ``sizes``: each a table with ``head`` and ``rows`` of texts. Periods
        without a changeset are left out.
    """
    unit, codes, names = _split(evidence)
    kinds = [code for code in sorted(set(ledger.code.tolist())) if LABELS[code] != WAITING]
    counts = {
        "changesets": np.bincount(codes, minlength=len(names)),
        "waiting": np.bincount(codes[~ledger.uploaded], minlength=len(names)),
        **{LABELS[kind]: np.bincount(codes[ledger.code == kind], minlength=len(names)) for kind in kinds},
    }
    return {
        "word": _WORDS[unit],
        "pushes": {
            "head": [_WORDS[unit], *counts],
            "rows": [[name, *(f"{count[row]:,}" for count in counts.values())] for row, name in enumerate(names)],
        },
        "sizes": {
            "head": [_WORDS[unit], "files", "together", "median", "largest", "at changeset"],
            "rows": _sizes(ledger, codes, names),
        },
    }


def _split(evidence: Evidence) -> tuple[str, Any, list[str]]:
    moments = pd.DatetimeIndex(evidence.local_second.view("datetime64[s]"))
    for unit in _WORDS:
        codes, found = pd.factorize(moments.to_period(unit), sort=True)
        if len(found) <= _MOST:
            break
    return unit, codes, [str(period) for period in found]


def _sizes(ledger: Ledger, codes: Any, names: list[str]) -> list[list[str]]:
    rows = []
    for code, name in enumerate(names):
        mine = np.flatnonzero(ledger.uploaded & (codes == code))
        if not len(mine):
            continue
        size = ledger.size[mine]
        sizes = [format_bytes(round(float(figure))) for figure in (size.sum(), np.median(size), size.max())]
        rows.append([name, f"{len(mine):,}", *sizes, f"{ledger.index[mine[size.argmax()]]:,}"])
    return rows
