"""Picture files as cameras and systems leave them: seen as the page sees them."""

import numpy as np
import pytest
from PIL import Image

from utils.pictures.reading import pictures_in, read_picture
from utils.storage import DataError

WEDGE = np.repeat(np.linspace(0, 255, 80).astype(np.uint8)[None], 40, axis=0)  # 40 rows, 80 columns, dark to light


def saved(tmp_path, name, image, **options):
    path = tmp_path / name
    image.save(path, **options)
    return path


@pytest.mark.parametrize(
    "orientation, upright",
    [(1, WEDGE), (3, WEDGE[::-1, ::-1]), (6, np.rot90(WEDGE, -1)), (8, np.rot90(WEDGE)), (2, WEDGE[:, ::-1])],
)
def test_a_picture_is_turned_as_the_camera_was_held(tmp_path, orientation, upright):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path, "held.jpg", Image.fromarray(WEDGE).convert("RGB"), quality=95, exif=exif)
    pixels = read_picture(path)
    assert pixels.shape == (*upright.shape, 3)
    assert np.abs(pixels[..., 0].astype(int) - upright).max() <= 4


def test_sixteen_bits_keep_their_ramp(tmp_path):
    ramp = np.arange(0, 65536, 257, dtype=np.uint16)[None].repeat(4, axis=0)
    pixels = read_picture(saved(tmp_path, "ramp.png", Image.fromarray(ramp)))
    assert (pixels == np.arange(256)[None, :, None]).all()


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_lies_on_white(tmp_path, mode):
    half = Image.new("RGBA", (4, 4), (10, 10, 10, 0))
    half.paste((10, 10, 10, 255), (0, 0, 4, 2))
    pixels = read_picture(saved(tmp_path, "half.png", half.convert(mode)))
    assert np.abs(pixels[:2].astype(int) - 10).max() <= 2
    assert (pixels[2:] == 255).all()


def test_grey_and_cmyk_become_rgb(tmp_path):
    assert (read_picture(saved(tmp_path, "grey.png", Image.fromarray(WEDGE))) == WEDGE[..., None]).all()
    cmyk = Image.new("CMYK", (5, 4), (0, 255, 255, 0))
    pixels = read_picture(saved(tmp_path, "print.jpg", cmyk, quality=95))
    assert pixels.shape == (4, 5, 3)
    assert pixels[..., 0].min() > 200 > 60 > pixels[..., 1].max()


@pytest.mark.parametrize(
    "content, words", [(b"", "cannot be read as a picture"), (b"<html>", "remove it or bring a whole copy")]
)
def test_what_is_no_picture_is_named(tmp_path, content, words):
    path = tmp_path / "broken.png"
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"broken\.png .*{words}"):
        read_picture(path)


def test_numbers_without_black_and_white_are_refused(tmp_path):
    path = saved(tmp_path, "depth.tiff", Image.fromarray(np.ones((3, 3), np.float32)))
    with pytest.raises(DataError, match="32 bits, for which no black and white are known"):
        read_picture(path)


def test_what_systems_leave_behind_is_passed_over(tmp_path):
    for name in (
        "cat/a.png",
        "cat/._a.png",
        "cat/notes.txt",
        ".ipynb_checkpoints/a.png",
        "__MACOSX/a.png",
        "dog/B.JPG",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert [path.relative_to(tmp_path).as_posix() for path in pictures_in(tmp_path)] == ["cat/a.png", "dog/B.JPG"]
