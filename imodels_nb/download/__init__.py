"""Changeset files, from the blob storage that the API points to, into a folder.

Links are short-lived, so each is asked for right before its file. The blob host never sees our token. No name or path
that a server sent becomes one of ours: a file is named by the changeset's id, once that is 40 hexadecimal digits.
"""

from imodels_nb.download.files import download_changesets

__all__ = ["download_changesets"]
