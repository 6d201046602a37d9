"""Elements that exist at one changeset."""

import os

import pandas as pd

from imodels_nb._validation import validate_int
from imodels_nb.contents.imodel_file import IModelFile
from imodels_nb.contents.net import find_last_labels
from imodels_nb.contents.schema import Schema
from imodels_nb.contents.values import format_id, format_value
from imodels_nb.frames import select_element_changes, validate_changes

_TEXTS = ("label", "code", "model_id", "parent_id")
_NUMBERS = ("first_index", "last_index")


def elements_at(changes: pd.DataFrame, index: int, schema: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Return the elements that exist at a changeset.

    Parameters
    ----------
    changes
        Frame of :func:`read_changes` with ``detail="elements"``, from the first changeset on, or from the one after
        `schema` on. A frame that starts later lacks the elements that no later changeset touched, without an error.
    index
        Changeset index, inclusive.
    schema
        iModel file (``.bim``) with the elements from before: the baseline, or a checkpoint that is not newer than
        `index`. Without it, an element from before is found only if a changeset updated it.

    Returns
    -------
    DataFrame
        One row per element, indexed by ``instance_id`` (str, sorted). Columns: ``class_name`` (category),
        ``label``, ``code``, ``model_id``, ``parent_id`` (str), ``first_index``, ``last_index`` (int64; the changesets
        that inserted it and that changed it last, 0 for before the first one).

    Raises
    ------
    ValueError
        If an argument is invalid, or `schema` is newer than `index`.

    Examples
    --------
    >>> len(elements_at(sample.load_changes(), 90))
    502
    """
    changes = validate_changes(changes, columns=_TEXTS, details=("elements",))
    index = validate_int("index", index, 0)
    last = _find_last_rows(select_element_changes(changes.loc[:index]))
    if schema is not None:
        last = _add_file(last, schema, index)
    exists = last[last["operation"] != "deleted"].drop(columns="operation").sort_index()
    return exists.astype({"class_name": "category"} | dict.fromkeys(_TEXTS, "str") | dict.fromkeys(_NUMBERS, "int64"))


def _find_last_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the last change of each element, with its first and last changeset."""
    flat = rows[["operation", "class_name", *_TEXTS]].astype({"operation": "str", "class_name": "str"})
    flat["label"] = find_last_labels(rows).array
    flat["last_index"] = rows.index.get_level_values("changeset_index").to_numpy()
    flat = flat.droplevel("changeset_index")
    inserted = flat[flat["operation"] == "inserted"]["last_index"]
    last = flat[~flat.index.duplicated(keep="last")].copy()
    last["first_index"] = inserted[~inserted.index.duplicated(keep="last")].reindex(last.index, fill_value=0)
    return last[["operation", "class_name", *_TEXTS, *_NUMBERS]]


def _add_file(last: pd.DataFrame, schema: str | os.PathLike[str], index: int) -> pd.DataFrame:
    """Add the elements of an iModel file that no changeset changed."""
    with IModelFile(schema) as file:
        file_index = file.changeset_index
        if file_index is None or file_index > index:
            raise ValueError(f"{file.path} is newer than changeset {index}. Pass the baseline or an older checkpoint.")
        elements = _read_elements(file)
    deleted_earlier = (last["operation"] == "deleted") & (last["last_index"] <= file_index)
    last = last[~deleted_earlier]
    return pd.concat([last, elements[~elements.index.isin(last.index)]])


def _read_elements(file: IModelFile) -> pd.DataFrame:
    class_name = Schema(file).find_class_name
    columns = ("Id", "ECClassId", "UserLabel", "CodeValue", "ModelId", "ParentId")
    elements = [
        (
            format_id(key),
            "",
            class_name(class_id),
            format_value(label),
            format_value(code),
            format_id(model),
            parent and format_id(parent),
        )
        for key, class_id, label, code, model, parent in file.read_rows("bis_Element", columns)
    ]
    frame = pd.DataFrame(elements, columns=["instance_id", "operation", "class_name", *_TEXTS])
    return frame.astype({"instance_id": "str"}).set_index("instance_id").assign(first_index=0, last_index=0)
