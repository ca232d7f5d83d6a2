"""The blocks world: Roberts' edges, a polyhedron drawn by a pinhole camera, and its pose found again."""

from typing import NamedTuple

import cv2
import numpy as np
from scipy.optimize import linear_sum_assignment


class Polyhedron(NamedTuple):
    """A solid with flat faces and no dents.

    Attributes
    ----------
    corners : ndarray of shape (n, 3)
    faces : tuple of tuple of int
        The corners of each face in order around it.
    """

    corners: np.ndarray
    faces: tuple


class Pose(NamedTuple):
    """How a solid stands before the camera.

    Attributes
    ----------
    rotation : ndarray of shape (3, 3)
    translation : ndarray of shape (3,)
    error : float
        Root mean square distance, in pixels, between the drawn corners and the seen ones.
    matches : tuple of (int, int)
        Which corner of the solid is which seen point.
    """

    rotation: np.ndarray
    translation: np.ndarray
    error: float
    matches: tuple


def roberts_cross(image):
    """Measure how fast a picture changes along its two diagonals, in windows of 2 × 2 pixels.

    Parameters
    ----------
    image : ndarray of shape (H, W)

    Returns
    -------
    ndarray of shape (H - 1, W - 1)
        Root of the sum of the two squared differences.

    References
    ----------
    Roberts, "Machine perception of three-dimensional solids", PhD thesis, MIT, 1963. He first took the root of each
    pixel's brightness; that step is left to the caller.

    Examples
    --------
    >>> roberts_cross(np.array([[0.0, 3.0], [4.0, 0.0]])).tolist()
    [[1.0]]
    """
    image = np.asarray(image, dtype=float)
    falling = image[:-1, :-1] - image[1:, 1:]
    rising = image[:-1, 1:] - image[1:, :-1]
    return np.hypot(falling, rising)


def wedge():
    """Return a box with a sloping roof and walls that lean in; no turn brings it onto itself.

    Returns
    -------
    Polyhedron
        Eight corners, six faces; its middle is the origin.
    """
    low = [(x, y, -0.5) for x, y in ((-1, -0.7), (1, -0.7), (1, 0.7), (-1, 0.7))]
    high = [(-1, -0.44, 0.8), (0.3, -0.5, 0.5), (0.3, 0.5, 0.5), (-1, 0.44, 0.8)]
    faces = ((3, 2, 1, 0), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7))
    return Polyhedron(np.array(low + high), faces)


def project(points, rotation, translation, *, focal, centre):
    """Draw points of space into the image of a pinhole camera.

    Parameters
    ----------
    points : ndarray of shape (n, 3)
    rotation : ndarray of shape (3, 3)
    translation : ndarray of shape (3,)
    focal : float
        Focal length in pixels.
    centre : (float, float)
        Column and row that the camera looks at.

    Returns
    -------
    ndarray of shape (n, 2)
        Column and row, in pixels.
    """
    seen = points @ rotation.T + translation
    return focal * seen[:, :2] / seen[:, 2:] + np.asarray(centre)


def visible_faces(solid, rotation, translation):
    """Tell which faces look towards the camera.

    Parameters
    ----------
    solid : Polyhedron
    rotation : ndarray of shape (3, 3)
    translation : ndarray of shape (3,)

    Returns
    -------
    list of int
    """
    seen = solid.corners @ rotation.T + translation
    middle = seen.mean(axis=0)
    found = []
    for index, face in enumerate(solid.faces):
        a, b, c = seen[list(face[:3])]
        normal = np.cross(b - a, c - a)
        normal *= np.sign(normal @ (a - middle))  # away from the middle of the solid
        if normal @ a < 0:
            found.append(index)
    return found


def random_rotation(rng):
    """Draw a rotation, all equally likely.

    Parameters
    ----------
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of shape (3, 3)
    """
    q, r = np.linalg.qr(rng.normal(size=(3, 3)))
    q = q * np.sign(np.diag(r))
    return q * np.sign(np.linalg.det(q))


