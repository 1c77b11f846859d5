"""Who contacted me, and when and how they may; and the same as staff see it."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime, now
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.middleware import HtmxDetails

from accounts.access import PortalRequest, cardholder_required, log_staff_view, staff_required
from accounts.contacts import actions, queries, words
from accounts.contacts.forms import ChoiceForm, typed
from accounts.contacts.queries import Asked
from accounts.contacts.rules import Permitted, clock
from accounts.masking import masked, masked_facts
from accounts.models import CardAccount, Cardholder, Person
from accounts.views.arrears import READERS


@cardholder_required
@require_safe
@vary_on_headers("HX-Request")
def contacts(request: PortalRequest) -> HttpResponse:
    """Every contact on any account of the person; htmx swaps the list when the filter changes."""
    holder = request.user.cardholder
    context = _page(request, holder, staff=False) | {"known": _known(holder.person)}
    context["zone"] = settings.TIME_ZONE
    name = "contacts/_list.html" if _fragment(request) else "contacts/index.html"
    return render(request, name, context)


@cardholder_required
@require_http_methods(["GET", "POST"])
def choices(request: PortalRequest) -> HttpResponse:
    """When and how the person may be contacted; "back to usual" posts the usual values."""
    holder = request.user.cardholder
    chosen, usual = queries.choices_of(holder), queries.usual(localdate())
    current = chosen[-1] if chosen else usual
    data = request.POST if request.method == "POST" else None
    form = ChoiceForm(data, limits=queries.limits(localdate()), now=current)
    if form.is_valid():
        made = actions.choose(holder, form.wish, agreed=form.agreed_to, by=request.user, at=now())
        messages.success(request, _confirmation(made is not None))
        return redirect("accounts:contacts")
    back = None if current.same(usual) else typed(usual)
    context = {"form": form, "back": back, "law": words.law(form.limits)}
    status = 422 if form.errors else 200
    return render(request, "contacts/choices.html", context, status=status)


@staff_required(*READERS)
@require_safe
@vary_on_headers("HX-Request")
def staff_contacts(request: PortalRequest, ref: str) -> HttpResponse:
    """The contacts with the holder of an account, on all accounts. The look is logged."""
    account = get_object_or_404(CardAccount.objects.select_related("cardholder"), ref=ref)
    context = _page(request, account.cardholder, staff=True) | {"account": account}
    log_staff_view(request, account.cardholder)
    name = "contacts/_list.html" if _fragment(request) else "contacts/staff.html"
    return render(request, name, context)


def _page(request: PortalRequest, holder: Cardholder, *, staff: bool) -> dict[str, Any]:
    whose = queries.person(holder)
    asked = Asked.of(request.GET, whose.accounts.values())
    page = queries.page(whose, asked)
    marks = {
        row.contact.pk: [words.said(mark, at=row.contact.at, staff=staff) for mark in row.marks]
        for row in page.rows
    }
    return {
        "page": page,
        "asked": asked,
        "rows": [(row, marks[row.contact.pk]) for row in page.rows],
        "accounts": list(whose.accounts.values()),
        "channels": words.NAMES.items(),
        "law": words.law(queries.limits(localdate())),
        "permitted": _told(whose.chosen or queries.usual(localdate())),
        "staff": staff,
    }


def _told(choice: Permitted) -> dict[str, Any]:
    """A choice as the summary says it. `since`: None where nothing was ever chosen."""
    return {
        "from": clock(choice.earliest),
        "until": clock(choice.latest),
        "ways": words.ways(choice),
        "since": choice.made_at,
    }


def _known(person: Person) -> dict[str, str]:
    """How the bank's books say that the person is reached: enough to recognise it."""
    facts = masked_facts(person)
    address = masked(person.postal_address, start=3, end=2)
    return {"mobile": facts["mobile"], "email": facts["email"], "address": address}


def _confirmation(changed: bool) -> str:
    if not changed:
        return _("Nothing has changed: this is what you had chosen already.")
    when = date_format(localtime(now()), "DATETIME_FORMAT")
    return _(
        "Saved on %(when)s. It counts from now on, and goes to the bank and its agencies with the "
        "next delivery. We have also sent you an e-mail."
    ) % {"when": when}


def _fragment(request: HttpRequest) -> bool:
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and htmx.target == "contacts"
