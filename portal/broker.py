"""Celery's broker of files, made safe for two processes at once (kombu 5.7).

kombu writes a message in its final place, where a worker may read it while it is still empty:
the worker then dies of a JSONDecodeError. Here a message appears whole or not at all.
"""

import os
import uuid
from time import monotonic
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

NAME = "filesystem"


class Channel(filesystem.Channel):
    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"  # as kombu reads them
        whole = os.path.join(self.data_folder_out, name)
        with open(f"{whole}.part", "wb") as being_written:
            being_written.write(dumps(payload).encode())  # type: ignore[no-untyped-call]
        os.replace(f"{whole}.part", whole)


class Transport(filesystem.Transport):
    Channel = Channel


TRANSPORT_ALIASES[NAME] = f"{__name__}:Transport"
