"""Findings of frames that are fetched from the sample hub over HTTP."""

from imodels_nb import (
    IModelsClient,
    audit_ledger,
    fetch_changeset_groups,
    fetch_changesets,
    fetch_checkpoints,
    fetch_named_versions,
    fetch_users,
    findings,
    sample,
)


def test_fetched_sample_has_its_anomalies() -> None:
    with sample.start(4_000, seed=11) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
        changesets = fetch_changesets(client, hub.imodel_id)
        found = findings(
            changesets,
            fetch_named_versions(client, hub.imodel_id),
            fetch_users(client, hub.imodel_id, personal=True),
            fetch_checkpoints(client, hub.imodel_id),
            groups=fetch_changeset_groups(client, hub.imodel_id, changesets=changesets),
        )
        anomalies = {(anomaly.first_index, anomaly.last_index) for anomaly in hub.planted_anomalies}
        audit = audit_ledger(changesets)
        hub.push(2)
        later = audit_ledger(fetch_changesets(client, hub.imodel_id), previous=audit)
    assert found.attrs["not_checked"] == {}
    assert len(anomalies & set(zip(found["first_index"], found["last_index"], strict=True))) >= len(anomalies) - 1
    assert not found["sentence"].str.contains("Ingrid|Tomas|Aisha|Lukas|Mei").any()
    assert later["history"].value_counts().to_dict() == {"unchanged": 4_000, "new": 2, "changed": 0, "unknown": 0}
