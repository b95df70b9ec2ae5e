"""Write a screen as HTML. Names, notes and messages from outside are escaped.

A button has ``data-act``, the name of its action in `siamese_lib.explorer.state`, and
``data-value``, the action's argument. `siamese_lib.explorer.html_panel` sends both back.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from siamese_lib.explorer.answer import Answer
from siamese_lib.explorer.facts import PAGE, Facts, Query
from siamese_lib.explorer.screen import Screen
from siamese_lib.images import png_uri

_ICONS = {"right": "✓", "wrong": "✗", "unknown": ""}
_TITLES = {"euclidean": "Euclidean", "cosine": "Cosine"}


def picker(screen: Screen) -> str:
    """Write the thumbnails, their filters, the index box and the random button."""
    state, facts, here = screen.state, screen.facts, screen.thumbnails
    wrong = int(facts.mistaken.sum())
    at_last = state.frame == len(facts.steps) - 1
    mistakes = "only mistakes" if at_last else "mistakes of the last step"
    options = [f"<option value=''{_chosen(state.label is None)}>all classes</option>"]
    options += [
        f"<option value='{number}'{_chosen(state.label == number)}>{html.escape(name)}</option>"
        for number, name in enumerate(facts.class_names)
    ]
    thumbs = "".join(_thumb(int(index), facts) for index in here)
    first = state.page * PAGE + 1
    span = f"{first:,}–{first + len(here) - 1:,} of {len(state.offered):,}" if len(here) else "none"
    alone = " disabled" if state.pages == 1 else ""
    return (
        "<div class='sx-bar'><h3>Choose a test image</h3>"
        f"<select data-act='set_class' aria-label='Class'>{''.join(options)}</select></div>"
        "<div class='sx-bar'><button data-act='toggle_mistakes' class='sx-toggle' "
        f"aria-pressed='{_yes(state.mistakes)}' "
        "title='After the last step, the vote of the 7 nearest training images is wrong'>"
        f"<b class='sx-wrong'>✗</b> {mistakes} <small>{wrong:,}</small></button>"
        "<span class='sx-room'></span>"
        "<button data-act='choose_random' "
        "title='Choose a random test image that matches the filters'>Random</button></div>"
        f"<div class='sx-grid' role='group' aria-label='Test images'>{thumbs}</div>"
        "<div class='sx-bar'><button data-act='turn_page' data-value='-1' "
        f"aria-label='Previous page'{alone}>&lsaquo;</button>"
        f"<span class='sx-span'>{span}</span><button data-act='turn_page' data-value='1' "
        f"aria-label='Next page'{alone}>&rsaquo;</button><span class='sx-room'></span>"
        "<form data-act='choose_test'><input aria-label='Index of a test image' "
        "inputmode='numeric' placeholder='index' autocomplete='off'><button>Go</button></form>"
        "</div>"
    )


def answer(screen: Screen) -> str:
    """Write the query, the vote, and the neighbours by each metric."""
    state, facts, main = screen.state, screen.facts, screen.answer
    verdict = _verdict(main)
    known = "label unknown" if main.label is None else f"labelled <b>{_said(main, main.label)}</b>"
    votes = round(main.confidence * main.k)
    says = {True: "right", False: "wrong", None: "by vote"}[main.right]
    if state.frame < len(facts.steps) - 1:  # the ✗ of a thumbnail is of the last step
        says += f" at step {main.step:,}"
    indices = " ".join(map(str, main.indices))
    both = facts.one_metric is None
    where = f"among {main.searched:,} {'training' if both else 'gallery'} images"
    if len(facts.steps) > 1:
        where = f"step {main.step:,}, {where}"
    parts = [_metric(screen, name) for name in _TITLES if both or name in screen.answers]
    return (
        f"<div class='sx-head sx-{verdict}'>"
        f"<img class='sx-query' alt='{html.escape(str(state.query))}' "
        f"src='{_uri(facts, state.query)}'>"
        f"<div class='sx-chosen'><div class='sx-quiet'>You chose</div>"
        f"<div><b>{html.escape(str(state.query))}</b>, {known}</div>"
        f"<div class='sx-quiet'>{html.escape(state.query.note or facts.file(state.query))}</div>"
        f"<div class='sx-bar'><button data-act='pin'>Pin to compare</button>"
        f"<button data-copy='{indices}'>Copy indices</button></div></div>"
        f"<div class='sx-vote'><div class='sx-quiet'>The network says</div>"
        f"<div class='sx-big'>{_said(main, main.vote)}</div>"
        f"<div class='sx-verdict'>{_ICONS[verdict]} {says}</div>"
        f"<div class='sx-meter' role='img' aria-label='{votes} of {main.k} votes'>"
        f"<i style='width:{100 * main.confidence:.0f}%'></i></div>"
        f"<div class='sx-quiet'><b>{main.confidence:.0%}</b> · {votes} of {main.k}</div>"
        f"</div></div>"
        f"<div class='sx-metrics'>{''.join(parts)}</div>"
        f"<p class='sx-why'>{html.escape(difference(screen.answers, facts.dim, facts.one_metric))} "
        f"<span class='sx-quiet'>({where})</span></p>"
    )


def difference(answers: Mapping[str, Answer], dim: int, one_metric: str | None = None) -> str:
    """Explain why the metrics agree or differ.

    Args:
        answers: by metric.
        dim: length of an embedding.
        one_metric: `Facts.one_metric`.
    """
    if len(answers) == 1 and one_metric is not None:
        return f"This gallery searches by {_TITLES[one_metric]} distance only."
    if "cosine" not in answers:
        return "Cosine is not available here, because an embedding of zeros has no direction."
    euclidean, cosine = answers["euclidean"], answers["cosine"]
    common = len({*euclidean.indices} & {*cosine.indices})
    if common == euclidean.k:
        return "Both metrics found the same images: here, distance and direction agree."
    if dim == 2:
        lost = "In two dimensions a direction is one number, so all points on one ray look alike"
    else:
        lost = f"A direction keeps {dim - 1} of the {dim} numbers and loses the length"
    return (
        f"The metrics have {common} of {euclidean.k} images in common. Euclidean distance measures "
        "how far apart two points are. Cosine only compares their directions from the origin. "
        f"{lost}. Here, the images found by cosine are up to {cosine.reach:.2g} away, and those "
        f"found by Euclidean distance up to {euclidean.reach:.2g}."
    )


def pins(screen: Screen) -> str:
    """Write the pinned queries, one below the other, with the answer to each."""
    state, facts = screen.state, screen.facts
    if not state.pins:
        return ""
    rows = []
    for place, (query, found) in enumerate(zip(state.pins, screen.pinned, strict=True)):
        verdict = _verdict(found)
        small = "".join(_small(facts, found, rank) for rank in range(found.k))
        rows.append(
            f"<div class='sx-pin sx-{verdict}'><button data-act='recall' data-value='{place}' "
            "title='Choose this image again'>"
            f"<img alt='' src='{_uri(facts, query)}'> "
            f"{html.escape(str(query))}</button>"
            f"<span class='sx-verdict'>{_ICONS[verdict]} {_said(found, found.vote)} "
            f"<small>{found.confidence:.0%}</small></span><span class='sx-row'>{small}</span>"
            f"<button data-act='unpin' data-value='{place}' aria-label='Remove pin'>×</button>"
            "</div>"
        )
    return f"<h3>Pinned, by {_TITLES[state.metric]} distance</h3>{''.join(rows)}"


def status(words: str, failed: bool = False) -> str:
    """Write a message; `failed` marks it as an error."""
    words = html.escape(words)
    said = f"<span class='sx-error'>⚠ {words}</span>" if failed else f"<span>{words}</span>"
    return f"{said}<button data-full class='sx-full'>Full screen</button>"


def _metric(screen: Screen, metric: str) -> str:
    found, on_map = screen.answers.get(metric), screen.state.metric == metric
    head = (
        f"<button data-act='set_metric' data-value='{metric}' aria-pressed='{_yes(on_map)}' "
        f"class='sx-toggle' title='Show these on the map'>{_TITLES[metric]}"
        f"<small>{' on the map' if on_map else ''}</small></button>"
    )
    if found is None:
        return (
            f"<section>{head}<p class='sx-quiet'>none, as an embedding is all zeros</p></section>"
        )
    cells = "".join(_neighbour(screen.facts, found, rank) for rank in range(found.k))
    return (
        f"<section aria-label='{_TITLES[metric]} neighbours' data-metric='{metric}'>{head}"
        f"<ol class='sx-cards'>{cells}</ol></section>"
    )


def _neighbour(facts: Facts, found: Answer, rank: int) -> str:
    index, label, distance = found.indices[rank], found.labels[rank], found.distances[rank]
    kind = _match(found, label)
    name, file = _name(found, label), _file(facts, Query("train", index))
    return (
        f"<li class='sx-card sx-{kind}'><button data-act='choose_train' data-value='{index}' "
        f"title='Choose training image {index}{file}'>"
        f"<img alt='{name}' src='{_uri(facts, Query('train', index))}'>"
        f"<b>{_ICONS[kind]} {_said(found, label)}</b><span>#{index}</span>"
        f"<span>{_short(distance)}</span></button></li>"
    )


def _small(facts: Facts, found: Answer, rank: int) -> str:
    label, index = found.labels[rank], found.indices[rank]
    kind = _match(found, label)
    words = f"{_ICONS[kind]} {_name(found, label)}, #{index}{_file(facts, Query('train', index))}"
    source = _uri(facts, Query("train", index))
    return f"<img class='sx-{kind}' alt='{words}' title='{words}' src='{source}'>"


def _thumb(index: int, facts: Facts) -> str:
    name = html.escape(facts.class_names[facts.test_labels[index]])
    wrong = " sx-mistaken" if facts.mistaken[index] else ""
    mark = "<i>✗</i>" if facts.mistaken[index] else ""
    words = f"test image {index}: {name}{', a mistake' if wrong else ''}"
    file = _file(facts, Query("test", index))
    return (
        f"<button class='sx-thumb{wrong}' data-act='choose_test' data-value='{index}' "
        f"title='{words}{file}' aria-label='{words}'>"
        f"<img alt='' src='{uri(facts.test_images[index])}'>{mark}</button>"
    )


def uri(image: np.ndarray) -> str:
    """Encode an image, uint8 (H, W, C), as a PNG in a data URI."""
    return _png(image.tobytes(), image.shape)


def _uri(facts: Facts, query: Query) -> str:
    return uri(facts.image(query))


@lru_cache(2_000)
def _png(pixels: bytes, shape: tuple[int, int, int]) -> str:
    """Encode an image; of one with neither one nor three channels, the first is shown."""
    image = np.frombuffer(pixels, np.uint8).reshape(shape)
    return png_uri(image if shape[2] == 3 else image[..., 0])


def _file(facts: Facts, query: Query) -> str:
    """Write a comma and the name of a file; "" if it is not known."""
    file = facts.file(query)
    return html.escape(f", {file}") if file else ""


def _short(distance: float) -> str:
    """Write a distance with four decimals, or below 0.001 with one significant digit."""
    return f"{distance:.4f}" if distance >= 0.001 or distance == 0 else f"{distance:.0e}"


def _match(found: Answer, label: int) -> str:
    return "unknown" if found.label is None else "right" if label == found.label else "wrong"


def _verdict(found: Answer) -> str:
    return {True: "right", False: "wrong", None: "unknown"}[found.right]


def _name(found: Answer, label: int) -> str:
    return html.escape(found.name_of(label))


def _said(found: Answer, label: int) -> str:
    """Write a name so that, if it is read from right to left, the words around it are not."""
    return f"<bdi>{_name(found, label)}</bdi>"


def _chosen(chosen: bool) -> str:
    return " selected" if chosen else ""


def _yes(value: bool) -> str:
    return str(value).lower()
