"""Signatures stay out of the log: whoever reads one may fetch the file."""

import logging
import re

_SIGNED = re.compile(r"(?i)\?\S*\b(?:sig|signature)=\S*")  # Azure's name, and the end of Amazon's and Google's
_LOGGER = logging.getLogger("urllib3.connectionpool")  # notes the path and query of each request at DEBUG


def unsigned(record: logging.LogRecord) -> bool:
    """Leave out the query of a signed link; a filter of :mod:`logging` that lets every record pass."""
    if isinstance(record.args, tuple):
        record.args = tuple(_SIGNED.sub("?…", each) if isinstance(each, str) else each for each in record.args)
    return True


def keep_out_of_the_log() -> None:
    """Have no signature logged from now on; more than once is as good as once."""
    _LOGGER.addFilter(unsigned)
