"""Cases and their lines, the clock, files, the thread, decisions, corrections, letters."""

from disputes.models.cases import Dispute, Line, PersonalStatement
from disputes.models.clocks import Deadline, Extension, Pause
from disputes.models.decisions import Correction, Decision, Ruling
from disputes.models.figures import DayFigures
from disputes.models.letters import FormLetter, Letter
from disputes.models.thread import Message, Upload

__all__ = [
    "Correction", "DayFigures", "Deadline", "Decision", "Dispute", "Extension", "FormLetter",
    "Letter", "Line", "Message", "Pause", "PersonalStatement", "Ruling", "Upload",
]  # fmt: skip
