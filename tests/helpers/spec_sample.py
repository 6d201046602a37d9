"""The sample response of the page *Get iModel Changesets*, as its JSON text."""

from pathlib import Path

PAGE = (Path(__file__).parents[1] / "data" / "get-imodel-changesets.json").read_bytes()
