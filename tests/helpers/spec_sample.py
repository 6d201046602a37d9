"""The sample answer of the published *Get iModel Changesets* page, as its JSON text."""

from pathlib import Path

PAGE = (Path(__file__).parents[1] / "data" / "get-imodel-changesets.json").read_bytes()
