"""The explorer over a gallery on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tiny_explorer import mixed_dataset, tiny_run

import siamese_lib as sl
from siamese_lib.explorer.indexed import NO_CLASS

pytest.importorskip("lancedb")

RUN, DATA = tiny_run(), mixed_dataset()
EMBEDDINGS = RUN.embed(DATA.train.images)


def panel(explorer: sl.RetrievalExplorer, kind: str) -> str:
    return explorer._panels[kind].html


def on_disk(folder: Path, embeddings: np.ndarray = EMBEDDINGS, **options: Any) -> sl.DiskGallery:
    gallery = sl.DiskGallery(folder, embeddings.shape[1], **options)
    gallery.append(embeddings, DATA.train.labels[: len(embeddings)])
    return gallery


def in_files(folder: Path, labels: Any = None) -> sl.DiskGallery:
    """A gallery of the training images, which are in files."""
    files = [folder / f"{number}.png" for number in range(len(DATA.train))]
    for file, image in zip(files, DATA.train.images, strict=True):
        Image.fromarray(image[..., 0]).save(file)
    gallery = sl.DiskGallery(folder / "gallery", EMBEDDINGS.shape[1])
    gallery.append(EMBEDDINGS, labels, files)
    return gallery


def test_a_gallery_on_disk_gives_the_answers_of_one_in_memory(tmp_path):
    explorer = sl.RetrievalExplorer(RUN, DATA, gallery=on_disk(tmp_path / "gallery"))
    plain = sl.RetrievalExplorer(RUN, DATA)
    assert not explorer.state.failed
    queries: list[dict[str, Any]] = [
        {"index": 4}, {"train": 7}, {"image": DATA.test.images[3]}, {"frame": 0},
    ]  # fmt: skip
    for query in queries:
        assert explorer.select(**query) == plain.select(**query)
    assert explorer.searched.tolist() == list(range(40))
    np.testing.assert_array_equal(explorer.map.frames, plain.map.frames)


def test_what_the_gallery_searches_by_is_said(tmp_path):
    explorer = sl.RetrievalExplorer(RUN, DATA, gallery=on_disk(tmp_path / "gallery"))
    assert list(explorer.answers) == ["euclidean"]
    assert "This gallery searches by Euclidean distance only." in panel(explorer, "answer")
    assert panel(explorer, "answer").count("<section") == 1
    assert "A gallery of 40 images to search." in panel(explorer, "status")
    explorer.select(frame=0)
    assert list(explorer.answers) == ["euclidean", "cosine"]
    assert panel(explorer, "answer").count("<section") == 2


def test_a_gallery_by_cosine_finds_what_cosine_finds(tmp_path):
    gallery = on_disk(tmp_path / "gallery", metric="cosine")
    explorer = sl.RetrievalExplorer(RUN, DATA, gallery=gallery)
    assert list(explorer.answers) == ["cosine"]
    plain = sl.RetrievalExplorer(RUN, DATA)
    for index in range(9):
        assert explorer.select(index=index) == plain.select(index=index, metric="cosine")


@pytest.mark.parametrize("kind", ["numbers", "names"])
def test_images_and_classes_come_from_the_files_of_the_gallery(tmp_path, kind):
    names = np.array(DATA.class_names)
    labels = DATA.train.labels if kind == "numbers" else names[DATA.train.labels]
    gallery = in_files(tmp_path, labels)
    nothing_alike = sl.Dataset(
        sl.Split(DATA.train.images[::-1].copy(), DATA.train.labels[::-1].copy()),
        DATA.test, DATA.class_names, DATA.source, DATA.name,
    )  # fmt: skip
    explorer = sl.RetrievalExplorer(RUN, nothing_alike, gallery=gallery)
    plain = sl.RetrievalExplorer(RUN, DATA)
    assert not explorer.state.failed
    queries: list[dict[str, Any]] = [{"index": 4}, {"train": 7}]
    for query in queries:
        assert explorer.select(**query) == plain.select(**query)
    assert "7.png" in panel(explorer, "answer")
    assert explorer.map.class_names == [*DATA.class_names, "query"]
    facts = explorer._search.facts
    np.testing.assert_array_equal(facts.training_images[[3, 1]], DATA.train.images[[3, 1]])
    np.testing.assert_array_equal(facts.training_images[3], DATA.train.images[3])
    assert explorer.select(image=DATA.train.images[5]).same == (5,)


def test_a_test_image_in_the_gallery_is_not_its_own_neighbour(tmp_path):
    for number, (image, label) in enumerate(zip(DATA.train.images, DATA.train.labels, strict=True)):
        place = tmp_path / "photos" / DATA.class_names[label]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image[..., 0]).save(place / f"{number}.png")
    data = sl.load_folder(tmp_path / "photos", image_size=(8, 8), color="grayscale")
    gallery = sl.DiskGallery(tmp_path / "gallery", 2)
    sl.embed_files(RUN, tmp_path / "photos", tmp_path / "embedded").into(gallery)
    explorer = sl.RetrievalExplorer(RUN, data, gallery=gallery)
    files = explorer._search.facts.training_files
    assert files is not None
    wrong = []
    for index in range(len(data.test)):
        answer = explorer.select(index=index, k=7)
        found = [files[each] for each in answer.indices]
        assert str(data.path("test", index)) not in found
        assert (len(found), answer.same) == (7, ())
        wrong.append(not answer.right)
    np.testing.assert_array_equal(explorer._search.facts.mistaken, wrong)
    assert "finds itself" not in explorer._screen.status


@pytest.mark.parametrize("given", [Path("gallery"), np.eye(3)])
def test_what_is_no_gallery_is_refused(given):
    with pytest.raises(ValueError, match="expected a Gallery or a DiskGallery"):
        sl.RetrievalExplorer(RUN, DATA, gallery=given)


def test_images_without_a_known_class_have_one_of_their_own(tmp_path):
    for folder, labels in (("none", None), ("other", ["thing"] * 40)):
        (tmp_path / folder).mkdir()
        gallery = in_files(tmp_path / folder, labels)
        explorer = sl.RetrievalExplorer(RUN, DATA, gallery=gallery)
        answer = explorer.select(index=4)
        assert {row["class"] for row in answer.rows()} == {NO_CLASS}
        assert answer.right is False
        assert explorer.map.class_names == [*DATA.class_names, NO_CLASS, "query"]


def test_some_images_without_a_class_do_not_hide_the_numbers_of_the_others(tmp_path):
    (tmp_path / "some").mkdir()
    gallery = in_files(tmp_path / "some", DATA.train.labels)
    files = gallery.paths_of([0, 1, 2])
    gallery.remove(range(3))
    gallery.append(EMBEDDINGS[:3], None, files)
    explorer = sl.RetrievalExplorer(RUN, DATA, gallery=gallery)
    assert explorer.map.class_names == [*DATA.class_names, NO_CLASS, "query"]
    assert explorer._search.facts.training_labels[[40, 5]].tolist() == [4, DATA.train.labels[5]]


def test_a_file_that_cannot_be_read_does_not_spoil_the_gallery(tmp_path):
    gallery = in_files(tmp_path, DATA.train.labels)
    (tmp_path / "0.png").write_bytes(b"no picture")
    assert not sl.RetrievalExplorer(RUN, DATA, gallery=gallery).state.failed


def test_an_embedding_of_zeros_has_no_answer_by_cosine(tmp_path, monkeypatch):
    embed_once = sl.Run.embed_once

    def with_zeros(run: sl.Run, images: np.ndarray, *, what: str) -> np.ndarray:
        made = embed_once(run, images, what=what).copy()
        if what == "test images":
            made[3] = 0
        return made

    monkeypatch.setattr(sl.Run, "embed_once", with_zeros)
    gallery = on_disk(tmp_path / "gallery", metric="cosine")
    explorer = sl.RetrievalExplorer(RUN, DATA, gallery=gallery)
    with pytest.raises(ValueError, match="embedding of test image 3 is all zeros"):
        explorer.select(index=3)
    assert "all zeros" in panel(explorer, "status")
    assert explorer.select(index=4).metric == "cosine"
    assert (
        "of 47 test images wrong" in sl.RetrievalExplorer(RUN, DATA, gallery=gallery)._screen.status
    )


def test_removed_images_are_not_found(tmp_path):
    gallery = on_disk(tmp_path / "gallery")
    found = sl.RetrievalExplorer(RUN, DATA, gallery=gallery).select(index=4).indices
    gallery.remove(found)
    explorer = sl.RetrievalExplorer(RUN, DATA, gallery=gallery)
    assert not {*explorer.select(index=4).indices} & {*found}
    assert not {*explorer.searched.tolist()} & {*found}
    with pytest.raises(ValueError, match="which no embedding has"):
        explorer.select(train=found[0])
    assert "which no embedding has" in panel(explorer, "status")


def test_an_open_explorer_says_that_its_gallery_has_changed(tmp_path):
    gallery = on_disk(tmp_path / "gallery")
    explorer = sl.RetrievalExplorer(RUN, DATA, gallery=gallery)
    gallery.remove(range(5))
    with pytest.raises(ValueError, match="The gallery has changed since this explorer opened"):
        explorer.select(index=4)
    explorer._do("choose_random")
    assert "The gallery has changed" in panel(explorer, "status")
    assert sl.RetrievalExplorer(RUN, DATA, gallery=gallery).select(index=4).searched == 35


def test_a_file_that_is_gone_is_a_grey_picture(tmp_path):
    gallery = in_files(tmp_path, DATA.train.labels)
    explorer = sl.RetrievalExplorer(RUN, DATA, gallery=gallery)
    gone = explorer.select(index=4).indices[0]
    (tmp_path / f"{gone}.png").unlink()
    explorer = sl.RetrievalExplorer(RUN, DATA, gallery=gallery)
    assert explorer.select(index=4).indices[0] == gone
    assert (explorer._search.facts.training_images[gone] == 127).all()


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda folder: on_disk(folder, np.eye(40, 3, dtype=np.float32)), "have 3 numbers"),
        (lambda folder: on_disk(folder, EMBEDDINGS[:3]), "holds 3 embeddings"),
        (lambda folder: on_disk(folder, EMBEDDINGS[::-1].copy()), "other embeddings than those"),
    ],
)
def test_a_gallery_of_another_is_reported_and_not_used(tmp_path, made, words):
    explorer = sl.RetrievalExplorer(RUN, DATA, gallery=made(tmp_path / "gallery"))
    assert words in panel(explorer, "status")
    assert "sx-error" in panel(explorer, "status")
    assert explorer.answer == sl.RetrievalExplorer(RUN, DATA).answer


def test_ids_beyond_the_training_images_and_lost_files_are_reported(tmp_path):
    gallery = on_disk(tmp_path / "gallery")
    gallery.append(EMBEDDINGS[:1])
    assert "ids go up to 40" in sl.RetrievalExplorer(RUN, DATA, gallery=gallery).message
    (tmp_path / "files").mkdir()
    lost = in_files(tmp_path / "files", DATA.train.labels)
    for file in (tmp_path / "files").glob("*.png"):
        file.unlink()
    assert "none of its files" in sl.RetrievalExplorer(RUN, DATA, gallery=lost).message


def test_a_limit_is_refused(tmp_path):
    with pytest.raises(ValueError, match="expected none with a gallery on disk"):
        sl.RetrievalExplorer(RUN, DATA, limit=10, gallery=on_disk(tmp_path / "gallery"))


def test_a_gallery_with_an_index_is_used_as_it_is(monkeypatch):
    gallery = sl.Gallery(EMBEDDINGS, index="hnsw")
    asked = []
    nearest = sl.Gallery.nearest
    monkeypatch.setattr(
        sl.Gallery, "nearest", lambda self, *given: asked.append(self) or nearest(self, *given)
    )
    sl.RetrievalExplorer(RUN, DATA, gallery=gallery).select(index=4)
    assert gallery in asked
