"""Files of the plant, and of a real iModel, which stands beside the project."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import apsw
import pandas as pd
import pytest

from imodels_hub import build_plant_project
from imodels_hub.database.changeset_files import replay
from imodels_nb.contents.file_list import ChangesetEntry, list_files


@dataclass(frozen=True)
class RealIModel:
    """A small iModel of the vendor's engine: its files, and what its reader read."""

    root: Path

    @property
    def baseline(self) -> Path:
        return self.root / "baseline.bim"

    @property
    def tip(self) -> Path:
        return self.root / "tip.bim"

    @property
    def folder(self) -> Path:
        return self.root / "changesets"

    @property
    def changesets(self) -> pd.DataFrame:
        facts = pd.DataFrame(json.loads((self.root / "changesets.json").read_text("utf-8")))
        frame = facts.rename(columns={"index": "changeset_index", "parentId": "parent_id", "size": "file_size"})
        return frame.set_index("changeset_index")[["id", "parent_id", "description", "file_size"]]

    def entries(self) -> list[ChangesetEntry]:
        return list_files(self.folder, self.changesets, 1 << 30)


@pytest.fixture(scope="session")
def real() -> RealIModel:
    """Return the real iModel in $IMODELS_NB_SHARED, or in shared/ beside the project."""
    beside = [parent / "shared" for parent in Path(__file__).resolve().parents]
    for shared in [Path(os.environ.get("IMODELS_NB_SHARED", "/missing")), *beside]:
        if (shared / "real-imodel/changesets.json").is_file():
            return RealIModel(shared / "real-imodel")
    return pytest.skip("NOT CHECKED AGAINST REAL FILES: shared/real-imodel is not there; set IMODELS_NB_SHARED.")


@pytest.fixture(scope="session")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the files of the plant, and a checkpoint of changeset 100."""
    project = build_plant_project()
    folder = tmp_path_factory.mktemp("plant")
    for name, content in project.files.items():
        (folder / name).write_bytes(content)
    changesets = project.changesets[:100]
    files = [project.files[f"{changeset.id}.cs"] for changeset in changesets]
    (folder / "100.bim").write_bytes(replay(project.files["baseline.bim"], files, changesets[-1].id, 100))
    (folder / "100-without-index.bim").write_bytes((folder / "100.bim").read_bytes())
    with apsw.Connection(str(folder / "100-without-index.bim")) as database:
        database.execute("DELETE FROM be_Local WHERE Name = 'parentChangeset'")
    return folder
