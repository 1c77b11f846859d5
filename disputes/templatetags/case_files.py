"""The files of a case, for fragments that other pages include."""

from typing import Any

from django import template
from django.utils.timezone import now

from accounts.files.shelf import Shelf
from disputes import files
from disputes.forms.files import UploadForm
from disputes.models import Upload

register = template.Library()


@register.simple_tag(takes_context=True)
def shelf(context: dict[str, Any]) -> Shelf:
    """The files of the context's `dispute` with its `purpose` (evidence)."""
    purpose = context.get("purpose") or Upload.Purpose.EVIDENCE
    return files.shelf(context["dispute"], purpose=str(purpose), at=now())


@register.simple_tag(takes_context=True)
def staff_shelf(context: dict[str, Any]) -> Shelf:
    """Every file of the context's `dispute`, for staff."""
    return files.staff_shelf(context["dispute"], at=now())


@register.simple_tag
def upload_form(purpose: str) -> UploadForm:
    return UploadForm(key=purpose)
