"""The rows that the vendor's client returns, compared with the hub field by field.

Expected values are written here from the records, apart from the hub's own way of writing them.
"""

import base64
import json
import subprocess
from bisect import bisect_right
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from imodels_hub import Hub, Project, generate_project
from imodels_hub.records import Changeset, NamedVersion

HERE = Path(__file__).parent
CLIENT = HERE.parents[1] / "build" / "conformance"
AT = 40

pytestmark = pytest.mark.conformance


@pytest.fixture(scope="module")
def project() -> Project:
    return generate_project(250)


@pytest.fixture(scope="module")
def rows(project: Project) -> list[Changeset]:
    return list(project.changesets)


@pytest.fixture(scope="module")
def base_url() -> list[str]:
    return []


@pytest.fixture(scope="module")
def output(project: Project, rows: list[Changeset], base_url: list[str]) -> Any:
    """Run the client once; return all that it prints."""
    with Hub(project) as hub:
        base_url.append(f"{hub.base_url}/imodels/{hub.imodel_id}")
        address = {
            "base_url": hub.base_url,
            "token": hub.token,
            "wrong_token": "wrong",
            "itwin_id": hub.itwin_id,
            "imodel_id": hub.imodel_id,
            "changeset_index": AT,
            "changeset_id": rows[AT - 1].id,
        }
        command = ["node", str(HERE / "client.mjs"), str(CLIENT), json.dumps(address)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def link(base_url: list[str], *path: str) -> dict[str, str]:
    return {"href": "/".join((base_url[0], *path))}


def application(project: Project, application_id: str | None) -> dict[str, str] | None:
    return next(
        (
            {"id": application.id, "name": application.name}
            for application in project.applications
            if application.id == application_id
        ),
        None,
    )


def minimal(row: Changeset, base_url: list[str]) -> dict[str, Any]:
    return {
        "id": row.id,
        "displayName": f"{row.changeset_index}",
        "description": row.description,
        "index": row.changeset_index,
        "parentId": row.parent_id,
        "creatorId": row.creator_id,
        "pushDateTime": row.push_date_time,
        "state": "fileUploaded",
        "containingChanges": row.containing_changes,
        "fileSize": row.file_size,
        "briefcaseId": row.briefcase_id,
        "groupId": row.group_id,
        "_links": {"creator": link(base_url, "users", row.creator_id), "self": link(base_url, "changesets", row.id)},
    }


def list_checkpoints(project: Project) -> list[int]:
    return [0, *(row.changeset_index for row in project.checkpoints if row.state == "successful")]


def before(project: Project, index: int) -> int:
    known = list_checkpoints(project)
    return known[bisect_right(known, index) - 1]


def full(project: Project, row: Changeset, base_url: list[str]) -> dict[str, Any]:
    versions = {version.changeset_index: version.id for version in project.named_versions}
    version, checkpoint = versions.get(row.changeset_index), str(before(project, row.changeset_index))
    expected = minimal(row, base_url)
    expected["application"] = application(project, row.application_id)
    expected["synchronizationInfo"] = json.loads(row.synchronization_info) if row.synchronization_info else None
    expected["_links"] |= {
        "namedVersion": link(base_url, "namedversions", version) if version else None,
        "currentOrPrecedingCheckpoint": link(base_url, "changesets", checkpoint, "checkpoint"),
    }
    return expected


def without_download(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row without its signed link, which is new in each; check the link."""
    links = dict(row["_links"])
    download = links.pop("download")
    assert download["storageType"] == "azure"
    assert f"/{row['id']}.cs?" in download["href"]
    return {**row, "_links": links}


def test_changesets_equal_the_database(
    output: Any, project: Project, rows: list[Changeset], base_url: list[str]
) -> None:
    given = output["changesets"]
    assert given["minimal"] == [minimal(row, base_url) for row in rows]
    assert list(map(without_download, given["full"])) == [full(project, row, base_url) for row in rows]
    assert given["pages"] == [60, 60, 60, 60, 10]
    assert [row["index"] for row in given["range"]] == [6, 7, 8, 9, 10]
    assert given["descending"] == given["minimal"][::-1]
    for single in (given["byId"], given["byIndex"]):
        assert without_download(single) == full(project, rows[AT - 1], base_url)


def version_of(version: NamedVersion) -> dict[str, Any]:
    return {
        "id": version.id,
        "displayName": version.name,
        "changesetId": version.changeset_id,
        "changesetIndex": version.changeset_index,
    }


def full_version(project: Project, version: NamedVersion, base_url: list[str]) -> dict[str, Any]:
    return {
        **version_of(version),
        "name": version.name,
        "description": version.description,
        "createdDateTime": version.created_date_time,
        "state": version.state,
        "application": application(project, version.application_id),
        "_links": {
            "creator": link(base_url, "users", version.creator_id),
            "changeset": link(base_url, "changesets", str(version.changeset_id)),
        },
    }


def test_named_versions_equal_the_database(output: Any, project: Project, base_url: list[str]) -> None:
    newest_first = project.named_versions[::-1]
    given = output["namedVersions"]
    assert given["minimal"] == [version_of(version) for version in newest_first]
    assert given["full"] == [full_version(project, version, base_url) for version in newest_first]
    assert given["single"] == given["full"][0]
    reviews = [
        version.id for version in newest_first if "review" in version.name.lower() and version.state == "visible"
    ]
    assert [row["id"] for row in given["found"]] == reviews


def test_briefcases_equal_the_database(output: Any, project: Project, base_url: list[str]) -> None:
    given = output["briefcases"]
    expected = [
        {
            "id": str(row.briefcase_id),
            "displayName": f"#{row.briefcase_id}" + (f" {row.device_name}" if row.device_name else ""),
            "briefcaseId": row.briefcase_id,
            "ownerId": row.owner_id,
            "acquiredDateTime": row.acquired_date_time,
            "fileSize": row.file_size,
            "deviceName": row.device_name,
            "application": application(project, row.application_id),
            "_links": {
                "owner": link(base_url, "users", row.owner_id),
                "checkpoint": link(base_url, "briefcases", "checkpoint"),
            },
        }
        for row in project.briefcases
    ]
    assert given["full"] == expected
    assert given["minimal"] == [{"id": row["id"], "displayName": row["displayName"]} for row in expected]
    assert given["single"] == expected[0]
    mine = [row["id"] for row in expected if row["ownerId"] == project.users[0].id]
    assert [row["id"] for row in given["mine"]] == mine


def test_users_equal_the_database(output: Any, project: Project, rows: list[Changeset], base_url: list[str]) -> None:
    pushed, versions = (Counter(row.creator_id for row in those) for those in (rows, project.named_versions))
    last = {row.creator_id: row.push_date_time for row in rows}
    used = defaultdict(set)
    for row in rows:
        used[row.creator_id].add(row.application_id)
    for given, short, user in zip(output["users"]["full"], output["users"]["minimal"], project.users, strict=True):
        applications = given["statistics"].pop("applications")
        assert short == {"id": user.id, "displayName": user.email, "_links": {"self": link(base_url, "users", user.id)}}
        assert given == {
            **short,
            "givenName": user.given_name,
            "surname": user.surname,
            "email": user.email,
            "statistics": {
                "pushedChangesetsCount": pushed[user.id],
                "lastChangesetPushDate": last.get(user.id),
                "createdVersionsCount": versions[user.id],
                "briefcasesCount": sum(briefcase.owner_id == user.id for briefcase in project.briefcases),
            },
        }
        assert {application["id"] for application in applications} == used[user.id]
    assert output["users"]["single"]["id"] == project.users[0].id


def test_groups_and_extended_data_equal_the_database(
    output: Any, project: Project, rows: list[Changeset], base_url: list[str]
) -> None:
    assert output["groups"]["list"] == [
        {
            "id": group.id,
            "description": group.description,
            "state": group.state,
            "creatorId": group.creator_id,
            "createdDateTime": group.created_date_time,
            "_links": {"creator": link(base_url, "users", group.creator_id)},
        }
        for group in project.groups
    ]
    assert output["groups"]["single"] == output["groups"]["list"][0]
    assert output["groups"]["creator"]["id"] == project.users[-1].id
    assert output["extendedData"]["list"] == [
        {
            "changesetId": rows[noted.changeset_index - 1].id,
            "changesetIndex": noted.changeset_index,
            "data": json.loads(base64.b64decode(noted.data)),
        }
        for noted in project.extended_data
    ]
    assert output["extendedData"]["single"] == output["extendedData"]["list"][0]


def test_imodel_equals_the_database(output: Any, project: Project, rows: list[Changeset], base_url: list[str]) -> None:
    imodel = project.imodel
    short = {"id": imodel.id, "displayName": imodel.name, "dataCenterLocation": imodel.data_center_location}
    expected = {
        **short,
        "name": imodel.name,
        "description": imodel.description,
        "state": "initialized",
        "createdDateTime": imodel.created_date_time,
        "lastChangesetPushDateTime": rows[-1].push_date_time,
        "iTwinId": imodel.itwin_id,
        "isSecured": False,
        "extent": None,
        "containersEnabled": 0,
        "_links": {
            "creator": link(base_url, "users", imodel.creator_id),
            "changesets": link(base_url, "changesets"),
            "namedVersions": link(base_url, "namedversions"),
        },
    }
    assert (output["iModels"]["minimal"], output["iModels"]["full"]) == ([short], [expected])
    assert output["iModels"]["single"] == expected
    assert output["iModels"]["creator"]["id"] == imodel.creator_id
    permissions = ["imodels_webview", "imodels_read", "imodels_write", "imodels_manage"]
    assert output["permissions"] == {"permissions": permissions}
    assert output["createOperation"] == {"state": "successful", "clonedFrom": None, "forkedFrom": None}


def expected_checkpoint(project: Project, rows: list[Changeset], index: int) -> dict[str, Any]:
    known = {row.changeset_index: row for row in project.checkpoints}
    state, size = (known[index].state, known[index].size) if index else ("successful", 1_253_376)
    return {
        "changesetId": rows[index - 1].id if index else "",
        "changesetIndex": index,
        "state": state,
        "size": size,
        "dbName": f"checkpoint-{index}.bim",
    }


def test_checkpoints_equal_the_database(output: Any, project: Project, rows: list[Changeset]) -> None:
    given = output["checkpoints"]
    indexes = {"latest": 250, "baseline": 0, "byId": AT}
    pairs = [(given[name], before(project, index)) for name, index in indexes.items()]
    versions = project.named_versions[::-1]
    pairs += zip(given["ofVersions"], (version.changeset_index for version in versions), strict=True)
    for row, index in pairs:
        expected = expected_checkpoint(project, rows, index)
        assert expected.items() <= row.items()
        access = row["directoryAccessInfo"]
        assert bool(access) == bool(row["_links"]["download"]) == (expected["state"] == "successful")
        assert access is None or access["azure"]["sasToken"] in row["_links"]["download"]["href"]


def test_locks_equal_the_database(output: Any, project: Project) -> None:
    def list_locked(number: int, *levels: str) -> list[dict[str, Any]]:
        held = {
            level: [lock.object_id for lock in project.locks if lock[1:] == (number, level)]
            for level in ("exclusive", "shared")
        }
        return [{"lockLevel": level, "objectIds": ids} for level, ids in held.items() if level in levels]

    numbers = sorted({lock.briefcase_id for lock in project.locks})
    for name, levels in {"list": ("shared", "exclusive"), "shared": ("shared",)}.items():
        expected = [{"briefcaseId": number, "lockedObjects": list_locked(number, *levels)} for number in numbers]
        assert output["locks"][name] == expected
    assert output["locks"]["unknown"] == []
    assert [row["objectIds"] for row in output["locks"]["released"]] == [
        json.loads(lock.object_ids) for lock in project.released_locks
    ]


def test_related_entities_equal_the_database(output: Any, project: Project, rows: list[Changeset]) -> None:
    versions = {version.changeset_index: version.id for version in project.named_versions}
    owners = {row.briefcase_id: row.owner_id for row in project.briefcases}
    creators = {version.id: version.creator_id for version in project.named_versions}
    for given in output["related"]:
        if "index" in given:
            row = rows[given["index"] - 1]
            assert given["creator"]["id"] == row.creator_id
            assert (given["namedVersion"] or {}).get("id") == versions.get(given["index"])
            assert given["checkpoint"]["changesetIndex"] == before(project, given["index"])
        elif "namedVersion" in given:
            assert given["creator"]["id"] == creators[given["namedVersion"]]
            assert versions[given["changeset"]["index"]] == given["namedVersion"]
        else:
            assert given["owner"]["id"] == owners[given["briefcase"]]
            assert given["checkpoint"]["changesetIndex"] == before(project, 250)
    assert len(output["related"]) == len(rows) + len(versions) + len(owners)


def test_named_version_is_created_and_updated_by_the_client(output: Any, rows: list[Changeset]) -> None:
    created, updated = output["written"]["created"], output["written"]["updated"]
    assert (created["name"], created["description"], created["state"]) == ("Made by the client", None, "visible")
    assert (created["changesetId"], created["changesetIndex"]) == (rows[AT - 1].id, AT)
    assert updated == {**created, "description": "Changed by the client", "state": "hidden"}
    assert output["written"]["rescheduled"]["state"] == "scheduled"


def test_favorites_and_recents_are_stored_for_the_client(output: Any) -> None:
    for name in ("favorites", "recents"):
        assert output["marked"][name]["minimal"] == output["iModels"]["minimal"]
        assert [row["id"] for row in output["marked"][name]["full"]] == [output["iModels"]["single"]["id"]]
        assert output["marked"][name]["removed"] == []


def test_thumbnails_are_downloaded_and_uploaded_by_the_client(output: Any) -> None:
    sizes = output["thumbnails"]
    assert 12 == sizes["uploaded"] < sizes["small"] < sizes["large"]


def test_the_client_clones_and_forks(output: Any, project: Project, rows: list[Changeset]) -> None:
    copies, source = output["copies"], {"iModelId": project.imodel.id, "changesetId": rows[2].id}
    first = [row.id for row in rows[:3]]
    assert copies["clone"]["changesets"] == copies["fork"]["changesets"] == first
    assert copies["squashed"]["changesets"] == copies["fromTemplate"]["changesets"] == []
    assert {copy["state"] for copy in copies.values()} == {"initialized"}
    assert copies["clone"]["containersEnabled"] == 7
    assert copies["clone"]["description"] == project.imodel.description
    assert copies["clone"]["operation"] == {"state": "successful", "clonedFrom": source, "forkedFrom": None}
    for name in ("fork", "squashed"):
        origin = copies[name]["operation"]["forkedFrom"]
        assert origin.pop("relationshipId")
        assert origin == source


def test_errors_have_the_names_that_the_client_knows(output: Any) -> None:
    expected = {
        "unauthorized": ("Unauthorized", 401),
        "iModel": ("iModelNotFound", 404),
        "changeset": ("ChangesetNotFound", 404),
        "namedVersion": ("NamedVersionNotFound", 404),
        "group": ("ChangesetGroupNotFound", 404),
        "extendedData": ("ChangesetExtendedDataNotFound", 404),
        "briefcase": ("BriefcaseNotFound", 404),
        "user": ("UserNotFound", 404),
        "iTwin": ("iTwinNotFound", 404),
        "query": ("InvalidiModelsRequest", 422),
        "description": ("InvalidiModelsRequest", 422),
    }
    assert {name: (given["code"], given["statusCode"]) for name, given in output["errors"].items()} == expected
    assert output["errors"]["query"]["details"][0]["target"] == "$skip"
    assert "The value exceeds allowed 255 characters." in output["errors"]["description"]["message"]
    conflict = output["written"]["conflict"]
    assert (conflict["code"], conflict["statusCode"]) == ("NamedVersionOnChangesetExists", 409)
