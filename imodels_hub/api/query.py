"""The query of a list request: read by the grammar of its operation, or refused with every fault of it named."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from imodels_hub.api.refusals import Detail, invalid_request
from imodels_hub.api.rules import (
    DEFAULT_TOP,
    NATURAL,
    PAGE_SIZE,
    PLACE,
    Rule,
    order_by,
    token_of,
)

SKIP, TOP, ORDER_BY, CONTINUATION = "$skip", "$top", "$orderBy", "$continuationToken"


@dataclass(frozen=True)
class Query:
    """A valid query of a list.

    Parameters
    ----------
    filters
        The parameters that choose rows, by name, in the order in which links repeat them.
    order
        Properties to sort by, the most important first, each with whether it descends.
    top, skip
        Which rows of those to give.
    continued
        Whether the client pages by ``$continuationToken`` instead of ``$skip``.
    pin
        Last index of a newest-first walk by token, so that pushes do not shift it.
    order_by
        The name of the parameter that sorts.
    """

    filters: Mapping[str, Any]
    order: tuple[tuple[str, bool], ...] = ()
    top: int = DEFAULT_TOP
    skip: int = 0
    continued: bool = False
    pin: int | None = None
    order_by: str = ORDER_BY

    def text(self) -> str:
        """Write the query as the links of a page have it, with ``$`` unescaped."""
        place = {CONTINUATION: token_of(self.skip, self.pin)} if self.continued else {SKIP: self.skip}
        order = ",".join(f"{name} desc" if down else name for name, down in self.order)
        parts = {**place, TOP: self.top, **self.filters, **({self.order_by: order} if order else {})}
        return urlencode(parts, safe="$,", quote_via=quote)

    def next(self) -> "Query":
        """Give the query of the following page."""
        return replace(self, skip=self.skip + self.top)

    def prev(self) -> "Query":
        """Give the query of the page before."""
        return replace(self, skip=max(self.skip - self.top, 0))


@dataclass(frozen=True)
class Grammar:
    """Which parameters one list operation understands.

    Parameters
    ----------
    collection
        What its error messages call the rows.
    filters
        Rules of the parameters that choose rows.
    orders
        The properties it can sort by; with none, it cannot be told to.
    required
        Parameters that it cannot do without.
    exclusive
        Pairs of parameters that do not go together.
    order_by
        The name of the parameter that sorts.
    code
        The error code of a query that breaks the rules.
    """

    collection: str
    filters: Mapping[str, Rule] = field(default_factory=dict)
    orders: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    exclusive: tuple[tuple[str, str], ...] = ()
    order_by: str = ORDER_BY
    code: str = "InvalidiModelsRequest"

    def parse(self, text: str) -> Query:
        """Read the query part of a URL; parameters that the operation does not know are ignored.

        Raises
        ------
        Refusal
            422, with one detail for each parameter that is wrong, missing, or at odds with another.
        """
        given = dict(parse_qsl(text, keep_blank_values=True))
        rules = {**_PAGING, **({self.order_by: order_by(self.orders)} if self.orders else {}), **self.filters}
        values = {name: rule.read(given[name]) for name, rule in rules.items() if name in given}
        wrong = [_invalid(name, given[name], rules[name].wants) for name, value in values.items() if value is None]
        if faults := wrong + self._missing(given) + self._at_odds(given):
            raise invalid_request(f"Cannot get {self.collection}.", faults, self.code)
        skip, pin = values.get(CONTINUATION, (values.get(SKIP, 0), None))
        return Query(
            filters={name: values[name] for name in self.filters if name in values},
            order=values.get(self.order_by, ()),
            top=values.get(TOP, DEFAULT_TOP),
            skip=skip,
            continued=CONTINUATION in values,
            pin=pin,
            order_by=self.order_by,
        )

    def _missing(self, given: Mapping[str, str]) -> list[Detail]:
        return [
            Detail("MissingRequiredParameter", f"Required parameter '{name}' is missing.", name)
            for name in self.required
            if name not in given
        ]

    def _at_odds(self, given: Mapping[str, str]) -> list[Detail]:
        return [
            Detail("MutuallyExclusiveParametersProvided", f"'{one}' and '{other}' must not be used together.", other)
            for one, other in ((SKIP, CONTINUATION), *self.exclusive)
            if one in given and other in given
        ]


def _invalid(name: str, value: str, wants: str) -> Detail:
    must = f" '{name}' must be {wants}." if wants else ""
    return Detail("InvalidValue", f"'{value}' is not a valid '{name}' value.{must}", name)


_PAGING = {TOP: PAGE_SIZE, SKIP: NATURAL, CONTINUATION: PLACE}
