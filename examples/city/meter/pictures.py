"""Pictures of meters, drawn: seven-segment figures would be too easy, so each is a stroke figure that is moved, turned,
thinned, smudged and lit unevenly. All of it from one seed; needs numpy alone.

A figure is a list of strokes, each a line through points of a box one wide and one high, from the top left.
"""
import numpy as np

SIZE = 16
MARGIN = 2
STROKES = {
    0: [[(.5, 0), (.85, .15), (.95, .5), (.85, .85), (.5, 1), (.15, .85), (.05, .5), (.15, .15), (.5, 0)]],
    1: [[(.2, .25), (.55, 0), (.55, 1)]],
    2: [[(.1, .25), (.3, .03), (.7, .03), (.9, .25), (.8, .5), (.1, 1), (.95, 1)]],
    3: [[(.1, .1), (.5, 0), (.85, .2), (.8, .4), (.45, .48), (.85, .6), (.9, .82), (.5, 1), (.1, .9)]],
    4: [[(.7, 1), (.7, 0), (.05, .68), (.95, .68)]],
    5: [[(.88, 0), (.2, 0), (.15, .45), (.6, .4), (.9, .65), (.8, .92), (.4, 1), (.08, .9)]],
    6: [[(.8, .05), (.35, .2), (.1, .6), (.2, .92), (.55, 1), (.88, .82), (.8, .55), (.45, .48), (.12, .65)]],
    7: [[(.05, 0), (.95, 0), (.4, 1)]],
    8: [[(.5, .47), (.15, .25), (.5, 0), (.85, .25), (.5, .47), (.1, .76), (.5, 1), (.9, .76), (.5, .47)]],
    9: [[(.88, .35), (.55, .52), (.2, .45), (.12, .18), (.45, 0), (.8, .08), (.9, .4), (.65, .8), (.2, .95)]],
}


def distances(points, grid):
    """How far each point of the grid is from a line through POINTS."""
    out = np.full(len(grid), np.inf)
    for begin, end in zip(points, points[1:]):
        along = end - begin
        share = np.clip((grid - begin) @ along / max(along @ along, 1e-9), 0, 1)
        out = np.minimum(out, np.linalg.norm(grid - begin - share[:, None] * along, axis=1))
    return out


def figure(digit, draw):
    """A picture of a digit, SIZE by SIZE: 0 is paper, 1 is ink."""
    turn = draw.normal(0, 0.12)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    scale = (SIZE - 2 * MARGIN) * np.array([draw.uniform(0.5, 0.75), draw.uniform(0.85, 1.0)])
    centre = SIZE / 2 + draw.normal(0, 0.7, 2)
    lean = np.array([[1, draw.normal(0, 0.12)], [0, 1]])
    grid = np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE), indexing="xy"), -1).reshape(-1, 2) + 0.5
    far = np.full(len(grid), np.inf)
    for stroke in STROKES[digit]:
        points = (np.array(stroke) - 0.5 + draw.normal(0, 0.025, (len(stroke), 2))) * scale
        far = np.minimum(far, distances(points @ lean.T @ turned.T + centre, grid))
    ink = 1 / (1 + np.exp((far - draw.uniform(0.7, 1.3)) * 3))
    return ink.reshape(SIZE, SIZE) * draw.uniform(0.6, 1.0)


def worn(picture, draw):
    """The same in bad light, behind a dirty glass."""
    height, width = picture.shape
    light = draw.uniform(-0.2, 0.2) + draw.normal(0, 0.15) * np.linspace(-1, 1, width) + draw.normal(0, 0.1) * np.linspace(
        -1, 1, height)[:, None]
    return np.clip(picture + light + draw.normal(0, 0.08, picture.shape), 0, 1).astype(np.float32)


def digits(count, seed):
    """(pictures of one digit each, in rows of SIZE * SIZE; the digits)."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, 10, count)
    return np.stack([worn(figure(label, draw), draw).ravel() for label in labels]), labels


def meter(reading, seed):
    """A picture of a meter that shows these digits, one window beside the other."""
    draw = np.random.default_rng(seed)
    return worn(np.hstack([figure(int(digit), draw) for digit in reading]), draw)


def windows(picture):
    """The pictures of the digits in a meter's picture."""
    height, width = picture.shape
    if height != SIZE or width % SIZE or not width:
        raise ValueError(f"a meter's picture is {SIZE} pixels high and {SIZE} wide for each digit, not {width} by {height}")
    return picture.reshape(SIZE, width // SIZE, SIZE).swapaxes(0, 1).reshape(-1, SIZE * SIZE)


def write_pgm(path, picture):
    """As a picture that every viewer shows: dark is ink."""
    height, width = picture.shape
    pixels = np.round((1 - picture) * 255).astype(np.uint8)
    with open(path, "wb") as file:
        file.write(b"P5\n%d %d\n255\n" % (width, height) + pixels.tobytes())


def read_pgm(path):
    with open(path, "rb") as file:
        kind, size, most, pixels = file.read().split(b"\n", 3)
    if kind != b"P5" or most != b"255":
        raise ValueError(f"{path} is no grey picture (PGM, P5, 255) as this program writes them")
    width, height = map(int, size.split())
    return 1 - np.frombuffer(pixels, np.uint8).reshape(height, width).astype(np.float32) / 255


def shown(picture):
    """The picture in a terminal, two rows of it in a line."""
    dark = picture > 0.5
    signs = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
    return "\n".join("".join(signs[upper, lower] for upper, lower in zip(*rows)) for rows in zip(dark[::2], dark[1::2]))
