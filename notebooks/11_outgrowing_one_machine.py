# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 11 · Outgrowing one machine
#
# **What you will see.** All chapters so far fit into the memory of one laptop. Here each part of the
# work learns to grow. The training runs on eight devices, which are pretended here, and the pictures
# stay on disk. The embeddings are computed part by part. The search reads a gallery that may be larger
# than memory. You try each of them on something small. Then a chart shows what was measured from 1,000
# to 10 million embeddings. The chapter ends with a plan for a billion pictures.
#
# The chapter needs the packages of the extra `scale`, which `make lab` installs. The first cell
# imports what it uses, and makes a folder for its files.

# %%
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

import siamese_lib as sl

Path("exports").mkdir(exist_ok=True)

# %% [markdown]
# ## Training on several devices
#
# Keras trains on several devices if it runs on JAX. (Its distribution for TensorFlow is marked as not
# to be used, and its `MultiWorkerMirroredStrategy` does not work with Keras 3.) Each device gets a
# part of every batch. For a siamese network, this raises a question: a batch is split, but the loss
# is about *pairs*. Do pairs of images on different devices count?
#
# They do: JAX computes the loss of the whole batch, and collects the embeddings of all devices for
# it. So eight devices should learn what one learns. The next cell is a program that tests this. It
# trains for 30 steps, and saves the weights before and after. `sl.distribute()` is its only line about
# devices.

# %%
program = """
import sys, keras, numpy as np, siamese_lib as sl
sl.distribute()
digits = sl.load_dataset("mnist", verbose=False).train
sampler = sl.BalancedBatchSampler(digits.labels, batch_size=64, seed=0)
batches = sl.ImageBatches(digits, sampler, steps=30)
tower = sl.conv_tower(seed=0)
start = tower.get_weights()
tower.compile(keras.optimizers.SGD(0.1), sl.InBatchContrastiveLoss())
loss = tower.fit(batches, shuffle=False, verbose=0).history["loss"][-1]
print("devices:", len(keras.distribution.list_devices()), " mean loss:", round(loss, 4))
np.savez(sys.argv[1], *start, *tower.get_weights())
"""

# %% [markdown]
# Your computer may not have eight devices, so JAX pretends to have them: a variable says into how many
# parts it splits the processor. The program has to run outside this notebook, where Keras runs on
# TensorFlow. The cell runs it with one device, and then with eight.

# %% tags=["nbval-ignore-output"]
for count in (1, 8):
    flags = f"--xla_force_host_platform_device_count={count}"
    settings = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags}
    command = [sys.executable, "-c", program, f"exports/on_{count}.npz"]
    done = subprocess.run(
        command, env=os.environ | settings, capture_output=True, text=True, check=False
    )
    print(done.stdout or done.stderr[-2000:], end="")

# %% [markdown]
# Both report the same loss. The cell compares their weights at the end, and how far the training has
# moved them.

# %% tags=["nbval-ignore-output"]
one, eight = (list(np.load(f"exports/on_{count}.npz").values()) for count in (1, 8))
start, end, end_of_eight = one[:10], one[10:], eight[10:]
for words, others in (("moved by the training", start), ("apart after it", end_of_eight)):
    most = max(np.abs(a - b).max() for a, b in zip(end, others, strict=True))
    print(f"weights {words:22} up to {most:.6f}")

# %% [markdown]
# The weights differ by a hundredth of what the training has changed. That is rounding: eight devices
# add the same numbers in another order. Each step makes such differences a little larger. They grow
# as much on *one* device if only the order of the images in each batch is reversed, as the first
# exercise shows.
#
# On several machines, the same program is started once on each of them. The variables
# `KERAS_DISTRIBUTION_JOB_ADDRESSES`, `KERAS_DISTRIBUTION_NUM_PROCESSES` and
# `KERAS_DISTRIBUTION_PROCESS_ID` say where the first one listens, how many there are, and which of
# them this is. Each machine loads its part of the images only. The first one writes the run.

# %% [markdown]
# ## Pictures that stay on disk
#
# All chapters so far held the pictures in memory. Ten million colour pictures of 64 × 64 pixels would
# take 123 GB. So `load_folder` can leave them on disk. The next cells make a small folder of files,
# as in [chapter 9](09_your_own_images.ipynb), and pretend that it is large.

