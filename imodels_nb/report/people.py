"""People in a report: pseudonyms, unless names are asked for."""

import pandas as pd

from imodels_nb.frames import check_frame, with_creator_names


def named_users(users: pd.DataFrame | None, *, show_people: bool) -> pd.DataFrame | None:
    """Give for each user what a report calls them, or nobody: then each goes by the pseudonym of their id.

    Parameters
    ----------
    users
        As :func:`fetch_users` gives them.
    show_people
        Whether names are asked for.

    Returns
    -------
    DataFrame or None
        ``label`` by ``id``.

    Raises
    ------
    TypeError, ValueError
        If it is no such frame, or names are asked for that it does not hold.
    """
    if users is not None:
        check_frame(users, "users", ("label",), index="id")
    if not show_people:
        return None
    if users is None or "given_name" not in users:
        raise ValueError("show_people needs names; pass users=fetch_users(client, imodel_id, personal=True).")
    ids = pd.DataFrame({"creator_id": pd.Categorical(users.index)}, index=users.index)
    return pd.DataFrame({"label": with_creator_names(ids, users)["creator_name"].astype("str")})
