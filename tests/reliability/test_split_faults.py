"""Which images are for testing, copies, what a run was trained on, and classes by their names."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from faults import Fault, check
from PIL import Image

import siamese_lib as sl
from siamese_lib.__main__ import main
from siamese_lib.data.fingerprints import fingerprints

SHAPE = (28, 28, 1)


def picture(number: int) -> Image.Image:
    """The same noise each time."""
    noise = np.random.default_rng(number).integers(0, 256, SHAPE[:2], np.uint8)
    return Image.fromarray(noise)


def fill(folder: Path, counts: dict[str, int]) -> None:
    """Make classes of so many pictures, all different."""
    number = 0
    for name, count in counts.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            picture(number).save(folder / name / f"{i:02}.png")
            number += 1


def classes(folder: Path) -> None:
    fill(folder / "photos", {"ant": 50, "bee": 50, "cat": 50})


def moved(change: Callable[[Path], object]) -> Callable[[Path], str]:
    """Count the test images that were training images before a change of a copy of the folder."""

    def act(folder: Path) -> str:
        photos = folder / "copy"
        shutil.copytree(folder / "photos", photos)
        trained = fingerprints(sl.load_folder(photos).train.images)
        change(photos)
        tests = fingerprints(sl.load_folder(photos).test.images)
        return f"{np.isin(tests, trained).sum()} of {len(tests)}"

    return act


def rename(photos: Path) -> None:
    for file in sorted(photos.rglob("*.png")):
        file.rename(file.with_name(f"new-{hash(file.name) % 997}-{file.name}"))


def add_class(photos: Path) -> None:
    (photos / "aardvark").mkdir()
    for i in range(30):
        picture(1_000 + i).save(photos / "aardvark" / f"{i}.png")


def copies(folder: Path) -> None:
    """Each picture of a class is in another class too, as another kind of file."""
    fill(folder / "photos", {"ant": 20, "bee": 20})
    for i in range(20):
        picture(i).convert("RGB").save(folder / "photos/bee" / f"copy {i}.bmp")


def load(folder: Path) -> sl.Dataset:
    return sl.load_folder(folder / "photos")


def split(numbers: range, labels: int = 2) -> sl.Split:
    images = np.stack([np.asarray(picture(number)) for number in numbers])[..., None]
    return sl.Split(images, np.arange(len(numbers)) % labels)


def data(train: range, test: range) -> sl.Dataset:
    return sl.Dataset(split(train), split(test), ("ant", "bee"), "made here", "made")


def run(trained_on: range | None = None) -> sl.Run:
    tower = sl.conv_tower(SHAPE, 2, seed=0)
    known = None if trained_on is None else fingerprints(split(trained_on).images)
    return sl.Run(tower, [0], [w[None] for w in tower.get_weights()], trained_on=known)


def terminal(*arguments: str) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = main(arguments)
    return f"{said.getvalue()}\nstatus {status}"


def train(folder: Path) -> str:
    return terminal("train", "--data", f"{folder / 'photos'}", "--out", f"{folder / 'run'}")


def small_class(folder: Path) -> None:
    fill(folder / "photos", {"ant": 10, "bee": 10, "zebra": 2})


def explored(folder: Path) -> str:
    explorer = sl.RetrievalExplorer(run(), data(range(20), range(20, 30)))
    explorer.select(image=split(range(20)).images[7])
    return explorer._screen.status


def saved(folder: Path) -> None:
    classes(folder)
    run().save(folder / "run")


def retrieved(folder: Path) -> str:
    photos = f"{folder / 'photos'}"
    known = set(fingerprints(sl.load_folder(photos).train.images).tolist())
    file = next(
        file
        for file in sorted((folder / "photos").rglob("*.png"))
        if fingerprints(np.asarray(Image.open(file))[None])[0] in known
    )
    return terminal("retrieve", f"{file}", "--run", f"{folder / 'run'}", "--data", photos)


def damaged(folder: Path) -> None:
    run(range(20)).save(folder / "run")
    (file,) = (folder / "run").glob("trained-on-*")
    file.write_bytes(file.read_bytes()[:40])


def bare(folder: Path) -> None:
    run(range(20)).save(folder / "run")
    next((folder / "run").glob("trained-on-*")).unlink()
    index = folder / "run" / "run.json"
    facts = json.loads(index.read_text(encoding="utf-8"))
    del facts["trained_on"]
    index.write_text(json.dumps(facts), encoding="utf-8")


FAULTS = {
    "a file more": Fault(
        "a folder to which one file is added after a training",
        "no test image that was trained on",
        "^0 of",
        moved(lambda photos: picture(999).save(photos / "ant/new.png")),
        classes,
    ),
    "files less": Fault(
        "a folder of which every third file is deleted",
        "no test image that was trained on",
        "^0 of",
        moved(lambda photos: [file.unlink() for file in sorted(photos.rglob("*.png"))[::3]]),
        classes,
    ),
    "other names": Fault(
        "a folder whose files have other names now",
        "no test image that was trained on",
        "^0 of",
        moved(rename),
        classes,
    ),
    "a class more": Fault(
        "a folder that gets another class, the first by its name",
        "no test image that was trained on",
        "^0 of",
        moved(add_class),
        classes,
    ),
    "another class name": Fault(
        "a class that is called otherwise now",
        "no test image that was trained on",
        "^0 of",
        moved(lambda photos: (photos / "ant").rename(photos / "wasp")),
        classes,
    ),
    "saved again": Fault(
        "pictures that are saved again in another format",
        "no test image that was trained on",
        "^0 of",
        moved(
            lambda photos: [
                (Image.open(file).save(file.with_suffix(".tif")), file.unlink())
                for file in sorted(photos.rglob("*.png"))
            ]
        ),
        classes,
    ),
    "two classes": Fault(
        "a folder with the same pictures in two classes",
        "a warning that counts them; none is on both sides of the split",
        r"20 images stand in more than one class",
        load,
        copies,
    ),
    "all alike": Fault(
        "a class of ten copies of one picture",
        "all are training images, and a warning names the class",
        "no image of ant is kept for testing, as identical images are on one side",
        load,
        lambda folder: [
            fill(folder / "photos", {"ant": 1, "bee": 10}),
            [picture(0).save(folder / f"photos/ant/{i}.png") for i in range(10)],
        ],
    ),
    "copies in both": Fault(
        "test images that are identical to training images",
        "their number, and the measures without them",
        r"4 of 10 test images are identical.*\nwithout them: precision@7 \d.* \(6 left\)",
        lambda _: sl.evaluate(run(), data(range(20), range(16, 26))),
    ),
    "trained on": Fault(
        "a run that is measured on images that it was trained on",
        "their number, and the measures without them",
        r"3 of 10 test images were used for training\nwithout them: precision@7 .*\(7 left\)",
        lambda _: sl.evaluate(run(range(20)), data(range(30, 50), range(17, 27))),
    ),
    "all trained on": Fault(
        "a run that is measured only on images that it was trained on",
        "that no image is left to tell how well it does on new ones",
        r"10 of 10 test images were used for training\nno other test images are left",
        lambda _: sl.evaluate(run(range(20)), data(range(30, 50), range(10))),
    ),
    "an old run": Fault(
        "a run without a list of its images, as earlier versions wrote it",
        "it loads, and nothing is said about them",
        "^None 1$",
        lambda at: (
            f"{(old := sl.Run.load(at / 'run')).trained_on} "
            f"{len(str(sl.evaluate(old, data(range(20), range(30, 40)))).splitlines())}"
        ),
        bare,
    ),
    "a damaged list": Fault(
        "a run whose list of its images is damaged",
        "an error that names the file",
        r"trained-on-\w+\.npz is damaged .*Copy it again, or delete it",
        lambda at: sl.Run.load(at / "run"),
        damaged,
        sl.RunError,
    ),
    "two images": Fault(
        "`siamese train` on a folder with a class of two images",
        "the class, its folder, how many are kept for testing and how many are needed",
        r"(?s)zebra has 2 images in .*zebra, of which 1 is kept for testing.*3 different.*status 2",
        train,
        small_class,
    ),
    "one image": Fault(
        "`siamese train` on a folder with a class of one image",
        "the class, its folder and how many are needed",
        r"(?s)zebra has 1 image in .*zebra\).*at least 2 training images.*status 2",
        train,
        lambda folder: fill(folder / "photos", {"ant": 10, "bee": 10, "zebra": 1}),
    ),
    "one class": Fault(
        "`siamese train` on a folder with a single class",
        "the class by its name",
        r"(?s)training images of one class only, ant; expected at least two.*status 2",
        train,
        lambda folder: fill(folder / "photos", {"ant": 12}),
    ),
    "itself in the explorer": Fault(
        "a picture given to the explorer that is one of the training images",
        "the status line says that it finds itself at distance 0",
        "This picture itself is training image 7, so it is found at distance 0",
        explored,
    ),
    "itself in the terminal": Fault(
        "a training file given to `siamese retrieve`",
        "a line says that it finds itself at distance 0",
        r"(?s)This picture itself is training image \d+, so it is found at distance 0.*status 0",
        retrieved,
        saved,
    ),
    "validation": Fault(
        "validation images of which some are trained on",
        "a warning that counts them",
        "4 of 12 validation images are trained on",
        lambda _: sl.Recorder(
            sl.conv_tower(SHAPE, 2),
            sl.ImageBatches(split(range(20)), sl.BalancedBatchSampler(split(range(20)).labels, 8)),
            validation=split(range(16, 28)),
        ),
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_answered(fault: Fault, tmp_path: Path) -> None:
    check(fault, tmp_path)
