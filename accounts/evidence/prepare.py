"""From a request to sealed documents: gathered, checked, drawn and sealed outside a transaction.

Run twice, or twice at once, it files one document for each language. A killed worker costs its
lease; a document that cannot be made stops no other.
"""

import logging
from copy import copy
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.evidence import actions, facts, paper
from accounts.evidence.actions import OutOfDate, Sealed, Stage
from accounts.evidence.gathered import Gathered
from accounts.evidence.queries import ANSWERS
from accounts.evidence.rules import for_staff
from accounts.models import EvidenceRequest
from portal.kit.errors import Refused, Stale
from portal.records import documents, retention, sealing
from portal.records.notices import pause_after
from portal.records.pdf import MissingGlyph
from portal.records.verification import LARGEST

log = logging.getLogger(__name__)
MOST_TRIES = 8  # about forty minutes of pauses; then the staff look


def prepare(request_id: int, *, at: datetime) -> bool:
    """Prepare one request that is due; False if another worker has it.

    Whatever goes wrong ends in the row: declined by a rule, put back for a later try, or held
    back for the staff.
    """
    asked = actions.claim(request_id, at=at)
    if asked is None:
        return False
    try:
        if asked.tries > MOST_TRIES:  # each time the worker was lost with it
            actions.hold_back(asked, problem=f"EV-LOST: {MOST_TRIES}", rule="EV-LOST", at=at)
        else:
            _make(asked, at=at)
    except Stale:
        log.warning("evidence %s: the lease was over, another worker has it", asked.number)
    return True


def _make(asked: EvidenceRequest, *, at: datetime) -> None:
    try:
        gathered = facts.gather(asked, at=at)
        sealed = _sealed(asked, gathered, at=at)
        _file(asked, sealed, gathered, at=at)
    except Stale:
        raise
    except OutOfDate:
        actions.put_back(asked, problem="", next_try_at=at, at=at)
    except Refused as no:
        if no.rule in ANSWERS:  # an honest no; anything else is for the staff to put right
            actions.decline(asked, rule=no.rule, by=None, at=at)
        else:
            actions.hold_back(asked, problem=for_staff(no), rule=no.rule, at=at)
    except MissingGlyph as no:
        characters = " ".join(f"{c} (U+{ord(c):04X})" for c in no.characters)
        actions.hold_back(asked, problem=f"EV-GLYPH: {characters}", rule="EV-GLYPH", at=at)
    except Exception as error:  # a full disk, a store that is down, a fault of ours
        _try_later(asked, error, at=at)


def _sealed(asked: EvidenceRequest, gathered: Gathered, *, at: datetime) -> list[Sealed]:
    """Draw and seal all languages, then store all: what fails early leaves nothing."""
    actions.note_stage(asked, Stage.DRAWING)
    sealed = []
    for language in asked.languages:
        code = documents.code_of(asked.number, language)
        with override(language):
            sheet = paper.paper_of(gathered, language=language, code=code)
            pdf = sealing.draw_sealed(sheet, at=at, reason=_("Certified statement"))
        if len(pdf) > LARGEST:  # nobody could have it checked
            raise Refused("EV-SIZE", f"{len(pdf)} bytes")
        sealed.append(Sealed(language, code, sheet.title, pdf))
    for one in sealed:
        documents.store(one.pdf)
    return sealed


def _file(
    asked: EvidenceRequest, sealed: list[Sealed], gathered: Gathered, *, at: datetime
) -> None:
    try:
        # A copy: if filing fails, `asked` must still be what was claimed.
        actions.file(copy(asked), sealed, basis=gathered.basis, at=at)
    except Exception:
        _discard(sealed)
        raise


def _discard(sealed: list[Sealed]) -> None:
    """Leave no sealed file behind that the register does not name."""
    for one in sealed:
        retention.delete_file(documents.digest(one.pdf))


def _try_later(asked: EvidenceRequest, error: Exception, *, at: datetime) -> None:
    """Wait longer after each failure; after MOST_TRIES leave it to the staff."""
    problem = type(error).__name__  # not its text: that may name a person
    log.exception("evidence %s could not be prepared", asked.number)
    if asked.tries >= MOST_TRIES:
        actions.hold_back(asked, problem=f"EV-ERROR: {problem}", rule="EV-ERROR", at=at)
        return
    later = at + pause_after(asked.tries)
    actions.put_back(asked, problem=problem, next_try_at=later, at=at)
