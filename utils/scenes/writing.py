"""Words written into pictures, as shops and memes do."""

import cv2
import numpy as np
import torch

_FONT, _SCALE = cv2.FONT_HERSHEY_SIMPLEX, 0.3  # letters six pixels high, one pixel thick
_LINE = 9  # pixels from one line to the next


def write_words(picture, words):
    """Write words into the lower left of a picture, one a line, white with a dark edge.

    Parameters
    ----------
    picture : Tensor of shape (3, H, W)
        uint8.
    words : sequence of str

    Returns
    -------
    Tensor of shape (3, H, W)
        uint8, a new picture.

    Raises
    ------
    TypeError
        If the picture is no uint8 tensor.
    ValueError
        If it has not three channels, or a word does not fit.

    Examples
    --------
    >>> grey = torch.full((3, 48, 48), 90, dtype=torch.uint8)
    >>> written = write_words(grey, ["blue", "bag"])
    >>> (written != grey).any(dim=0)[:20].any(), (written == 255).any()
    (tensor(False), tensor(True))
    """
    if not isinstance(picture, torch.Tensor) or picture.dtype != torch.uint8:
        kind = picture.dtype if isinstance(picture, torch.Tensor) else type(picture).__name__
        raise TypeError(f"picture is {kind}; expected a uint8 tensor, such as scenes.images[0]")
    if picture.ndim != 3 or len(picture) != 3:
        raise ValueError(f"picture has shape {tuple(picture.shape)}; expected (3, H, W)")
    height, width = picture.shape[1:]
    for word in words:
        needed = cv2.getTextSize(word, _FONT, _SCALE, 1)[0][0]
        if needed > width or _LINE * len(words) > height:
            raise ValueError(
                f"{word!r} takes {needed} x {_LINE * len(words)} pixels; the picture has {width} x {height}"
            )
    pixels = np.ascontiguousarray(picture.cpu().permute(1, 2, 0).numpy())  # (3, H, W) -> (H, W, 3), a copy
    for line, word in enumerate(words):
        place = (1, height - 2 - _LINE * (len(words) - 1 - line))
        for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
            cv2.putText(pixels, word, place, _FONT, _SCALE, colour, thickness)
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous().to(picture.device)