def draw_solid(solid, rotation, translation, *, focal, size, shades=None):
    """Paint the visible faces, each in a shade of its own.

    Parameters
    ----------
    solid : Polyhedron
    rotation : ndarray of shape (3, 3)
    translation : ndarray of shape (3,)
    focal : float
    size : int
        Side of the picture in pixels.
    shades : sequence of float, optional
        One a face, in [0, 1]; by default from 0.35 to 0.95.

    Returns
    -------
    ndarray of shape (size, size)
        In [0, 1]; the background is 0.1.
    """
    shades = np.linspace(0.35, 0.95, len(solid.faces)) if shades is None else shades
    fine = 4  # painted larger, then reduced: smooth edges
    picture = np.full((fine * size, fine * size), 0.1, dtype=np.float32)
    corners = project(solid.corners, rotation, translation, focal=focal, centre=(size / 2 - 0.5,) * 2)
    for index in visible_faces(solid, rotation, translation):
        outline = ((corners[list(solid.faces[index])] + 0.5) * fine - 0.5).round().astype(np.int32)
        cv2.fillConvexPoly(picture, outline, float(shades[index]))
    return cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA).astype(float)


def recover_pose(points, solid, *, focal, centre, rng, n_starts=600, good=1.0):
    """Find how a known solid stands from the corners of its drawing, without being told which corner is which.

    Parameters
    ----------
    points : ndarray of shape (m, 2)
        Column and row of the corners seen, in pixels; at least four.
    solid : Polyhedron
    focal : float
    centre : (float, float)
    rng : numpy.random.Generator
        Draws the rotations from which the search starts.
    n_starts : int
        At most so many.
    good : float
        Stop at the first pose with a smaller error than this, in pixels.

    Returns
    -------
    Pose
        The one with the smallest error. If that is several pixels, the search failed.

    Raises
    ------
    ValueError
        If there are fewer than four points.

    Notes
    -----
    From each start: match the corners to the points so that the distances are least (Hungarian method), improve the
    pose by least squares, match again, until the matches stay.
    """
    points = np.asarray(points, dtype=float)
    if len(points) < 4:
        raise ValueError(f"{len(points)} corners do not fix a pose; give at least four")
    camera = np.array([[focal, 0, centre[0]], [0, focal, centre[1]], [0, 0, 1.0]])
    best = None
    for _ in range(n_starts):
        found = _descend(points, solid, random_rotation(rng), camera)
        if found is not None and (best is None or found.error < best.error):
            best = found
            if best.error < good:
                break
    return best


def _descend(points, solid, rotation, camera, n_rounds=8):
    """Match and fit in turn from one rotation; None if the fit leaves the camera's view."""
    focal, centre = camera[0, 0], camera[:2, 2]
    middle, spread = points.mean(axis=0), points.std()
    depth = focal * (solid.corners @ rotation.T)[:, :2].std() / spread
    translation = np.array([*((middle - centre) / focal * depth), depth])
    matches = None
    for _ in range(n_rounds):
        visible = sorted({i for face in visible_faces(solid, rotation, translation) for i in solid.faces[face]})
        drawn = project(solid.corners[visible], rotation, translation, focal=focal, centre=centre)
        distances = np.linalg.norm(drawn[:, None] - points, axis=-1)
        rows, columns = linear_sum_assignment(distances)
        now = tuple((visible[r], int(c)) for r, c in zip(rows, columns, strict=True))
        if len(now) < 4 or now == matches:
            break
        matches = now
        corners, seen = (list(part) for part in zip(*matches, strict=True))
        ok, turn, move = cv2.solvePnP(
            solid.corners[corners],
            points[seen],
            camera,
            None,
            cv2.Rodrigues(rotation)[0],
            translation.reshape(3, 1).copy(),
            useExtrinsicGuess=True,
        )
        if not ok or not np.isfinite(move).all() or move[2, 0] <= 1.5:
            return None
        rotation, translation = cv2.Rodrigues(turn)[0], move[:, 0]
    if matches is None or len(matches) < len(points):
        return None
    corners, seen = (list(part) for part in zip(*matches, strict=True))
    drawn = project(solid.corners[corners], rotation, translation, focal=focal, centre=centre)
    error = np.sqrt(((drawn - points[seen]) ** 2).sum(axis=1).mean())
    return Pose(rotation, translation, float(error), matches)


def angle_between(a, b):
    """Return the angle of the turn that leads from one rotation to another.

    Parameters
    ----------
    a, b : ndarray of shape (3, 3)

    Returns
    -------
    float
        In degrees, 0 to 180.

    Examples
    --------
    >>> angle_between(np.eye(3), np.diag([1.0, -1.0, -1.0]))
    180.0
    """
    cosine = (np.trace(np.asarray(a).T @ b) - 1) / 2
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