# %% tags=["nbval-ignore-output"]
import shutil

from PIL import Image

digits = sl.load_dataset("mnist")
folder = Path("exports/digits")
for old in (folder, Path("exports/embedded")):
    shutil.rmtree(old, ignore_errors=True)
for number, image in enumerate(digits.train.images[:3000]):
    place = folder / str(digits.train.labels[number])
    place.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image[..., 0]).save(place / f"{number}.png")

# %% [markdown]
# The cell loads the folder twice: into memory, and with `on_disk=True`. The second way reads, decodes
# and resizes each file once, and writes the pixels to a cache on disk. In memory it keeps where each
# picture is, with its file's name and its class, however large the pictures are.

# %% tags=["nbval-ignore-output"]
in_memory = sl.load_folder(folder)
on_disk = sl.load_folder(folder, on_disk=True)

# %% [markdown]
# Both hold the same pictures in the same order. `on_disk.train.images` reads those that you ask for.
# The cell asks both for the same three pictures.

# %%
print(type(in_memory.train.images).__name__, type(on_disk.train.images).__name__)
rows = [3, 1, 4]
print("shape:", on_disk.train.images[rows].shape)
print("equal:", np.array_equal(in_memory.train.images[rows], on_disk.train.images[rows]))

# %% [markdown]
# `ImageBatches` takes both. While the network learns from one batch, two threads already read the
# next ones, so the training does not wait for the disk. The next cell trains on the pictures on disk.

# %% tags=["nbval-ignore-output"]
tower = sl.conv_tower((28, 28, 1), 2, seed=0)
sampler = sl.BalancedBatchSampler(on_disk.train.labels, batch_size=128, seed=0)
batches = sl.ImageBatches(on_disk.train, sampler, steps=200)
recorder = sl.Recorder(tower, batches)
tower.compile(sl.Muon(), sl.InBatchContrastiveLoss(), **sl.compile_options())
tower.fit(batches, callbacks=[recorder], shuffle=False, verbose=0)
run = recorder.run

# %% [markdown]
# ## Embed file after file
#
# A trained network embeds as many pictures as there are. `embed_files` cuts the list of files into
# parts. Each part is read, embedded, and written to disk before the next one begins. So memory holds
# a few batches of pictures and the embeddings of one part. If the program is killed, the same call goes
# on with the parts that are missing.
# A file that cannot be read is listed with the reason. To see this, the cell first writes one.

# %% tags=["nbval-ignore-output"]
(folder / "7" / "broken.png").write_bytes(b"no picture")
embedded = sl.embed_files(run, folder, "exports/embedded", part=500)
print(embedded)

# %% [markdown]
# The cell prints what was left out, and checks that the embeddings are those of `run.embed`.

# %%
for path, reason in embedded.skipped.items():
    print(f"{path.parent.name}/{path.name}: {reason}")
part = next(iter(embedded.parts()))
pictures = np.stack([sl.prepare(path) for path in part.paths])
print("equal, up to rounding:", np.allclose(part.embeddings, run.embed(pictures), atol=1e-4))

# %% [markdown]
# With `ray=True`, the library Ray Data does the same work on several machines that are connected. On
# one machine, it is slower than the plain way, which already uses all processors.

# %% [markdown]
# ## A gallery on disk
#
# `sl.Gallery` holds all embeddings in memory. `sl.DiskGallery` keeps them on disk, in a table of the
# engine LanceDB, and with each embedding its class and its file. The cell fills one from the embedded
# files.

# %% tags=["nbval-ignore-output"]
shutil.rmtree("exports/gallery", ignore_errors=True)  # of an earlier run of this cell
gallery = sl.DiskGallery("exports/gallery", dim=run.embedding_dim)
embedded.into(gallery)
print(gallery)

# %% [markdown]
# It answers as a gallery in memory does. A search can also be limited to some classes. The cell asks
# for the five pictures nearest to a test image. Then it asks for the nearest ones among the fours only.

