"""Chinese is complete: nothing untranslated, nothing fuzzy, no text of the code left out."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
CATALOGUE = Path("locale/zh_Hans/LC_MESSAGES/django.po")
# How the catalogue is made, here and by the translator (docs/testing.md).
MAKE = ["makemessages", "-l", "zh_Hans", "--no-location", "--no-wrap", "--no-obsolete",
        "-i", "tests", "-i", "var", "-i", ".venv", "-i", "benchmarks"]  # fmt: skip


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def messages(text: str) -> str:
    return re.sub(r'^"POT-Creation-Date:.*\n', "", text, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def catalogue() -> Path:
    path = ROOT / CATALOGUE
    assert path.exists(), f"{CATALOGUE} is missing: manage.py {' '.join(MAKE)}"
    return path


def test_the_catalogue_holds_every_text_of_the_code_and_no_other(catalogue, tmp_path):
    skip = shutil.ignore_patterns(
        ".*", "var", "tests", "benchmarks", "__pycache__", "*.mo", "node_modules"
    )
    copy = shutil.copytree(ROOT, tmp_path / "copy", ignore=skip)
    run(sys.executable, "manage.py", *MAKE, cwd=copy)
    made = messages((copy / CATALOGUE).read_text())
    kept = messages(catalogue.read_text())
    new = set(re.findall(r'^msgid "(.+)"$', made, re.M)) - set(
        re.findall(r'^msgid "(.+)"$', kept, re.M)
    )
    assert not new, f"not in the catalogue: {sorted(new)[:20]}"
    assert made == kept, f"run manage.py {' '.join(MAKE)} and commit what it changes"


@pytest.mark.parametrize("state", ["--untranslated", "--only-fuzzy"])
def test_every_text_is_translated_and_none_is_a_guess(catalogue, state):
    left = re.findall(r'^msgid "(.+)"$', run("msgattrib", state, "--no-obsolete", catalogue), re.M)
    assert not left, f"{len(left)} {state.strip('-')}: {left[:20]}"


def test_placeholders_survive_the_translation(catalogue):
    run("msgfmt", "--check", "-o", os.devnull, catalogue)


def test_source_texts_are_english(catalogue):
    ids = re.findall(r'^msgid "(.+)"$', catalogue.read_text(), re.M)
    assert not [text for text in ids if re.search("[\u4e00-\u9fff]", text)]
