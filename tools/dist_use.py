"""A trial of the installed package without a checkout."""

import sysconfig
from pathlib import Path

from imodels_nb import IModelsClient, PushTimeline, __file__, charts, fetch_changesets, sample

installed = Path(__file__).parent
if not installed.is_relative_to(sysconfig.get_path("purelib")):
    raise SystemExit(f"This is {installed}, not the installed package.")
changesets = sample.load_changesets()
charts.push_timeline(changesets).save("timeline.html", inline=True)
PushTimeline(changesets).close()
with sample.start(changesets=1_500) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    fetched = fetch_changesets(client, hub.imodel_id)
size = Path("timeline.html").stat().st_size
print(f"installed: {len(changesets):,} rows offline, {len(fetched):,} fetched, a chart of {size / 1e6:.1f} MB")
