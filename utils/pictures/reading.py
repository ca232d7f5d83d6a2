"""Pictures from files as cameras, telephones and systems leave them, read as a browser shows them."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from utils.storage import DataError

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")


def read_picture(path):
    """Read a picture file as a browser shows it.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    ndarray of shape (H, W, 3)
        uint8, RGB. Turned upright if the camera says how it was held (EXIF); grey in 16 bits is scaled to 8; what is
        transparent lies on white; of an animation, the first frame.

    Raises
    ------
    DataError
        If the file cannot be read, or holds numbers whose black and white are not known.
    """
    try:
        with Image.open(path) as opened:
            return np.array(_as_rgb(ImageOps.exif_transpose(opened), path))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        remedy = "remove it or bring a whole copy"
        raise DataError(f"{path} cannot be read as a picture ({error}); {remedy}") from error


def _as_rgb(image, path):
    if image.mode.startswith("I;16"):
        values = np.asarray(image).astype(np.float32) / 257  # 65,535 becomes 255
        return Image.fromarray(values.round().astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        raise DataError(f"{path} holds numbers of 32 bits, for which no black and white are known; save it in 8 or 16")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def pictures_in(folder):
    """List the pictures of a folder with one folder a class, without what systems leave behind.

    Parameters
    ----------
    folder : str or Path
        Holds ``CLASS/PICTURE``.

    Returns
    -------
    list of Path
        Sorted. Passed over are names that begin with a dot, such as ``.ipynb_checkpoints`` or ``._a.png``, and
        ``__MACOSX``.
    """
    found = (path for path in Path(folder).glob("*/*") if path.suffix.lower() in SUFFIXES)
    return sorted(path for path in found if not any(_left_behind(part) for part in (path.parent.name, path.name)))


def _left_behind(name):
    return name.startswith(".") or name == "__MACOSX"
