"""Who may sign in (User) and who is in the bank's books (Cardholder): two things."""

import json
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint, Value
from django.db.models.functions import Replace, Upper
from django.utils.translation import gettext_lazy as _

from portal.kit import crypto

JSON = json.JSONEncoder(default=str, ensure_ascii=False, sort_keys=True)


class Role(models.TextChoices):
    CARDHOLDER = "cardholder", _("Cardholder")
    AGENT = "agent", _("Agent")
    COMPLAINT_HANDLER = "complaint_handler", _("Complaint handler")
    SUPERVISOR = "supervisor", _("Supervisor")
    AUDITOR = "auditor", _("Auditor")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, *, role: str = Role.CARDHOLDER, **fields: Any) -> "User":
        """Create someone who signs in by code or passkey; nobody has a password."""
        user = self.model(email=email.strip().lower(), role=role, **fields)
        user.set_unusable_password()
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A sign-in. A cardholder's User exists only after activation; staff are made by a command."""

    email = models.EmailField(unique=True)
    role = models.CharField(max_length=20, choices=Role, default=Role.CARDHOLDER)
    name = models.CharField(max_length=60, blank=True, help_text="Staff only: shown in records.")
    collector_code = models.CharField(
        max_length=40, blank=True, help_text="Staff only: who the feed says made a contact (`by`)."
    )
    own_cardholders: "models.ManyToManyField[Cardholder, Any]" = models.ManyToManyField(
        "Cardholder", related_name="+", blank=True, help_text="Staff only: themselves in the books."
    )
    language = models.CharField(max_length=10, default="zh-hans")
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    objects = UserManager()

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(role__in=Role.values), name="accounts_user_role_known")
        ]
        indexes = [  # the few staff among millions of cardholders
            Index(fields=["role"], condition=~Q(role="cardholder"), name="accounts_user_staff"),
            Index(
                fields=["collector_code"],
                condition=~Q(collector_code=""),
                name="accounts_user_collector",
            ),
        ]

    @property
    def is_staff(self) -> bool:
        return self.role != Role.CARDHOLDER

    def __str__(self) -> str:
        return f"{self.role}:{self.pk}"  # goes to logs: no name, no address


@dataclass(frozen=True)
class Person:
    """The personal facts of a cardholder, as the feed gives them. Encrypted as one at rest."""

    full_name: str
    id_type: str
    id_number: str
    date_of_birth: date
    mobile: str = ""
    email: str = ""
    postal_address: str = ""

    def to_json(self) -> str:
        return JSON.encode(vars(self))

    @classmethod
    def from_json(cls, text: str) -> "Person":
        facts = json.loads(text)
        return cls(**{**facts, "date_of_birth": date.fromisoformat(facts["date_of_birth"])})


# A reference as people type it: no dashes, no spaces, capitals (portal.kit.forms.CodeField).
REF_AS_TYPED = Upper(Replace(Replace(F("ref"), Value("-")), Value(" ")))


class Cardholder(models.Model):
    """A person in the bank's books. `user` stays empty until the person activates."""

    ref = models.CharField(max_length=40, unique=True)
    language = models.CharField(max_length=10, default="zh-hans")
    sealed_person = models.TextField(help_text="Person as encrypted JSON, bound to ref.")
    person_hash = models.CharField(max_length=64, help_text="Tells the feed whether it changed.")
    user = models.OneToOneField(
        User, models.PROTECT, null=True, blank=True, related_name="cardholder"
    )
    activated_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        indexes = [Index(REF_AS_TYPED, name="accounts_cardholder_ref_typed")]

    def __str__(self) -> str:
        return self.ref

    @cached_property
    def person(self) -> Person:
        """Decrypt the personal facts. Errors: InvalidTag if the row was tampered with."""
        return Person.from_json(crypto.decrypt(self.sealed_person, bound_to=self.binding(self.ref)))

    @staticmethod
    def binding(ref: str) -> str:
        return f"accounts_cardholder.sealed_person:{ref}"

    @classmethod
    def sealed(cls, ref: str, person: Person) -> dict[str, str]:
        """Return the two columns that hold a person: for create(), update() and the feed."""
        text = person.to_json()
        return {
            "sealed_person": crypto.encrypt(text, bound_to=cls.binding(ref)),
            "person_hash": crypto.fingerprint(text, purpose=f"person:{ref}"),
        }


class ContactChoice(models.Model):
    """When and how the bank may contact someone about what is owed. Append-only: the last counts.

    Hours are local to the portal's TIME_ZONE; `channels` are ContactAttempt.Channel values.
    """

    cardholder = models.ForeignKey(
        Cardholder, models.PROTECT, related_name="contact_choices", db_index=False
    )
    made_at = models.DateTimeField()
    earliest = models.TimeField()
    latest = models.TimeField()
    channels = models.JSONField()

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(earliest__lt=F("latest")), name="accounts_contactchoice_hours_in_order"
            )
        ]
        indexes = [
            models.Index(fields=["cardholder", "-made_at"], name="accounts_contact_choice_last")
        ]


class ActivationCode(models.Model):
    """The secret in the bank's letter: kept only as a keyed hash, for 28 days, for one use."""

    cardholder = models.ForeignKey(Cardholder, models.CASCADE, related_name="activation_codes")
    code_hash = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["cardholder"],
                condition=Q(used_at=None),
                name="accounts_activationcode_one_open_each",
            )
        ]


class Attempts(models.Model):
    """How often something was tried in a window: counted by one conditional UPDATE, so atomic."""

    key = models.CharField(max_length=120)
    window = models.CharField(max_length=20)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["key", "window"], name="accounts_attempts_one_per_window")
        ]


class OneTimeCode(models.Model):
    """A code sent to someone for one purpose (confirm an address, sign this very document)."""

    purpose = models.CharField(max_length=120, help_text="What it unlocks, e.g. sign:<sha256>.")
    recipient = models.EmailField()
    code_hash = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["purpose", "recipient"], name="accounts_code_by_purpose")]
