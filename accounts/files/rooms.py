"""The rooms that take files, each with a table of its own. They add themselves at the start."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.files.model import AbstractUpload


@dataclass(frozen=True)
class Room:
    """What a room says of its files. `beside` and `of_person` are called under the person's lock.

    `beside(upload, at)` locks what the file is to belong to and returns the files that are there;
    it refuses where nothing is taken any more. `of_person(upload, at)` returns those that count
    for the space of one person. `told(upload, at)` tells the owner of one that cannot be used.
    `entered(upload, at)` is called when the row is there, in the same transaction.
    """

    model: type[AbstractUpload]
    beside: Callable[[Any, datetime], QuerySet[Any]]
    of_person: Callable[[Any, datetime], QuerySet[Any]]
    told: Callable[[Any, datetime], None]
    entered: Callable[[Any, datetime], None]
    full: str  # sentences: no more than %(most)s files
    no_space: str  # no more than %(most)s MB


ROOMS: dict[type[AbstractUpload], Room] = {}


def add(room: Room) -> None:
    """Take in a room. Called once, when the site starts."""
    ROOMS[room.model] = room


def of(upload: AbstractUpload) -> Room:
    """Return the room of a file. Errors: KeyError if none takes such files."""
    return ROOMS[type(upload)]