# %% tags=["measured"]
query = run.embed(digits.test.images[:1])
in_memory_too = sl.Gallery(np.concatenate([part.embeddings for part in embedded.parts()]))
ids, distances = gallery.nearest(query, k=5)
print("as in memory:", np.array_equal(ids, in_memory_too.nearest(query, k=5)[0]))
fours, _ = gallery.nearest(query, k=5, labels=["4"])
print("classes, all:  ", *gallery.labels_of(ids)[0])
print("classes, fours:", *gallery.labels_of(fours)[0])

# %% [markdown]
# Up to 100,000 embeddings, each query is compared with all of them. For more, `build_index` sorts
# them into lists of embeddings that are near each other. Then a search reads only the lists nearest to
# the query.
#
# The explorer opens on this gallery, too. It reads a picture from its file when it shows it. Each
# number after # is an id of the gallery. If a test image is itself in the gallery, it is left out of
# its own neighbours.

# %% tags=["nbval-ignore-output"]
explorer = sl.RetrievalExplorer(run, digits, gallery=gallery)
explorer

# %% [markdown]
# ## What grows, and how fast
#
# The book's benchmarks filled three galleries with 1,000 to 10 million embeddings of 64 numbers. Two
# are of this library. The third are the lists on disk of the library FAISS. The machine has two cores.
# That took a quarter of an hour, so the cell only reads the results.

# %% tags=["nbval-ignore-output"]
import json

results = Path(sl.__file__).parents[1] / "benchmarks" / "results"
measured = json.loads((results / "disk.json").read_text())
there = measured["machine"]
print(f"measured on {there['cores']} cores of {there['processor']}, {there['date']}")

# %% [markdown]
# `curves` takes one cost of each gallery from the results, at all sizes.


# %%
def curves(cost):
    found = {}
    for size in measured["sizes"]:
        for row in size["rows"]:
            sizes, costs = found.setdefault(row["search"], ([], []))
            sizes.append(size["embeddings"])
            costs.append(row[cost]["median"] if isinstance(row[cost], dict) else row[cost])
    return found


# %% [markdown]
# The chart has one panel for each cost: the time for one answer, the memory to search, and the memory
# to build. Both axes are logarithmic; k is a thousand, and
# M a million. A cost that grows ten times with ten times as many embeddings rises from one line of the
# grid to the next.

# %%
costs = {
    "ms for an answer": curves("single ms"),
    "MiB, searching": curves("search MiB"),
    "MiB, building": curves("build MiB"),
}
sl.figures.growth_curves(costs, height=420)

# %% [markdown]
# Three things to notice:
#
# * In memory, everything grows with the number of embeddings. From 1 to 10 million, one answer takes
#   nine times as long, and the memory becomes ten to eleven times as large.
# * On disk, an answer takes longest at 10 million, but second longest at 100,000. Up to there, all
#   embeddings are compared. From 1 million on, the index leaves most of them out.
# * On disk, ten thousand times as many embeddings take 2.5 times the memory to search, and 4.4 times
#   to build.
# * FAISS answers five times as fast at 10 million, and needs four times the memory to search.
#
# The cell prints the numbers for the largest size. *Recall* is the share of the ten true neighbours
# that were found.

# %%
for row in measured["sizes"][-1]["rows"]:
    print(
        f"{row['search']:28} one answer {row['single ms']['median']:6.1f} ms, recall "
        f"{row['recall']['median']:.3f}, searching with {row['search MiB']['median']:5,.0f} MiB, "
        f"built with {row['build MiB']:5,} MiB"
    )

# %% [markdown]
# ## A plan for a billion pictures
#
# Nobody measured this here. It is a calculation from what was measured, so that you see what breaks
# first. The first cell has assumptions: change them to what your provider charges, in US dollars.

# %%
pictures = 1_000_000_000
file_kilobytes, bytes_of_a_name = 100, 60
machines, cores_of_each = 50, 2
core_hour, gigabyte_month, million_requests = 0.05, 0.02, 0.40

# %% [markdown]
# The second cell takes the speed of `embed_files` from the benchmarks, for JPEGs of 256 pixels and the
# tower for photos. It takes the size of the gallery on disk and the time of its index from the results
# above. From 1 to 10 million embeddings, the time of the index grew faster than their number.

