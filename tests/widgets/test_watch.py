"""Charts that show other changesets, and that watch an iModel, at the sample hub."""

import asyncio
import threading
import time
from collections.abc import Iterator
from threading import Event
from typing import Any

import pandas as pd
import pytest
from helpers.hub_faults import edit_body
from helpers.waiting import wait_until

from imodels_hub import Hub, generate_project
from imodels_nb import (
    ElementChanges,
    FileSizes,
    IModelsClient,
    PushTimeline,
    StaticTokenCredential,
    fetch_changesets,
    link_ranges,
    sample,
)
from imodels_nb.widgets.watch import Watch, validate_interval

FRAME = sample.load_changesets(changesets=60)
IMODEL_ID = "5e19bee0-3aea-4355-a9f0-c6df9989ee7d"


@pytest.fixture(autouse=True)
def hide_loop() -> Iterator[None]:
    """Hide the loop of Playwright's driver, which stays after browser tests."""
    before = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(before)


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub(generate_project(60)) as running:
        yield running


@pytest.fixture
def client(hub: Hub) -> Iterator[IModelsClient]:
    with IModelsClient(StaticTokenCredential(hub.token), base_url=hub.base_url) as opened:
        yield opened


class Chart:
    """The part of a chart that a watch needs, without the cost of drawing."""

    time_zone = "UTC"

    def __init__(self, changesets: pd.DataFrame) -> None:
        self.changesets = changesets
        self.shown: list[str] = []

    def update(self, changesets: pd.DataFrame) -> None:
        self.changesets = changesets

    def show_status(self, text: str) -> None:
        self.shown.append(text)


@pytest.fixture
def chart(hub: Hub, client: IModelsClient) -> Chart:
    return Chart(fetch_changesets(client, hub.imodel_id))


@pytest.fixture(scope="module")
def timeline() -> Iterator[PushTimeline]:
    chart = PushTimeline(FRAME)
    yield chart
    chart.close()


def read_status(chart: Any) -> str:
    return str(chart._model.status)


class Clock:
    """Waits that take no time, until an hour is over."""

    def __init__(self, limit: float = 3600.0) -> None:
        self.now = 0.0
        self.limit = limit
        self.delays: list[float] = []

    def wait(self, stop: Event, seconds: float) -> bool:
        self.now += seconds
        self.delays.append(seconds)
        return stop.is_set() or self.now >= self.limit


def test_the_range_stays_unless_it_ends_at_the_last_changeset() -> None:
    chart = PushTimeline(FRAME)
    ranges = {(10, 40): (10, 60), (10, 20): (10, 20)}
    for before, after in ranges.items():
        chart.update(FRAME.loc[:40])
        chart.index_range = before
        chart.update(FRAME)
        assert chart.index_range == chart.slider.value == after
        assert (chart.slider.min, chart.slider.max) == (1, 60)
        assert chart.selected.equals(FRAME.loc[after[0] : after[1]])


@pytest.mark.parametrize("build", [PushTimeline, FileSizes])
def test_an_updated_chart_is_the_one_that_a_new_one_would_be(build: Any) -> None:
    chart, new = build(FRAME.loc[50:55]), build(FRAME)
    chart.update(FRAME)
    for name in ("spec", "grid", "axis"):
        assert getattr(chart._model, name) == getattr(new._model, name)
    assert chart.index_range == (1, 60)
    chart.update(FRAME.iloc[:0])
    assert chart.index_range == (0, 0)
    chart.update(FRAME.loc[50:55])
    assert chart.index_range == (50, 55)


def test_a_linked_chart_of_the_old_frame_stays_in_its_bounds(timeline: PushTimeline) -> None:
    sizes = FileSizes(FRAME.loc[:40])
    timeline.update(FRAME.loc[:40])
    unlink = link_ranges(timeline, sizes)
    timeline.update(FRAME)
    unlink()
    assert timeline.index_range == (1, 60)
    assert sizes.index_range == (1, 40)


def test_an_invalid_frame_leaves_the_chart_as_it_is(timeline: PushTimeline) -> None:
    for invalid in (FRAME.drop(columns="file_size"), "text"):
        with pytest.raises((TypeError, ValueError)):
            timeline.update(invalid)  # type: ignore[arg-type]
    assert timeline.changesets.equals(FRAME)
    assert timeline.index_range == (1, 60)


def test_an_hour_takes_sixty_requests(hub: Hub, client: IModelsClient, chart: Chart) -> None:
    before = len(hub.log)
    watch = Watch(chart, client, hub.imodel_id, 60, wait=Clock().wait)
    watch.start()
    wait_until(lambda: not watch.is_running)
    assert len(hub.log) - before == 60
    assert {line.split()[1] for line in hub.log[before:]} == {"/imodels/…/changesets"}
    assert chart.shown == ["Watching for new pushes, every 60 seconds."]


def test_changesets_of_another_imodel_are_named(hub: Hub, client: IModelsClient) -> None:
    chart = Chart(FRAME.head(50).assign(id=FRAME["id"].str[::-1]))
    watch = Watch(chart, client, hub.imodel_id, 60, wait=Clock(60).wait)
    watch.start()
    wait_until(lambda: not watch.is_running)
    assert "Check imodel_id." in chart.shown[-1]


