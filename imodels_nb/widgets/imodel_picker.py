"""`choose_imodel`: a list of the iModels of an account, to choose one."""

from pathlib import Path
from threading import Thread, current_thread
from typing import TYPE_CHECKING, Any, TypedDict

import anywidget
import pandas as pd
import traitlets

from imodels_nb._validation import validate_guid
from imodels_nb.api import IModelsClient
from imodels_nb.api.client import validate_client
from imodels_nb.engine import bundle_modules
from imodels_nb.errors import IModelsError
from imodels_nb.fetch import (
    fetch_imodels_by_use,
    fetch_itwins_by_use,
    fetch_newest_index,
    find_imodel,
    find_itwin,
)
from imodels_nb.fetch.imodels import validate_text
from imodels_nb.widgets.background import is_waiting_for_login, wait_for_login
from imodels_nb.widgets.imodel_rows import PickerRequest, PickerRows, format_text
from imodels_nb.widgets.paged_table import PAGER_TEXTS, PagerTexts, read_table_styles

if TYPE_CHECKING:
    from imodels_nb.widgets.imodel_rows import PickerPage
_MAX_TRIED = 10  # iTwins that are searched for a first iModel
_POLL_INTERVAL = 0.2  # seconds; a waiting cell can be interrupted after each


def choose_imodel(client: IModelsClient, name: str | None = None, itwin: str | None = None) -> "IModelPicker":
    """Show the iModels that an account can see, to choose one, without waiting.

    An iModel is chosen from the beginning: the one with this name, or else the first of the list. The list begins with
    those used last. So the next cell can use it at once, as in Run All. A click chooses another one.

    Parameters
    ----------
    client
        A client of the API. While its user is signing in, the list waits.
    name
        Name of the iModel to choose, as for :func:`imodels_nb.find_imodel`.
    itwin
        Name or GUID of the iTwin to show first. By default, the first one that has an iModel.

    Returns
    -------
    IModelPicker
        Displays itself as the last line of a cell. Its ``.imodel_id`` is for the functions that fetch.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid. Other errors are shown, and raised by ``.imodel_id``.

    Examples
    --------
    >>> with sample.start(changesets=40) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     picker = choose_imodel(client, itwin=hub.itwin_id)
    ...     picker.imodel_id == hub.imodel_id, picker.imodel["display_name"]
    (True, 'Riverside Station')
    """
    validate_client(client)
    for argument, text in (("name", name), ("itwin", itwin)):
        validate_text(argument, text)
    return IModelPicker(client, name, itwin)


class LevelTexts(TypedDict):
    """Texts of the list of iTwins or of iModels."""

    title: str
    change: str
    table: str
    search: str
    search_hint: str
    all: str
    all_of_one: str
    found: str
    found_of_one: str


class PickerTexts(TypedDict):
    """Texts of the picker; ``Texts`` in ``imodel_picker.js``."""

    name: str
    retry: str
    chosen: str
    id: str
    pager: PagerTexts
    itwins: LevelTexts
    imodels: LevelTexts


def _build_level_texts(title: str, change: str, noun: str) -> LevelTexts:
    return {
        "title": title,
        "change": change,
        "table": f"{noun}s",
        "search": f"Search these {noun}s",
        "search_hint": f"Search the {noun}s",
        "all": f"{{total}} {noun}s",
        "all_of_one": f"{{total}} {noun}",
        "found": f"{{matching}} of {{total}} {noun}s",
        "found_of_one": f"{{matching}} of {{total}} {noun}",
    }


_TEXTS: PickerTexts = {
    "name": "Choose an iModel",
    "retry": "Retry",
    "chosen": "Chosen: ",
    "id": "Id of the iModel",
    "pager": PAGER_TEXTS,
    "itwins": _build_level_texts("Choose an iTwin", "Back", "iTwin"),
    "imodels": _build_level_texts("iModels of ", "Change iTwin", "iModel"),
}


