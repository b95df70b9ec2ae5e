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
# # 5 · Retrieval explorer
#
# **What you will see.** Pick a digit, and its nearest training images appear in the blink of an eye.
# Then look for one that the network gets wrong, write one yourself, turn time back to the first
# steps of the training, and at last ask about something that is no digit at all.

# %% [markdown]
# ## A network to ask
#
# One like that of [chapter 3](03_train.ipynb), of 300 steps and two dimensions. The recorder keeps
# its weights at 40 moments, so that it can be asked about the past. This takes half a minute.

# %% tags=["nbval-ignore-output"]
import numpy as np

import siamese_lib as sl

digits = sl.load_dataset("mnist")
print(sl.device())

# %% [markdown]
# The training itself, as in the chapters before:

# %% tags=["nbval-ignore-output"]
import keras

tower = sl.conv_tower(digits.train.images.shape[1:], 2, seed=0)
sampler = sl.BalancedBatchSampler(digits.train.labels, batch_size=128, seed=0)
batches = sl.ImageBatches(digits.train, sampler, steps=300)
rate = keras.optimizers.schedules.PolynomialDecay(0.02, 300, 0.0)
tower.compile(sl.Muon(rate), sl.InBatchContrastiveLoss(margin=1.0), **sl.compile_options())
recorder = sl.Recorder(tower, batches, settings={"margin": 1.0})
tower.fit(batches, callbacks=[sl.Guard(), recorder], shuffle=False, verbose=0)
run = recorder.run

# %% [markdown]
# ## The explorer
#
# It embeds every training image once, then opens on test image 865, which the notebook of 2017 that
# this book grew out of shows too. Left: what you choose. Middle: what the network says, and its
# nearest training images by two measures of distance. Right: where all that lies. (Once the whole
# chapter has run, it shows what was asked last: a shirt. Type 865 into the index box to be back here.)

# %% tags=["nbval-ignore-output"]
explorer = sl.RetrievalExplorer(run, digits, index=865)
explorer

# %% [markdown]
# Each neighbour has its label, its index among the training images, and its distance. ✓ is one with
# the label of the query, ✗ is one without. The small map shows the surroundings of the query; hover
# over a point there to see its image, click on one to ask about it.
#
# Whatever is on the page is at hand in Python, as `explorer.answer`:

# %%
answer = explorer.answer
print(answer.query, answer.index, "labelled", answer.label, "with", answer.k, "neighbours")
print("nearest first:", answer.distances == tuple(sorted(answer.distances)))
print("the vote is right:", answer.right)

# %% [markdown]
# ## A hard case
#
# Press **only mistakes** above, and take your pick: these are the test images that the vote of the
# seven nearest gets wrong. For each, look at the map before you look at the digit. Most lie
# between two clouds, and some deep inside a wrong one.
#
# The same from Python: one of the test images with the fewest right neighbours.

# %%
gallery = sl.Gallery(run.embed(digits.train.images))
test = digits.test
found, _ = gallery.nearest(run.embed(test.images), k=7)
right = (digits.train.labels[found] == test.labels[:, None]).mean(axis=1)
hard = int(right.argmin())
print("a mistake:", not explorer.select(index=hard).right)

# %% [markdown]
# `select` moves the explorer above as a click would. Here is what it shows there, as a table:

# %% tags=["nbval-ignore-output"]
explorer.answer

# %% [markdown]
# Confidence is a share of votes and no more: look for a mistake with 100%. There are some.

# %% [markdown]
# ## What it would have said at step 20
#
# Drag the slider **at step**. The weights of that moment embed the images on the map, and the
# question is asked anew: at step 0 the neighbours are a motley lot, at step 20 often of two or three
# kinds. (At earlier steps only the 5,000 images on the map are searched, so that you need not
# wait.)

# %%
then = int(np.searchsorted(run.steps, 20, side="right")) - 1
queries = range(0, 200, 10)
early = np.mean([explorer.select(index=index, frame=then).confidence for index in queries])
late = np.mean([explorer.select(index=index, frame=-1).confidence for index in queries])
print("more of one mind at the end:", late > early)

