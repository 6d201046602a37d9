"""A year of a small plant: who pushed what, and when."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from imodels_hub.plant.imodel import PlantIModel

PEOPLE = (
    ("Ana", "Moreira"),
    ("Ben", "Achterberg"),
    ("Chloe", "Nakamura"),
    ("Dev", "Rao"),
    ("Elif", "Yilmaz"),
    ("Piping", "Connector"),
)
"""Users of the pushes; the last one is a service."""

ANA = 0
BEN = 1
CHLOE = 2
DEV = 3
ELIF = 4
CONNECTOR = 5
SCHEMA = 1
DEFINITIONS = 2
SPATIAL = 4
SHEETS = 8
GLOBAL = 32

_SEED = 11
_START = datetime(2025, 1, 6, 7, 0, tzinfo=UTC)
_FRIDAY = 5
_RUN_DAYS = {1, 3, 8, 10, 11}  # days of two weeks
_DAYS = 343
_REBUILD_DAY = 287
_VALVES_DELETED_DAY = 217
_UPGRADES = {98: 1, 231: 2}
_DRAWINGS_DAY = 150
_RENAMES = ("P-101", "P-101A", "P-101", "PU-101", "P-101-A", "P-0101", "P-101 (duty)", "P-101", "P-101A duty")


class PlantPush(NamedTuple):
    """One push, with the function that makes its edits."""

    user: int
    moment: datetime
    description: str
    kinds: int
    edit: Callable[[], object]


class PlantEdits:
    """The edits of a year, in order; each has to run before the next one is drawn.

    Parameters
    ----------
    imodel
        iModel that is edited.
    """

    def __init__(self, imodel: PlantIModel) -> None:
        self._imodel = imodel
        self._random = random.Random(_SEED)  # noqa: S311  # edits, no secret
        self._moment = _START
        self._models: dict[str, int] = {}
        self._category = 0
        self._numbers = {"Pump": 100, "Pipe": 0, "Valve": 0, "Support": 0, "Drawing": 0}
        self._elements: dict[str, list[int]] = {"Pump": [], "Pipe": [], "Valve": [], "Support": []}
        self._imported: list[int] = []
        self._renames = list(_RENAMES[1:])

    def iterate_pushes(self) -> Iterator[PlantPush]:
        """Yield the pushes of the year."""
        yield self._push(ANA, "Schema PlantDemo 1.0.0", SCHEMA, self._import_schema)
        yield self._push(ANA, "Models and categories", DEFINITIONS, self._insert_models)
        yield self._push(BEN, "First pumps", SPATIAL, lambda: self._insert("Pump", 6))
        yield self._push(CHLOE, "First valves", SPATIAL, lambda: self._insert("Valve", 24))
        yield self._push(DEV, "Supports of the pipe rack", SPATIAL, lambda: self._insert("Support", 30))
        yield self._push(
            ANA, "Project extents", GLOBAL, lambda: self._imodel.set_extents('{"low":[0,0,0],"high":[120,60,20]}')
        )
        for day in range(_DAYS):
            self._moment = _START + timedelta(days=day, hours=1)
            if self._moment.isoweekday() <= _FRIDAY:
                yield from self._generate_day(day)

    def _generate_day(self, day: int) -> Iterator[PlantPush]:
        if day in _UPGRADES:
            version = _UPGRADES[day]
            yield self._push(ANA, f"Schema PlantDemo 1.0.{version}", SCHEMA, lambda: self._upgrade_schema(version))
        if day == _VALVES_DELETED_DAY:
            yield self._push(CHLOE, "Remove all gate valves: the supplier changes", SPATIAL, self._delete_valves)
        if day == _VALVES_DELETED_DAY + 8:
            yield self._push(CHLOE, "Valves of the new supplier", SPATIAL, lambda: self._insert("Valve", 40))
        if day == _REBUILD_DAY:
            yield self._push(CONNECTOR, "Synchronization of Piping.dgn (all elements new)", SPATIAL, self._rebuild)
        elif day % 14 in _RUN_DAYS:
            yield self._push(CONNECTOR, "Synchronization of Piping.dgn", SPATIAL, self._synchronize)
        if day % 7 == 2:  # noqa: PLR2004  # Wednesdays
            yield from self._work_by_hand(day)
        if day >= _DRAWINGS_DAY and day % 14 == 4:  # noqa: PLR2004  # every second Friday
            yield self._push(ELIF, "Drawing for review", SHEETS, self._insert_drawing)

    def _work_by_hand(self, day: int) -> Iterator[PlantPush]:
        week = day // 7
        if week % 5 == 1 and self._renames:
            user = (ANA, BEN, CHLOE)[week % 3]
            label = self._renames.pop(0)
            yield self._push(user, f"Rename to {label}", SPATIAL, lambda: self._rename_first_pump(label))
        if week % 2:
            yield self._push(BEN, "Flow rates after calculation", SPATIAL, self._change_flow_rates)
        else:
            yield self._push(DEV, "Supports moved to the new pipe route", SPATIAL, self._move_supports)
        if week % 3 == 1:
            yield self._push(CHLOE, "Valves along the new pipes", SPATIAL, lambda: self._insert("Valve", 4))
        if week % 6 == 5:  # noqa: PLR2004  # every sixth week
            yield self._push(BEN, "One more pump and what it feeds", SPATIAL, self._insert_pump_group)

    def _push(self, user: int, description: str, kinds: int, edit: Callable[[], object]) -> PlantPush:
        self._moment += timedelta(minutes=self._random.randint(4, 90), seconds=self._random.randint(0, 59))
        return PlantPush(user, self._moment, description, kinds, edit)

    def _import_schema(self) -> None:
        schemas = self._imodel.schemas
        schemas.add_plant(0, ("Pump", "Pipe", "Valve", "Support"))
        schemas.add_property("Pump", "FlowRate", "js2")
        schemas.add_property("Pipe", "Diameter", "js2")
        schemas.add_property("Valve", "Kind", "js2", is_text=True)
        schemas.add_property("Support", "Load", "js2")

    def _upgrade_schema(self, version: int) -> None:
        schemas = self._imodel.schemas
        schemas.add_plant(version, () if version == 1 else ("Instrument",))
        if version == 1:
            schemas.add_property("Pump", "Power", "js3")
            schemas.add_property("Pump", "Maker", "js4", is_text=True)
        else:
            schemas.add_property("Instrument", "Signal", "js2", is_text=True)
            self._elements["Instrument"] = []
            self._numbers["Instrument"] = 0

    def _insert_models(self) -> None:
        self._category = self._imodel.insert_category("Equipment")
        for code in ("Pump house", "Pipe rack"):
            self._models[code] = self._imodel.insert_partition("PhysicalPartition", code, "PhysicalModel")
        self._models["Drawings"] = self._imodel.insert_partition("DocumentPartition", "Drawings", "DocumentListModel")

    def _insert(self, class_name: str, count: int, **values: object) -> list[int]:
        model = self._models["Pump house" if class_name in {"Pump", "Instrument"} else "Pipe rack"]
        made = []
        for _ in range(count):
            self._numbers[class_name] += 1
            number = self._numbers[class_name]
            own = {
                "Pump": 40.0 + number % 7,
                "Pipe": 0.1 * (1 + number % 4),
                "Valve": ("gate", "ball", "check")[number % 3],
            }
            origin = {"x": number % 40 * 3.0, "y": number // 40 * 2.0, "z": 4.0 if class_name == "Pipe" else 0.0}
            label = f"{'P' if class_name == 'Pump' else class_name}-{number}"
            shared = {"js2": own.get(class_name, 12.5), **origin, **values}
            made.append(self._imodel.insert(class_name, model, self._category, label, **shared))
        self._elements[class_name] += made
        return made

    def _insert_pump_group(self) -> None:
        pump = self._insert("Pump", 1)[0]
        for pipe in self._insert("Pipe", 3):
            self._imodel.insert_relationship(pump, pipe)
        if "Instrument" in self._elements:
            self._insert("Instrument", 2, js2="4-20 mA", parent=pump)

    def _rename_first_pump(self, label: str) -> None:
        self._imodel.update(self._elements["Pump"][0], label=label)

    def _change_flow_rates(self) -> None:
        for pump in self._random.sample(self._elements["Pump"], 3):
            self._imodel.update(pump, js2=float(self._random.randint(30, 90)))
        if self._moment > _START + timedelta(days=min(_UPGRADES)):
            pump = self._random.choice(self._elements["Pump"])
            self._imodel.update(
                pump, js3=float(self._random.choice((5.5, 7.5, 11))), js4=self._random.choice(("ACME", "Nordflow"))
            )

    def _move_supports(self) -> None:
        for support in self._random.sample(self._elements["Support"], 6):
            self._imodel.update(support, x=self._random.randint(0, 120) * 1.0, y=self._random.randint(0, 60) * 1.0)

    def _delete_valves(self) -> None:
        for valve in self._elements["Valve"]:
            self._imodel.delete(valve)
        self._elements["Valve"] = []

    def _insert_drawing(self) -> None:
        self._numbers["Drawing"] += 1
        self._imodel.insert_drawing(self._models["Drawings"], f"D-{self._numbers['Drawing']:03d}")

    def _synchronize(self) -> None:
        """Update, delete and add pipes, as a run of the piping software does."""
        for pipe in self._random.sample(self._imported, min(len(self._imported), self._random.randint(3, 9))):
            self._imodel.update(pipe, js2=0.1 * self._random.randint(1, 8), y=self._random.randint(0, 60) * 1.0)
        for pipe in self._random.sample(self._imported, min(len(self._imported), self._random.randint(0, 2))):
            self._imodel.delete(pipe)
            self._imported.remove(pipe)
            self._elements["Pipe"].remove(pipe)
        self._import_pipes(self._random.randint(4, 14))

    def _import_pipes(self, count: int) -> None:
        for pipe in self._insert("Pipe", count):
            self._imodel.insert_aspect(pipe, f"dgn:{self._numbers['Pipe']}")
            self._imported.append(pipe)

    def _rebuild(self) -> None:
        """Delete and add all imported pipes, as a connector does without its records."""
        count = len(self._imported)
        for pipe in self._imported:
            self._imodel.delete(pipe)
            self._elements["Pipe"].remove(pipe)
        self._imported = []
        self._import_pipes(count)
