from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imodels_hub.api.errors import ApiError
from imodels_hub.api.query import CHANGESETS, IMODELS, NAMED_VERSIONS, ListParameters, Query

PARAMETERS = st.sampled_from(
    [
        "$top",
        "$skip",
        "$orderBy",
        "afterIndex",
        "lastIndex",
        "$continuationToken",
        "name",
        "$search",
        "state",
        "iTwinId",
    ]
)


def details(query: str) -> list[dict[str, str]]:
    with pytest.raises(ApiError) as refused:
        CHANGESETS.parse(query)
    assert refused.value.status == 422
    found: list[dict[str, str]] = refused.value.body["error"]["details"]
    return found


def test_without_parameters_the_defaults_hold() -> None:
    assert CHANGESETS.parse("") == Query(filters={})
    assert Query(filters={}).top == 100


@pytest.mark.parametrize("query", ["$top=7&$skip=3", "%24top=7&%24skip=3", "unheard=of&$skip=3&%24top=7"])
def test_dollar_may_be_escaped_and_unknown_parameters_are_ignored(query: str) -> None:
    assert CHANGESETS.parse(query) == Query(filters={}, top=7, skip=3)


@pytest.mark.parametrize("text", ["index desc", "index%20desc", "index+desc", "index%20desc,index"])
def test_blank_in_the_order_may_be_written_in_any_way(text: str) -> None:
    assert CHANGESETS.parse(f"$orderBy={text}").order[0] == ("index", True)


def test_words_of_the_published_example() -> None:
    assert details("$skip=-1") == [
        {
            "code": "InvalidValue",
            "message": "'-1' is not a valid '$skip' value. '$skip' must be a non-negative integer.",
            "target": "$skip",
        }
    ]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        *(("$top", value) for value in ("0", "1001", "-1", "ten", "1.0", "", "%20", "٣", "9" * 40)),
        *(("$skip", value) for value in ("-1", "x", "", "1e3", "9223372036854775808")),
        *(("afterIndex", value) for value in ("-1", "x", "")),
        *(("lastIndex", value) for value in ("-1", "x", "")),
        *(("$orderBy", value) for value in ("", "id", "index up", "index desc asc", "index,", "Index")),
        *(("$continuationToken", value) for value in ("!", "YQ", "MQ", "LjE", "MS4tMQ", "é")),
    ],
)
def test_each_wrong_value_is_named(parameter: str, value: str) -> None:
    (detail,) = details(f"{parameter}={value}")
    assert detail["code"] == "InvalidValue"
    assert detail["target"] == parameter
    assert f"is not a valid '{parameter}' value. '{parameter}' must be " in detail["message"]


def test_every_wrong_parameter_is_named_at_once() -> None:
    targets = [detail["target"] for detail in details("$top=0&$skip=-1&$orderBy=x&afterIndex=a&lastIndex=b")]
    assert sorted(targets) == ["$orderBy", "$skip", "$top", "afterIndex", "lastIndex"]


def test_skip_and_token_exclude_each_other() -> None:
    (detail,) = details("$skip=0&$continuationToken=")
    assert detail["code"] == "MutuallyExclusiveParametersProvided"


def test_itwin_has_to_be_named_when_imodels_are_listed() -> None:
    with pytest.raises(ApiError) as refused:
        IMODELS.parse("name=a&$search=b")
    codes = [detail["code"] for detail in refused.value.body["error"]["details"]]
    assert codes == ["MissingRequiredParameter", "MutuallyExclusiveParametersProvided"]
    assert refused.value.body["error"]["message"] == "Cannot get iModels."


@settings(deadline=None)
@given(
    st.builds(
        Query,
        filters=st.dictionaries(st.sampled_from(["afterIndex", "lastIndex"]), st.integers(0, 2**63 - 1)),
        order=st.sampled_from([(), (("index", True),), (("index", False),), (("index", True), ("index", False))]),
        top=st.integers(1, 1000),
        skip=st.integers(0, 10**18 - 1),
    ),
    st.none() | st.integers(0, 10**18 - 1),
)
def test_link_has_the_query_of_its_request(query: Query, max_index: int | None) -> None:
    by_token = replace(query, has_token=True, max_index=max_index)
    assert CHANGESETS.parse(query.format()) == query
    assert CHANGESETS.parse(by_token.format()) == by_token


@settings(deadline=None)
@given(st.text(min_size=1, max_size=255).filter(lambda text: text.isprintable()))
def test_filter_in_a_link_is_parsed_unchanged(name: str) -> None:
    query = NAMED_VERSIONS.parse(urlencode({"name": name}))
    assert NAMED_VERSIONS.parse(query.format()).filters == {"name": name}


@settings(deadline=None)
@given(st.lists(st.tuples(PARAMETERS, st.text(max_size=30) | st.integers().map(str))), st.text(max_size=40))
def test_any_query_is_parsed_or_all_problems_are_named(pairs: list[tuple[str, str]], noise: str) -> None:
    text = urlencode(pairs) + noise
    given_names = {name for name, _ in parse_qsl(text, keep_blank_values=True)}
    for grammar in (CHANGESETS, NAMED_VERSIONS, IMODELS):
        query, refusal = read(grammar, text)
        if refusal:
            assert refusal.status == 422
            assert {detail["target"] for detail in refusal.body["error"]["details"]} <= given_names | {"iTwinId"}
        if query:
            assert 1 <= query.top <= 1000
            assert query.skip >= 0


def read(grammar: ListParameters, text: str) -> tuple[Query | None, ApiError | None]:
    try:
        return grammar.parse(text), None
    except ApiError as refusal:
        return None, refusal


def test_pages_before_the_first_do_not_exist() -> None:
    assert Query({}, top=10, skip=4).previous().skip == 0
    assert Query({}, top=10, skip=24).previous().skip == 14
    assert Query({}, top=10, skip=24).next().skip == 34