def test_new_pushes_are_shown_with_one_request(hub: Hub, client: IModelsClient, timeline: PushTimeline) -> None:
    timeline.update(FRAME)
    timeline.index_range = (10, 60)
    hub.push(3)
    before = len(hub.log)
    timeline.watch(client, hub.imodel_id)
    wait_until(lambda: "3 new pushes at" in read_status(timeline))
    assert read_status(timeline).endswith(" UTC.")
    assert len(hub.log) - before == 1
    assert timeline.index_range == (10, 63)
    assert timeline.changesets.index[-1] == timeline.slider.max == 63
    timeline.stop_watching()
    assert read_status(timeline) == ""
    hub.push(1)
    time.sleep(0.1)
    assert timeline.slider.max == 63


def test_failures_are_shown_and_tried_again_later(hub: Hub, client: IModelsClient, chart: Chart) -> None:
    clock = Clock(10_000)
    for _ in range(3):
        hub.inject(edit_body(lambda body: body.pop("changesets")))
    watch = Watch(chart, client, hub.imodel_id, 100, wait=clock.wait)
    watch.start()
    wait_until(lambda: not watch.is_running)
    assert clock.delays[:5] == [0, 200, 400, 600, 100]
    assert chart.shown[1].startswith("No response at ")
    assert chart.shown[1].endswith("Next try in 200 seconds.")
    assert chart.shown[-1].startswith("Connected again at ")


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_watch_ends_with_the_sign_in_and_says_what_to_do(
    hub: Hub, client: IModelsClient, chart: Chart, status: int
) -> None:
    hub.inject(f"server-error:status={status},times=0")
    watch = Watch(chart, client, hub.imodel_id, 60)
    watch.start()
    wait_until(lambda: not watch.is_running)
    assert chart.shown[-1].startswith("Watching has ended at ")
    assert str(status) in chart.shown[-1]
    assert chart.shown[-1].endswith("Then call watch() again.")


def test_an_error_of_the_chart_ends_the_watch(hub: Hub, client: IModelsClient, chart: Chart) -> None:
    chart.update = lambda _: FRAME.loc["x"]  # type: ignore[method-assign,assignment,return-value]
    hub.push(1)
    watch = Watch(chart, client, hub.imodel_id, 60)
    watch.start()
    wait_until(lambda: not watch.is_running)
    assert chart.shown[-1].startswith("Watching has ended at ")
    assert "(KeyError). Fetch" in chart.shown[-1]
    assert chart.shown[-1].endswith("call watch() on it.")


def test_a_closed_chart_and_a_second_watch_end_the_first(hub: Hub, client: IModelsClient) -> None:
    chart = FileSizes(FRAME)
    chart.watch(client, hub.imodel_id)
    first = chart._watch
    assert first is not None
    assert first.is_running
    chart.watch(client, hub.imodel_id)
    second = chart._watch
    assert second is not None
    wait_until(lambda: not first.is_running)
    assert second.is_running
    chart.close()
    wait_until(lambda: not [thread for thread in threading.enumerate() if thread.name == "imodels-nb-watch"])
    assert all(not watch.is_running for watch in (first, second))


def test_the_chart_changes_in_the_loop_of_the_kernel(hub: Hub, client: IModelsClient, timeline: PushTimeline) -> None:
    threads: set[threading.Thread] = set()
    timeline.observe(lambda _: threads.add(threading.current_thread()), "index_range")
    timeline._model.observe(lambda _: threads.add(threading.current_thread()), ["grid", "status"])

    async def run() -> None:
        timeline.watch(client, hub.imodel_id)
        for _ in range(200):
            await asyncio.sleep(0.02)
            if "2 new pushes" in read_status(timeline):
                break

    hub.push(2)
    timeline.update(FRAME)
    timeline.index_range = (1, 60)
    threads.clear()
    asyncio.run(run())
    timeline.stop_watching()
    assert timeline.index_range == (1, 62)
    assert threads == {threading.current_thread()}


def test_a_child_process_does_not_have_the_watch(hub: Hub, client: IModelsClient, chart: Chart) -> None:
    watch = Watch(chart, client, hub.imodel_id, 60)
    watch.start()
    watch.stop()
    watch.reset_after_fork()
    assert not watch.is_running


@pytest.mark.parametrize("every", [4.9, 0, -1, "60", float("nan"), None])
def test_an_invalid_interval_is_an_error(client: IModelsClient, timeline: PushTimeline, every: Any) -> None:
    with pytest.raises(ValueError, match="every should be"):
        timeline.watch(client, IMODEL_ID, every=every)
    assert validate_interval(5) == 5


def test_other_invalid_arguments_are_errors(client: IModelsClient, timeline: PushTimeline) -> None:
    with pytest.raises(ValueError, match="imodel_id should be a GUID"):
        timeline.watch(client, "Bridge")
    with pytest.raises(TypeError, match="client should be an IModelsClient"):
        timeline.watch(client.credential, "x")  # type: ignore[arg-type]


def test_a_chart_of_elements_cannot_be_watched(client: IModelsClient) -> None:
    changes = sample.load_changes()
    chart = ElementChanges(changes, sample.load_changesets(changesets=228))
    with pytest.raises(TypeError, match=r"ElementChanges cannot be watched.*Calendar and People can"):
        chart.watch(client, "x")
    with pytest.raises(TypeError, match="ElementChanges cannot show other changesets"):
        chart.update(FRAME)