# %% [markdown]
# ## Your own handwriting
#
# Draw a digit on the black square: with a mouse, a finger or a pen. After each stroke the answer is
# there. Small in the corner of the pad you see what the network gets: MNIST's digits were scaled to
# 20 pixels, and placed with their centre of mass in the middle of 28 by 28, and so is yours.
#
# A drawing is a list of strokes, and a stroke a list of points. This one is a seven:

# %%
explorer.pad.strokes = [[[0.25, 0.2], [0.75, 0.2], [0.45, 0.85]]]
print(explorer.answer.query, "has a label:", explorer.answer.label is not None)

# %% [markdown]
# It has no label, as nobody has told the explorer what you meant; so nothing is marked right or
# wrong. Did it get it? Write sevens with a bar, ones with a foot, open fours. Whose hand was it
# taught by?

# %% [markdown]
# ## Cosine against Euclid
#
# The 2017 notebook compared embeddings by the *cosine* of the angle between them, seen from the
# origin. The loss of this network is about Euclidean *distance*. Press **Cosine** in the explorer:
# its neighbours lie on a ray. In two dimensions an angle is a single number, and throws half of what
# the network says away. It shows in the precision, of every test image:


# %%
def precision(embed, metric):
    searched = sl.Gallery(embed(digits.train.images[:10_000]), metric)
    found, _ = searched.nearest(embed(test.images), k=7)
    return sl.metrics.precision_at_k(digits.train.labels[found], test.labels)


both = {metric: precision(run.embed, metric) for metric in ("euclidean", "cosine")}
print("Euclidean is better:", both["euclidean"] > both["cosine"])

# %% [markdown]
# How much better depends on how the clouds happen to lie around the origin:

# %% tags=["nbval-ignore-output"]
for metric, value in both.items():
    print(f"precision@7, {metric:9}: {value:.3f}")

# %% [markdown]
# ## Something that is no digit
#
# The network has an answer to anything. Here is a shirt, drawn in code, as a fashion catalogue might
# have it:

# %%
from PIL import Image, ImageDraw

shirt = Image.new("L", (28, 28))
outline = [9, 3, 19, 3, 26, 8, 23, 13, 20, 11, 20, 25, 8, 25, 8, 11, 5, 13, 2, 8]  # x, y, x, y ...
ImageDraw.Draw(shirt).polygon(outline, fill=200)
answer = explorer.select(image=np.asarray(shirt))
print(answer.k, "nearest all the same")

# %% [markdown]
# It is ringed on the map above, among digits. *Nearest* means: nearest of what there is. No distance
# says *this is nothing I know*, unless one asks how far the nearest usually is. For the shirt, and
# for digits that it has never seen either:

# %% tags=["nbval-ignore-output"]
distances = np.sort(gallery.nearest(run.embed(test.images), k=1)[1][:, 0])
for share in (0.5, 0.99):
    print(f"{share:.0%} of the test images: below {distances[int(share * len(test))]:.4f}")
print(f"the shirt: {explorer.answers['euclidean'].distances[0]:.4f}")

# %% [markdown]
# Even so it may well be near: in two dimensions there is no room for all that is not a digit, and it
# has to land somewhere. Upload a photograph of your own and see where it goes. PNG and JPEG will do;
# dark on light is recognised and turned round, and the status line says what was done to it.

# %% [markdown]
# ## What to notice
#
# * An answer is a place and its surroundings. Mistakes are where surroundings are mixed, or where an
#   image landed in the wrong place for good.
# * The metric is part of the answer. Ask by the one that the loss was about.
# * A network that finds the nearest finds something near in anything.
#
# ## Try it yourself
#
# * Pin a mistake and a right answer that look alike, and drag the slider. When do they part?
# * Set **neighbours** to 20. Which mistakes become right, and which right answers wrong?
# * Train with 16 dimensions instead of 2. How many mistakes remain? Do the metrics still differ?
# * Give `RetrievalExplorer` a run of your own, and a `load_folder` of your photographs.
