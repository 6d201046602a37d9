"""Button of the pages that opens the notebooks on Binder.

The address of the repository has one place, ``Repository`` in ``[project.urls]`` of pyproject.toml. Run
this file after it is set or the version is raised. Without an address there is no button, since it would lead nowhere.
"""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "docs/binder.md")
NOTEBOOK = "lab/tree/notebooks/01-quickstart.ipynb"
_SECTION = re.compile(r"(<!--- binder: .*? -->\n).*?(<!--- binder end -->)", re.DOTALL)


def main() -> None:
    """Write the button into each page, or remove it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    button = build_button(project.get("urls", {}).get("Repository"), project["version"])
    for name in PAGES:
        page = ROOT / name
        page.write_text(replace_button(page.read_text("utf-8"), button), encoding="utf-8")
    print(button.strip() or "No button: [project.urls] of pyproject.toml has no Repository.")


def build_button(repository: str | None, version: str) -> str:
    """Return the Binder button in Markdown, or "" if the repository has no address.

    Raises
    ------
    ValueError
        If the address is not that of a repository on GitHub, the only host whose links are written here.
    """
    if repository is None:
        return ""
    match = re.fullmatch(r"https://github\.com/([\w.-]+)/([\w.-]+?)(?:\.git)?/?", repository)
    if match is None:
        raise ValueError(f"{repository!r} should be https://github.com/OWNER/REPOSITORY.")
    page = f"https://mybinder.org/v2/gh/{match[1]}/{match[2]}/v{version}?urlpath={NOTEBOOK}"
    return f"[![Try it on Binder](https://mybinder.org/badge_logo.svg)]({page})\n"


def replace_button(text: str, button: str) -> str:
    """Return a page with the button between its marks."""
    return _SECTION.sub(lambda marks: marks[1] + button + marks[2], text)


if __name__ == "__main__":
    main()
