"""The charts' JavaScript, Vega and ours, from installed packages: no page that shows a chart asks the internet for it.

Ours is plain JavaScript, one idea a file, put together here: binary columns (``tables.js``), what a range shows of a
grid (``slices.js``), where an index stands (``places.js``), how a range moves (``steps.js``), what the overview draws
(``profile.js``) and how it is handled (``strip.js``), one chart in one place (``stage.js``) and the charts of a page
that has no kernel (``page.js``).
"""

from imodels_nb.engine.bundle import compressed, source, svg
from imodels_nb.engine.page import page, page_element, standalone_script

__all__ = ["compressed", "page", "page_element", "source", "standalone_script", "svg"]
