"""Where a file lies while it comes in: on the evidence's own volume, gone when the request ends.

Not Django's FILE_UPLOAD_TEMP_DIR: its check wants the folder to be there before anything runs.
"""

import tempfile
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler


class IncomingFile(TemporaryUploadedFile):
    def __init__(self, *facts: Any) -> None:
        settings.INCOMING_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = tempfile.NamedTemporaryFile(suffix=".upload", dir=settings.INCOMING_DIR)  # noqa: SIM115
        UploadedFile.__init__(self, file, *facts)


class Incoming(TemporaryFileUploadHandler):
    """Streams each file to the folder; a process that is killed leaves it for the sweep."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        FileUploadHandler.new_file(self, *args, **kwargs)
        facts = (self.file_name, self.content_type, 0, self.charset, self.content_type_extra)
        self.file = IncomingFile(*facts)
