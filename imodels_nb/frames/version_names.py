"""Search for a named version by its name."""

import difflib

import pandas as pd

_MAX_NAMES = 8  # names that a message lists
_MAX_SIMILAR = 3


def read_version_names(named_versions: pd.DataFrame | None) -> "pd.Series[str]":
    """Return the names of a frame of named versions, indexed by ``changeset_index``."""
    names = pd.Series(dtype="str") if named_versions is None else named_versions.get("name", pd.Series(dtype="str"))
    return names.dropna().astype("str")


def find_version_index(names: "pd.Series[str]", name: str, argument: str) -> int | None:
    """Return the changeset index of a named version, or None.

    Upper and lower case may differ, unless a version has exactly this name.

    Parameters
    ----------
    names
        Names from :func:`read_version_names`.
    name
        Name to find.
    argument
        Name of the argument, for the message.

    Raises
    ------
    ValueError
        If several versions have the name.

    Examples
    --------
    >>> find_version_index(read_version_names(sample.load_named_versions()), "KICK-OFF MODEL", "first")
    298
    """
    found = names.index[names == name]
    if not len(found):
        found = names.index[names.str.casefold() == name.casefold()]
    if len(found) > 1:
        indexes = ", ".join(map(str, found))
        raise ValueError(f"{argument}: {len(found)} versions are named {name!r}; give one of the indexes {indexes}.")
    return int(found[0]) if len(found) else None


def describe_version_names(names: "pd.Series[str]", name: object) -> str:
    """Return a sentence with similar names, or else with the last ones."""
    similar = difflib.get_close_matches(str(name), names.tolist(), n=_MAX_SIMILAR, cutoff=0.4)
    if similar:
        return f"Similar names: {', '.join(map(repr, similar))}."
    if names.empty:
        return "There are no named versions."
    more = f" and {len(names) - _MAX_NAMES:,} more" if len(names) > _MAX_NAMES else ""
    return f"Names are {', '.join(map(repr, names.tolist()[-_MAX_NAMES:]))}{more}."
