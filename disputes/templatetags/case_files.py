"""The files of a case, for fragments that other pages include."""

from typing import Any

from django import template
from django.utils.timezone import now

from disputes.files import queries
from disputes.forms.files import UploadForm
from disputes.models import Upload

register = template.Library()


@register.simple_tag(takes_context=True)
def shelf(context: dict[str, Any], *, every: bool = False) -> queries.Shelf:
    """The files of the context's `dispute` with its `purpose` (evidence), or every one."""
    purpose = "" if every else context.get("purpose") or Upload.Purpose.EVIDENCE
    return queries.shelf(context["dispute"], purpose=str(purpose), at=now())


@register.simple_tag
def upload_form(purpose: str) -> UploadForm:
    return UploadForm(initial={"purpose": purpose})