class IModelPicker(anywidget.AnyWidget):
    """A list of iTwins, and one of the iModels of the chosen iTwin.

    A search finds words in all columns, and a click on the head of a column sorts. The browser gets ten rows at a time.
    The lists of an account take six requests, the iModels of another iTwin three, and the choice of an iModel one.

    Parameters
    ----------
    client
        A client of the API. While its user is signing in, the list waits.
    name
        Name of the iModel to choose; by default, the first one.
    itwin
        Name or GUID of the iTwin to show first. By default, the first one that has an iModel.

    Attributes
    ----------
    imodel_id : str
        GUID of the chosen iModel; waits for the list, and for the user who signs in.
    itwin_id : str
        GUID of its iTwin.
    imodel : Series
        Its row, with the columns of :func:`imodels_nb.fetch_imodels`.
    choice : dict
        Id, name and description of the chosen iModel, as shown; observable, and empty before the first choice.

    Examples
    --------
    >>> with sample.start(changesets=40) as hub, IModelsClient(hub.credential, base_url=hub.base_url) as client:
    ...     IModelPicker(client, name="Pump station").imodel_id == hub.plant_imodel_id
    True
    """

    _esm = bundle_modules(Path(__file__).parent / "imodel_picker.js")
    _css = read_table_styles("imodel_picker.css")
    page = traitlets.Dict().tag(sync=True)
    status = traitlets.Dict().tag(sync=True)
    choice = traitlets.Dict().tag(sync=True)
    texts = traitlets.Dict({**_TEXTS}).tag(sync=True)

    def __init__(self, client: IModelsClient, name: str | None = None, itwin: str | None = None) -> None:
        self._client = client
        self._name, self._itwin_text = name, itwin
        self._itwins: PickerRows | None = None
        self._imodels: PickerRows | None = None
        self._itwin: pd.Series | None = None
        self._imodel: pd.Series | None = None
        self._error: Exception | None = None
        self._requested: pd.Series | None = None
        self._thread: Thread | None = None
        super().__init__()
        self.on_msg(self._handle_request)
        self._start(None)

    def __repr__(self) -> str:
        if self._imodel is None:
            return f"IModelPicker({self.status['text']!r})"
        return f"IModelPicker({format_text(self._imodel['display_name'])!r}, imodel_id={self._imodel.name!r})"

    @property
    def imodel(self) -> pd.Series:
        """Row of the chosen iModel, as :func:`imodels_nb.fetch_imodels` returns it.

        Waits for the list, and for the user who signs in.

        Raises
        ------
        IModelsError
            If the lists cannot be fetched, if no iModel has the requested name, or if the account sees no iModel.
        """
        self._wait()
        if self._imodel is None and self._error is not None:
            self._start(self._requested)  # the cause may have gone in the meantime
            self._wait()
        if self._imodel is not None:
            return self._imodel.copy()
        raise self._error or IModelsError("No iModel is chosen. Choose one in the list above, and run this cell again.")

    @property
    def imodel_id(self) -> str:
        """GUID of the chosen iModel; waits and raises as :attr:`imodel`."""
        return str(self.imodel.name)

    @property
    def itwin_id(self) -> str:
        """GUID of the iTwin of the chosen iModel; waits and raises as :attr:`imodel`."""
        return str(self.imodel["itwin_id"])

    def close(self) -> None:
        """Close the list. The chosen iModel stays."""
        self._thread = None
        super().close()

    def _wait(self) -> None:
        """Wait for the thread that fetches; Ctrl+C ends this."""
        while (thread := self._thread) is not None and thread.is_alive():
            if is_waiting_for_login(self._client):
                self._client.ensure_token()  # in this thread, where the user can see that and interrupt it
            thread.join(_POLL_INTERVAL)

    def _start(self, itwin: pd.Series | None) -> None:
        """Start to fetch the lists; the results of an earlier thread are dropped."""
        self._error = None
        self._requested = itwin
        text = "Fetching your iTwins …" if itwin is None else f"Fetching the iModels of {_format_name(itwin)} …"
        self.status = {"kind": "loading", "text": text}
        thread = Thread(target=self._fetch, args=(itwin,), name="imodels-nb-picker", daemon=True)
        self._thread = thread
        thread.start()

    def _is_stopped(self) -> bool:
        return self._thread is not current_thread()

    def _fetch(self, itwin: pd.Series | None) -> None:
        try:
            if is_waiting_for_login(self._client):
                self.status = {"kind": "waiting", "text": "Waiting for the sign-in. Your iModels appear here after it."}
                wait_for_login(self._client, self._is_stopped)
            if self._itwins is None:
                self._itwins = PickerRows("itwins", fetch_itwins_by_use(self._client))
            if itwin is None:
                self._choose_first(self._itwins.frame)
            else:
                self._show_imodels(itwin, fetch_imodels_by_use(self._client, str(itwin.name)))
        except (IModelsError, ValueError) as error:
            self._show_error(error)
        except Exception as error:  # noqa: BLE001 - of a credential that we do not know
            self._show_error(IModelsError(f"The iModels could not be fetched ({type(error).__name__}: {error})."))

    def _choose_first(self, known: pd.DataFrame) -> None:
        """Find the iModel to choose: by name, or the first of the first iTwin with any."""
        if self._name is not None:
            found = find_imodel(self._client, self._name, self._itwin_text)
            itwin = self._find_itwin(str(found["itwin_id"]))
            self._show_imodels(itwin, fetch_imodels_by_use(self._client, str(itwin.name)), str(found.name))
            return
        if self._itwin_text is not None:
            found = find_itwin(self._client, self._itwin_text)
            itwins = [self._find_itwin(str(found.name))]
        else:
            itwins = [row for _, row in known.head(_MAX_TRIED).iterrows()]
        for itwin in itwins:
            imodels = fetch_imodels_by_use(self._client, str(itwin.name))
            if len(imodels):
                self._show_imodels(itwin, imodels)
                return
        raise IModelsError(_format_no_imodels(itwins, len(known)))

    def _find_itwin(self, itwin_id: str) -> pd.Series:
        """Return the row of an iTwin, whose name is its id if the list lacks it."""
        row = self._itwins.find(itwin_id) if self._itwins is not None else None
        return row if row is not None else find_itwin(self._client, validate_guid("itwin", itwin_id))

    def _show_imodels(self, itwin: pd.Series, imodels: pd.DataFrame, imodel_id: str | None = None) -> None:
        """Show the iModels of an iTwin, and choose one if none is chosen yet."""
        if self._is_stopped():
            return
        self._itwin = itwin
        self._imodels = PickerRows("imodels", imodels)
        if imodel_id is not None:
            self._imodel = self._imodels.find(imodel_id)
        elif self._imodel is None and len(imodels):
            self._imodel = imodels.iloc[0]
        self._show_page({"level": "imodels"})
        text = "" if len(imodels) else f"The iTwin {_format_name(itwin)} has no iModel that you can see."
        self.status = {"kind": "ready", "text": text}
        self._show_choice()

    def _show_error(self, error: Exception) -> None:
        if self._is_stopped():
            return
        self._error = error
        if self._itwins is not None and self._imodels is None:
            self._show_page({"level": "itwins"})
        self.status = {"kind": "error", "text": str(error)}

    def _show_page(self, request: PickerRequest) -> None:
        """Show a page of one of the lists."""
        rows = self._itwins if request.get("level") == "itwins" else self._imodels
        if rows is None:
            return
        chosen = self._imodel if rows.level == "imodels" else self._itwin
        page: PickerPage = rows.build_page(request, "" if chosen is None else str(chosen.name))
        itwin = "" if self._itwin is None else _format_name(self._itwin)
        self.page = {**page, "itwin": itwin}

    def _show_choice(self) -> None:
        """Show the chosen iModel; a thread fetches its newest changeset."""
        imodel = self._imodel
        if imodel is None or self.choice.get("id") == imodel.name:
            return
        pushed = imodel["last_push_date_time"]
        text = "" if pd.isna(pushed) else f"last push {pushed:%Y-%m-%d %H:%M} UTC"
        self.choice = {"id": str(imodel.name), "name": format_text(imodel["display_name"]), "text": text}
        Thread(
            target=self._fetch_choice_text, args=(self.choice,), name="imodels-nb-picker-choice", daemon=True
        ).start()

    def _fetch_choice_text(self, choice: dict[str, str]) -> None:
        try:
            newest = fetch_newest_index(self._client, choice["id"])
        except IModelsError as error:
            text = f"Its changesets cannot be read: {error}"
        else:
            text = f"newest changeset {newest:,}" if newest else "no changesets"
        if self.choice["id"] == choice["id"]:
            self.choice = {**choice, "text": " · ".join(filter(None, (text, choice["text"])))}

    def _handle_request(self, _picker: Any, request: PickerRequest, _buffers: Any) -> None:
        if request.get("retry"):
            self._start(self._requested)
        elif "choose" not in request:
            self._show_page(request)
        elif request.get("level") == "itwins":
            self._start(self._find_itwin(str(request["choose"])))
        elif self._imodels is not None and (row := self._imodels.find(str(request["choose"]))) is not None:
            self._imodel = row
            self._error = None
            self._show_choice()


def _format_name(itwin: pd.Series) -> str:
    return format_text(itwin["display_name"])


def _format_no_imodels(itwins: list[pd.Series], total: int) -> str:
    """Return the message about iTwins without iModels."""
    if len(itwins) == 1:
        return (
            f"The iTwin {_format_name(itwins[0])} has no iModel that you can see. Choose another one with Change iTwin."
        )
    if total > len(itwins):
        return f"The first {len(itwins)} of your {total:,} iTwins have no iModel. Choose an iTwin in the list."
    if total:
        return f"Your {total} iTwins have no iModel that you can see. Ask their administrator for access."
    return (
        "This account is a member of no iTwin, so it sees no iModel. Ask the administrator of the iTwin to add you; a "
        "service is added by its e-mail address."
    )