# %%
kind = json.loads((results / "embed_files.json").read_text())["kinds"][0]
points = [
    (size["images"], row["seconds"]["median"])
    for size in kind["sizes"] for row in size["rows"] if row["way"] == "embed_files"
]  # fmt: skip
images_per_second = 1 / np.polyfit(*np.transpose(points), 1)[0]
small, large = (size["rows"][0] for size in measured["sizes"][-2:])
bytes_each = 1e6 * large["MB"] / measured["sizes"][-1]["embeddings"]
power = np.log10(large["index s"] / small["index s"])
index_hours = large["index s"] * (pictures / measured["sizes"][-1]["embeddings"]) ** power / 3600
print(f"{images_per_second:,.0f} images a second; the index takes n^{power:.2f} times as long")

# %% [markdown]
# From this follows what the files of a billion pictures need.

# %%
storage = pictures * file_kilobytes / 1e6 * gigabyte_month
print(f"files:      {pictures * file_kilobytes / 1e9:,.0f} TB, {storage:,.0f} dollars a month")
print(f"names:      {pictures * bytes_of_a_name / 1e9:,.1f} GB of text")
print(f"requests:   {pictures / 1e6 * million_requests:,.0f} dollars to read each file once")

# %% [markdown]
# And this is what their embeddings need.

# %%
hours, gigabytes = pictures / images_per_second / 3600, pictures * bytes_each / 1e9
dollars = hours * cores_of_each * core_hour
print(
    f"embedding:  {hours / 24:,.1f} days here, {hours / machines:,.1f} hours on {machines} machines"
)
print(f"            {dollars:,.2f} dollars")
print(f"gallery:    {gigabytes:,.0f} GB, {gigabytes * gigabyte_month:,.2f} dollars a month")
print(f"index:      {index_hours:,.2f} hours on this machine")

# %% [markdown]
# The last line is the least certain: take it as 9 to 36 hours. It follows from two measurements, and
# another run of the benchmark led to 36. And the files that were measured have 14 kB each. Larger ones
# take longer to decode.
#
# ## What breaks first
#
# | from about | what breaks | what helps | what it costs |
# | --- | --- | --- | --- |
# | 1 million pictures of 64 × 64 pixels | memory for the training: 12 GB of pixels | `load_folder(on_disk=True)` | 12 GB of disk, a longer first reading, and a slower first epoch |
# | 10 million embeddings | memory for the search: 7 GB, and 10 GB to build it | `sl.DiskGallery` | 3.7 GB of disk, and 2 of 100 neighbours |
# | 10 million pictures | time: two hours to embed them on this machine | `sl.embed_files`, which goes on after an interruption; with `ray=True` on several machines | Ray needs 12 to 18 seconds more to start, so it does not pay for a few thousand files |
# | 1 billion pictures | the names: all that are in one folder are sorted in memory | one list of files, one call and one gallery for each 100 million | each query is asked in ten galleries, and the nearest of all answers are kept |
# | 1 billion pictures | one machine's disk and days of work | many machines that read one shared storage | storing the files costs most, reading each once comes second, computing costs least |
#
# The network itself does not break. It is as small as before, and a training that does not see all
# pictures can still embed all of them.

# %% [markdown]
# ## Try it yourself
#
# * Does the order of additions really explain the difference between one device and eight? Run the
#   program with one device, and put this line before `batches`:
#   `first = sampler.batch; sampler.batch = lambda step: first(step)[::-1]`. How far is it from one
#   device without this line?
# * Delete `exports/embedded`, and run the cell of `embed_files` with `part=50`. Stop it with the button
#   ■ while its bar moves, and run it again. Where does the bar begin?
# * You have 10 million pictures and 4 machines. Change the assumptions. How long does the embedding
#   take, and which line has the largest cost in dollars?
#
# <details>
# <summary>Answers</summary>
#
# * It is as far away as eight devices, or farther. With all of MNIST it was 0.0006, and eight devices
#   were 0.0003 away. With the offline digits, both were 0.0002 away.
# * It counts only the parts that are missing. The parts that were done are not embedded again.
# * Half an hour: 2.1 hours on one machine, divided by four. Storing the files costs most: 20 dollars a
#   month. The requests cost 4 dollars, the embedding 21 cents, the gallery 7 cents a month.
#
# </details>
