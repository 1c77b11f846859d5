from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.timezone import now

from portal.records.seal_key import make_development_seal, seal_facts


class Command(BaseCommand):
    help = "Make a TEST SEAL for development at SEAL_PKCS12, unless a seal is there already."

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.SEAL_PKCS12)
        made = make_development_seal(path, passphrase=settings.SEAL_PASSPHRASE, at=now())
        facts = seal_facts()
        self.stdout.write(
            f"{'made' if made else 'kept'} {facts.subject}, serial {facts.serial}, "
            f"until {facts.not_after:%Y-%m-%d}"
        )
