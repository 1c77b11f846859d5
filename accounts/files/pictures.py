"""Pictures, decoded whole and written anew from their pixels alone. Runs in the child."""

import io
import warnings

import pi_heif
from PIL import Image, ImageOps, UnidentifiedImageError

from accounts.files import limits
from accounts.files.verdict import Found, Verdict

FORMATS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "heic": "HEIF"}
warnings.simplefilter("error", Image.DecompressionBombWarning)
Image.MAX_IMAGE_PIXELS = limits.MOST_PIXELS


def rewritten(kind: str, data: bytes) -> tuple[Verdict, bytes]:
    """Return the first frame upright, at most `longest_side` long, without any metadata.

    Screenshots stay PNG so that small print stays sharp. Errors: Found pixels, broken, heic.
    """
    if kind == "heic":
        pi_heif.register_heif_opener(thumbnails=False)
    try:
        with Image.open(io.BytesIO(data), formats=[FORMATS[kind]]) as picture:
            if picture.width * picture.height > limits.MOST_PIXELS:
                raise Found("pixels")
            bare = _pixels(picture, limits.LONGEST_SIDE)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise Found("pixels") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise Found("heic" if kind == "heic" else "broken") from error
    if kind == "png":
        copy = _saved(bare, "PNG")
        if len(copy) <= limits.LARGEST:
            return Verdict(media_type="image/png", pages=1), copy
    return Verdict(media_type="image/jpeg", pages=1), _saved(bare, "JPEG", quality=85)


def small(data: bytes, side: int) -> bytes:
    """Return a copy of ours as a PNG no longer than `side`."""
    with Image.open(io.BytesIO(data), formats=["JPEG", "PNG"]) as picture:
        return _saved(_pixels(picture, side), "PNG", compress_level=1)  # for one look


def _pixels(picture: Image.Image, side: int) -> Image.Image:
    """Decode, make smaller first (memory), turn upright, and build the picture again.

    A plain save would carry the comment of a JPEG along; EXIF, profiles and the bytes behind the
    end do not survive either. What is see-through becomes white.
    """
    picture.thumbnail((side, side), reducing_gap=2.0)
    upright = ImageOps.exif_transpose(picture)
    if upright.mode.startswith("I"):  # 16 bits of grey
        upright = upright.point(lambda value: value / 256).convert("L")
    if upright.mode in ("1", "L"):
        plain = upright.convert("L")
    else:
        clear = upright.convert("RGBA")
        plain = Image.new("RGB", clear.size, "white")
        plain.paste(clear, mask=clear)
    return Image.frombytes(plain.mode, plain.size, plain.tobytes())


def _saved(picture: Image.Image, kind: str, **how: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()
