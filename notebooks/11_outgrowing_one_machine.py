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
# work learns to grow: the training uses eight devices, the pictures stay on disk, the embeddings are
# computed part by part, and the search reads a gallery that is larger than memory. You try each of
# them on something small. Then a chart shows what was measured from 1,000 to 10 million embeddings,
# and the chapter ends with a plan for a billion pictures.
#
# The chapter needs the packages of the extra `scale`, which `make lab` installs.

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
# trains for 30 steps, and saves the weights. `sl.distribute()` is its only line about devices.

# %%
program = """
import sys, keras, numpy as np, siamese_lib as sl
sl.distribute()
digits = sl.load_dataset("mnist", verbose=False).train
sampler = sl.BalancedBatchSampler(digits.labels, batch_size=64, seed=0)
batches = sl.ImageBatches(digits, sampler, steps=30)
tower = sl.conv_tower(seed=0)
tower.compile(keras.optimizers.SGD(0.01), sl.InBatchContrastiveLoss())
loss = tower.fit(batches, shuffle=False, verbose=0).history["loss"][-1]
print(len(keras.distribution.list_devices()), "devices, mean loss", round(loss, 4))
np.savez(sys.argv[1], *tower.get_weights())
"""

# %% [markdown]
# Your computer may have no eight devices, so JAX pretends to have them: a variable says into how many
# parts it splits the processor. The program has to run outside this notebook, where Keras runs on
# TensorFlow. The cell runs it with one device, and then with eight.

# %% tags=["nbval-ignore-output"]
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

import siamese_lib as sl

for count in (1, 8):
    flags = f"--xla_force_host_platform_device_count={count}"
    settings = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags}
    Path("exports").mkdir(exist_ok=True)
    command = [sys.executable, "-c", program, f"exports/on_{count}.npz"]
    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True)
    print(done.stdout or done.stderr[-2000:], end="")

# %% [markdown]
# Both report the same loss. The cell compares the weights, of which the tower has some hundred
# thousand.

# %%
one, eight = (list(np.load(f"exports/on_{count}.npz").values()) for count in (1, 8))
apart = max(np.abs(a - b).max() for a, b in zip(one, eight, strict=True))
print("largest difference below 0.0001:", bool(apart < 1e-4))
print("weights:", f"{sum(array.size for array in one):,}")

# %% [markdown]
# The weights differ only by rounding: eight devices add the same numbers in another order. In a long
# training, or with momentum, `Adam` or `Muon`, such differences grow. They grow as much on *one*
# device if only the order of the images in each batch is reversed, as the first exercise shows.
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
for old in (folder, Path("exports/embedded"), Path("exports/gallery")):
    shutil.rmtree(old, ignore_errors=True)
for number, (image, label) in enumerate(zip(digits.train.images[:3000], digits.train.labels)):
    place = folder / str(label)
    place.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image[..., 0]).save(place / f"{number}.png")

# %% [markdown]
# The cell loads the folder twice: into memory, and with `on_disk=True`. The second way reads, decodes
# and resizes each file once, and writes the pixels to a cache on disk. Then it keeps 16 bytes for each
# picture in memory, however large the pictures are. The cell asks both for the same three pictures.

# %% tags=["nbval-ignore-output"]
in_memory = sl.load_folder(folder)
on_disk = sl.load_folder(folder, on_disk=True)

# %% [markdown]
# Both hold the same pictures in the same order. `on_disk.train.images` reads those that you ask for.

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
# one part only, and if the program is killed, the same call goes on with the parts that are missing.
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
# With `ray=True`, the engine Ray Data does the same work on all machines of a cluster. On one machine,
# it is slower than the plain way, which already uses all processors.

# %% [markdown]
# ## A gallery on disk
#
# `sl.Gallery` holds all embeddings in memory. `sl.DiskGallery` keeps them on disk, in a table of the
# engine LanceDB, and with each embedding its class and its file. The cell fills one from the embedded
# files.

# %% tags=["nbval-ignore-output"]
gallery = sl.DiskGallery("exports/gallery", dim=run.embedding_dim)
embedded.into(gallery)
print(gallery)

# %% [markdown]
# It answers as a gallery in memory does. A search can also be limited to some classes. The cell asks
# for the five pictures nearest to a test image. Then it asks for the nearest ones among the fours only.

# %%
query = run.embed(digits.test.images[:1])
in_memory_too = sl.Gallery(np.concatenate([part.embeddings for part in embedded.parts()]))
ids, distances = gallery.nearest(query, k=5)
print("as in memory:", np.array_equal(ids, in_memory_too.nearest(query, k=5)[0]))
fours, _ = gallery.nearest(query, k=5, labels=["4"])
print("classes, all:  ", *gallery.labels_of(ids)[0])
print("classes, fours:", *gallery.labels_of(fours)[0])

# %% [markdown]
# Up to 100,000 embeddings, each query is compared with all of them. For more, `build_index` sorts
# them into lists, and a search reads only the lists nearest to the query.
#
# The explorer opens on this gallery, too. It reads a picture from its file when it shows it. Each
# number after # is an id of the gallery.

# %% tags=["nbval-ignore-output"]
explorer = sl.RetrievalExplorer(run, digits, gallery=gallery)
explorer
