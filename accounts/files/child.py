"""A stranger's file is parsed here, in a process of its own, with bounds and without secrets.

    python -m accounts.files.child check jpeg  < file   a line of JSON, then the copy's bytes
    python -m accounts.files.child page 3      < PDF    that page as PNG, drawn by pdftoppm
    python -m accounts.files.child picture     < copy   a picture's small PNG

No Django, no settings, no files: accounts.files.apart starts it and pipes in and out.
"""

import json
import os
import resource
import sys

MEMORY = 512 * 1024 * 1024  # bytes of address space
SECONDS = 10  # of processor time
SIDE = 1600  # pixels of what staff see


def bound() -> None:
    """Take away what a file could misuse; the kernel ends whoever wants more."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # pipes only


def check(kind: str) -> None:
    """Write the verdict and the copy. Whatever the parsers raise is a verdict as well."""
    if kind == "pdf":
        from accounts.files.pdfs import rewritten
    else:
        from accounts.files.pictures import rewritten
    from accounts.files.verdict import Found, Verdict

    try:
        verdict, copy = rewritten(kind, sys.stdin.buffer.read())
    except Found as found:
        verdict, copy = Verdict(problem=found.problem, hostile=found.hostile), b""
    except MemoryError:
        verdict, copy = Verdict(problem="memory", hostile=True), b""
    except Exception as error:
        print(type(error).__name__, error, file=sys.stderr)
        verdict, copy = Verdict(problem="crashed", hostile=True), b""
    sys.stdout.buffer.write(json.dumps(verdict.__dict__).encode() + b"\n" + copy)


def page(number: str) -> None:
    """Become pdftoppm, under the same bounds. Errors: OSError if it is not installed."""
    size = ["-scale-to", str(SIDE)]
    os.execvp("pdftoppm", ["pdftoppm", "-png", "-f", number, "-l", number, *size, "-"])  # noqa: S606, S607


def picture() -> None:
    from accounts.files.pictures import small

    sys.stdout.buffer.write(small(sys.stdin.buffer.read(), SIDE))


if __name__ == "__main__":
    bound()
    task, *facts = sys.argv[1:]
    if task == "check":
        check(*facts)
    elif task == "page":
        page(*facts)
    else:
        picture()
