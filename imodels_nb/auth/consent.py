"""What the sample's page for the person asks back, read as a browser reads it."""

from html.parser import HTMLParser


def hidden_fields(page: str) -> dict[str, str]:
    """Read the hidden fields of a page's forms.

    Examples
    --------
    >>> from imodels_nb.auth.consent import hidden_fields
    >>> hidden_fields('<form><input type="hidden" name="request" value="a&amp;b"><input name="other"></form>')
    {'request': 'a&b'}
    """
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.fields


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "input" and attributes.get("type") == "hidden" and (name := attributes.get("name")):
            self.fields[name] = attributes.get("value") or ""
