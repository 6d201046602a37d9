"""The history of a Bentley iModel in a notebook.

Sign in (:func:`login`), fetch the changesets of an iModel as a typed DataFrame (:func:`fetch_changesets`), see when and
how it grew (:class:`PushTimeline`, :class:`FileSizes`). Without an account, begin with :func:`sample.start`.
"""

from importlib.metadata import version

import lazy_loader

__version__ = version("imodels-nb")
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)  # `__init__.pyi` lists the public names
