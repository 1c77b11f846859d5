"""Make this checkout ready to run; run again it costs seconds."""

import hashlib
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils.translation.reloader import translation_file_changed

# What Bootstrap's package brings besides the one file we link: compressing it takes half a minute.
UNUSED = ["bootstrap-*", "bootstrap.css*", "*.rtl.*"]


class Command(BaseCommand):
    help = "Folders, database, cache table, translations, static files; the demo's seal and people."

    def handle(self, *args: Any, **options: Any) -> None:
        for folder in ("files", "evidence", "log", "seal", "broker/messages", "broker/control"):
            (Path(settings.VAR_DIR) / folder).mkdir(parents=True, exist_ok=True, mode=0o700)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        if any(Path(path).exists() for path in settings.LOCALE_PATHS):
            call_command("compilemessages", ignore=[".venv", "var"], verbosity=0)
            translation_file_changed(None, Path("django.mo"))  # this process read the old ones
        self.collect_static()
        if settings.DEMO:
            self.fill_demo()

    def collect_static(self) -> None:
        """Collect and compress, unless nothing changed since the last time."""
        seen = hashlib.sha256(Path(__file__).read_bytes())
        for finder in get_finders():
            for name, storage in finder.list([]):
                at = storage.get_modified_time(name).isoformat()
                seen.update(f"{name}:{storage.size(name)}:{at}\n".encode())
        stamp = Path(settings.STATIC_ROOT) / ".collected"
        if not stamp.exists() or stamp.read_text() != seen.hexdigest():
            call_command(
                "collectstatic", interactive=False, clear=True, verbosity=0, ignore_patterns=UNUSED
            )
            stamp.write_text(seen.hexdigest())

    def fill_demo(self) -> None:
        """A development seal, and the fictitious people once."""
        if not Path(settings.SEAL_PKCS12).exists():
            call_command("make_seal")
        if not apps.get_model("accounts", "Cardholder").objects.exists():
            call_command("demo", verbosity=0)
