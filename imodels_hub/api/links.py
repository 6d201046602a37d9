"""Links: absolute addresses on whatever host the client used, signed where they lead to a file."""

from dataclasses import dataclass

from imodels_hub.api.bodies import Json
from imodels_hub.api.signing import READ, Signer

STORAGE_TYPE = "azure"


@dataclass(frozen=True)
class Links:
    """Writes the links of one iModel's records.

    Parameters
    ----------
    base_url
        Scheme and host.
    imodel_id
        GUID of the iModel.
    signer
        Signs the links to files; `None` writes null in their place, as for people without ``imodels_read``.
    """

    base_url: str
    imodel_id: str
    signer: Signer | None = None

    def url(self, *path: str) -> str:
        """Give the URL of something below the iModel."""
        return "/".join((self.base_url, "imodels", self.imodel_id, *path))

    def to(self, *path: str) -> Json:
        """Write a link to something below the iModel."""
        return {"href": self.url(*path)}

    def file(self, name: str, size: int, right: str = READ) -> Json | None:
        """Write a signed link to a file."""
        if self.signer is None:
            return None
        path = file_path(self.imodel_id, name)
        return {
            "href": f"{self.base_url}{path}?{self.signer.signature(path, size, right)}",
            "storageType": STORAGE_TYPE,
        }


def file_path(imodel_id: str, name: str) -> str:
    """Give the path below which a file is stored."""
    return f"/blobs/{imodel_id}/{name}"


def changeset_file(changeset_id: str) -> str:
    """Name the file of a changeset."""
    return f"{changeset_id}.cs"


def checkpoint_file(index: int) -> str:
    """Name the file of a checkpoint."""
    return f"checkpoint-{index}.bim"
