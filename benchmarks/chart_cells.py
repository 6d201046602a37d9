"""Cells of the measured notebook: the data, our charts, and those of the peers."""

from pathlib import Path

DATA = Path(__file__).with_name("chart_data.py").read_text() + "\n\nfrom imodels_nb import FileSizes, PushTimeline\n"

OURS = "from imodels_nb import FileSizes, PushTimeline\nlive = {kind}(build_changesets({count}))\nlive"

WITH_VERSIONS = """\
versioned = PushTimeline(build_changesets({count}), build_versions({count}, {named}))
versioned
"""

PEERS = """
import altair as alt
import ipywidgets
alt.JupyterChart.enable_offline()
rows, canvas = build_plain({count}), {"renderer": "canvas", "actions": False}

def picture(data, lo=None, hi=None):
    base = alt.Chart(data)
    if lo is not None:
        base = base.transform_filter("datum.index >= lo && datum.index <= hi")
    bars = base.mark_bar().encode(alt.X("time:T", bin=alt.Bin(maxbins=200)), y="count()", color="kind:N")
    label = base.transform_aggregate(first="min(index)", last="max(index)").transform_calculate(
        words="'Changesets ' + datum.first + ' to ' + datum.last"
    )
    binned = base.transform_bin("bin", "time", bin=alt.Bin(maxbins=200))
    counted = binned.transform_aggregate(count="count()", groupby=["bin"])
    so_far = counted.transform_window(total="sum(count)", sort=[alt.SortField("bin")])
    growth = so_far.mark_line().encode(x="bin:T", y="total:Q").properties(height=90)
    return alt.vconcat(growth, bars + label.mark_text(y=-6, x=100).encode(text="words:N"))
"""

VEGAFUSION = """
import sys
sys.path.append({peers!r})
import vegafusion
alt.data_transformers.enable("vegafusion")
lo = alt.param("lo", value=1, bind=alt.binding_range(min=1, max={count}, step=1))
hi = alt.param("hi", value={count}, bind=alt.binding_range(min=1, max={count}, step=1))
fused = alt.JupyterChart(picture(rows, lo, hi).add_params(lo, hi), embed_options=canvas)
fused
"""

REASSIGNED = """
alt.data_transformers.enable("default", max_rows=None)
slider = ipywidgets.IntRangeSlider(value=({half}, {count}), min=1, max={count}, layout={{"width": "600px"}})
again = alt.JupyterChart(picture(rows.iloc[{half} - 1 :]), embed_options=canvas)

def redraw(change):
    first, last = change["new"]
    again.chart = picture(rows.iloc[first - 1 : last])

slider.observe(redraw, "value")
ipywidgets.VBox([slider, again])
"""
