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
# # 4 · Watch it converge
#
# **What you will see.** Ten classes of digits separate on a map, as a film that you can play and
# drag. You stop the film where something happens, and look at one image's nearest neighbours at
# that step. You then follow images of a kind that was never in the training data. At the end, you
# measure how much a map leaves out when the embedding has sixteen dimensions.
#
# The chapter trains three small networks. Each takes half a minute on a laptop.

# %% [markdown]
# ## A training to look at
#
# As in [chapter 3](03_train.ipynb), the loss compares every pair in a batch, and the embedding has
# two dimensions. Here the training has 300 steps. The recorder keeps the weights of up to 40 steps,
# one for each frame of the film. So you can embed *any* image later, exactly as the network would
# have embedded it at that step.

# %% tags=["nbval-ignore-output"]
import numpy as np

import siamese_lib as sl

digits = sl.load_dataset("mnist")
print(sl.device())
images, labels = digits.test.images[:1000], digits.test.labels[:1000]

# %% [markdown]
# The function `train` builds a tower, calls `compile` and `fit`, and returns the run. Its last
# arguments add callbacks to the training.


# %%
import keras


def train(dim, data, steps, *more):
    tower = sl.conv_tower(images.shape[1:], dim, seed=0)
    sampler = sl.BalancedBatchSampler(data.labels, batch_size=128, seed=0)
    batches = sl.ImageBatches(data, sampler, steps=steps)
    rate = keras.optimizers.schedules.PolynomialDecay(0.02, steps, 0.0)
    tower.compile(sl.Muon(rate), sl.InBatchContrastiveLoss(margin=1.0), **sl.compile_options())
    recorder = sl.Recorder(tower, batches)
    callbacks = [sl.Guard(), recorder, *(make(recorder) for make in more)]
    tower.fit(batches, callbacks=callbacks, shuffle=False, verbose=0)
    return recorder.run


# %% [markdown]
# The cell trains a tower. `LiveView` shows some test images under the cell, coloured by digit, and
# moves them as the network learns. At step 0 they all lie close together.

# %% tags=["nbval-ignore-output"]
run = train(2, digits.train, 300, lambda recorder: sl.LiveView(recorder, digits.test))

# %% [markdown]
# ## The film
#
# The live view left out some frames, to save time. The film shows all of them. Its points are a
# thousand test images, and the network was trained on none of them. Press play, or click on the map
# and press the space bar. Then drag the bar under the map. The two curves show the loss and the
# precision at each frame.

# %%
film = run.film(images, labels, class_names=digits.class_names)
film

# %% [markdown]
# Hover over a point to see its image. Click on a name in the legend to hide that digit, and
# double-click to see it alone. The bars in the corner show the scale: *margin* is as long as the
# margin, and *distance* as a round distance, such as 0.5. If both are equal, there is one bar. Click
# on a point, and a circle with the margin as its radius appears around it. Different digits outside
# the circle no longer push this point.
#
# The frames are not evenly spaced. Most changes happen early, so most of the frames are early, too:

# %%
print(len(run), "frames, at steps", *run.steps[:12], "...", *run.steps[-3:])

# %% [markdown]
# ## What to notice in the first twenty steps
#
# How good are the neighbours while the network begins to learn? The film measures this by its
# *precision@7 among these*. It takes the seven nearest neighbours of each image on the map, without
# the image itself, and gives the share with the same digit. By chance this share would be about one
# in ten, or 0.10. (The precision@7 of other chapters is mostly another measure. There, the
# neighbours of a test image are *training* images. Here, they are other points on the map.)
#
# Sketch a curve before you run the cells below: draw with the pointer, or use the arrow keys.

# %%
early = [step for step in run.steps.tolist() if step <= 20]
start_guess = sl.Prediction(
    "How does the precision@7 of the map rise from step 0 to step 20?",
    curve=(early, (0, 1)),
    axes=("training step", "precision@7"),
)
start_guess

# %% [markdown]
# At step 0 the weights are random, and still the map has some order: even random weights keep some
# of what the pixels say, so images that look alike land near each other. The cell prints the
# precision at step 0:

# %% tags=["measured"]
precision = dict(zip(run.steps.tolist(), film.curves["precision@7 among these"], strict=True))
print(f"precision@7 at step 0: {precision[0]:.3f}, above 0.12: {precision[0] > 0.12}")

# %% [markdown]
# Here is your curve next to the measured one:

# %% tags=["nbval-ignore-output"]
start_guess.reveal(
    [precision[step] for step in early],
    "each step pulls images of the same digit together and pushes different digits apart",
)

# %% [markdown]
# Within a few steps, the cloud of points grows to about the size of the margin. At that time, most
# of the neighbours still show other digits. It is easy to push all points apart, and it takes
# longer to learn *which* points to push. So the size grows first, and the precision follows. The
# cell prints both up to step 20. (The size is the root mean square distance from the centre.)

# %% tags=["nbval-ignore-output"]
for step, frame in zip(run.steps, film.frames, strict=True):
    if step <= 20:
        size = np.sqrt(frame.var(axis=0).sum())
        print(f"step {step:2}   size of the cloud {size:.2f}   precision@7 {precision[step]:.2f}")

# %% [markdown]
# ## When classes separate
#
# The classes do not separate at the same time. The chart shows the precision@7 of each digit.


# %%
def by_class(points):
    found, _ = sl.Gallery(points).nearest(points, k=7, exclude_self=True)
    right = labels[found] == labels[:, None]
    return [right[labels == digit].mean() for digit in range(10)]


tangled = np.array([by_class(frame) for frame in film.frames])
sl.figures.class_curves(run.steps, tangled, digits.class_names)

# %% [markdown]
# The ones separate first, because few digits look like them. Others share a cloud for a while. Look
# for the threes and the fives. To watch them separate, show only these two in the film:
# double-click on the three in the legend, and then click on the five.
#
# The cell prints the precision@7 of the ones at step 10, next to the highest of the other digits.
# Then it prints which share of the threes' neighbours are fives, for some of the frames. The last
# line says by how much this share of fives falls after step 20.


# %% tags=["measured"]
def share_next_to(digit, other, frame):
    found, _ = sl.Gallery(film.frames[frame]).nearest(film.frames[frame], 7, exclude_self=True)
    return np.mean(labels[found[labels == digit]] == other)


at = {step: int(np.searchsorted(run.steps, step, side="right")) - 1 for step in (10, 20, 50, 300)}
ones, rest = tangled[at[10]][1], np.delete(tangled[at[10]], 1).max()
print(f"step 10: the ones {ones:.2f}, the best other digit {rest:.2f}, ones ahead: {ones > rest}")
fives = {step: share_next_to(3, 5, frame) for step, frame in at.items()}
for step, share in fives.items():
    print(f"step {step:3}: {share:.0%} of the threes' neighbours are fives")
fall = 1 - fives[300] / fives[20]
print(f"from step 20 to step 300, this share falls by {fall:.0%}, more than 75%: {fall > 0.75}")

# %% [markdown]
# Which digit separates last depends on the images and on the seed. Look for the lowest curve at the
# right end of the chart: that digit has the most wrong neighbours.

# %% [markdown]
# ## Late steps: the points come to rest
#
# How far does a point move in one training step, on average? The cell divides the film into six
# parts with about as many frames each, and prints the distance for each part, in margins. It
# measures from frame to frame, and divides by the steps between them.

# %% tags=["nbval-ignore-output"]
moved = np.linalg.norm(np.diff(film.frames, axis=0), axis=2).mean(axis=1)
cuts = np.unique(np.linspace(0, len(moved), 7).astype(int))
begin, end = run.steps[cuts[:-1]], run.steps[cuts[1:]]
a_step = np.add.reduceat(moved, cuts[:-1]) / (end - begin)
for low, high, far in zip(begin, end, a_step, strict=True):
    print(f"steps {low:3} to {high:3}: {far:.4f} margins per step")

# %% [markdown]
# The learning rate falls to zero, so the points come to rest. The last changes happen at the
# borders. A point between two clouds is pulled towards its own class and pushed away from the
# other, and the last steps decide where it lands. The cell compares the last part of the film with
# the first. It also compares the final precision with the precision of the film's middle frame.
# That frame comes well before the middle of the training, as most frames are early.

# %% tags=["measured"]
first, last = a_step[0], a_step[-1]
print(f"margins per step: {first:.4f} in the first part, {last:.4f} in the last")
print(f"the last is less than a fifth of the first: {last < first / 5}")
middle, end = int(run.steps[len(run) // 2]), int(run.steps[-1])
half, final = precision[middle], precision[end]
print(
    f"precision@7: {half:.3f} at step {middle}, {final:.3f} at step {end}, a gain: {final > half}"
)

# %% [markdown]
# ## A low loss can be a collapse
#
# The loss has two halves. One pulls similar pairs together, and the other pushes different pairs
# apart. What happens without the push? The library comes with small films that answer such
# questions. All began with the same weights and saw the same number of training images.
#
# **Make a guess first.** A training only pulls. How low will its loss be at the end, and how high
# its precision@7? The view shows this training next to one with both halves, which is like yours.

# %%
films = sl.shipped_films()
sl.SideBySide({name: films[name] for name in ("pull only", "margin 1")}, scale="own")

# %% [markdown]
# Without the push, the loss falls to almost zero. The precision@7 at the end is little more than the
# 0.10 of chance. At its own scale the map still looks like a cloud of points, but no digit has a
# place of its own. Now press *Same scale*: the cloud is a dot. All images have almost the same
# embedding. This is the collapse of [chapter 2](02_tower_and_loss.ipynb). It does bring similar
# images together, but it is useless. The cell prints the values at the end. (The size is again the
# root mean square distance from the centre.)


# %%
def ends(name):
    film = films[name]
    size = np.sqrt(film.frames[-1].astype(float).var(axis=0).sum())
    return film.curves["loss"][-1], film.curves["precision@7 among these"][-1], size


for name in ("pull only", "margin 1"):
    loss, share, size = ends(name)
    print(f"{name:9}   loss {loss:<7.2g}   precision@7 {share:.2f}   size of the cloud {size:.2g}")

# %% [markdown]
# So a low loss alone does not say that a training went well. Look at the precision, and at the size
# of the map.

# %% [markdown]
# ## A margin ten times as large
#
# What does margin 10 change, compared with margin 1: the size of the map, the loss, the precision?
# The next cell asks about the precision.

# %%
margin_guess = sl.Prediction(
    "With margin 1 the precision@7 ends at about 0.95. Where does it end with margin 10?",
    number=(0, 1),
)
margin_guess

# %% [markdown]
# Here are both films:

# %%
sl.SideBySide({name: films[name] for name in ("margin 1", "margin 10")})

# %% [markdown]
# At the same scale, the map of margin 1 is small next to that of margin 10. Press *Own scale*: the
# two maps look alike. The cell prints how the values at the end compare. Then it shows your answer
# next to the precision.

# %%
(loss_1, share_1, size_1), (loss_10, share_10, size_10) = ends("margin 1"), ends("margin 10")
print(f"size:         {size_10 / size_1:.1f} times as large")
print(f"loss:         {loss_10 / loss_1:.0f} times as high")
print(f"precision@7:  {share_1:.3f} and {share_10:.3f}")
margin_guess.reveal(share_10, "only the order of the distances counts, and that hardly changes")

# %% [markdown]
# The margin sets the unit of length. The map grows about ten times. The loss grows about a hundred
# times, because it contains squares of distances. (The last loss is that of a single batch, so it
# varies.) The precision hardly changes: it depends only on which points are nearest, and not on how
# far away they are.

# %% [markdown]
# ## One mean or two
#
# [Chapter 3](03_train.ipynb) took two means: one over the similar pairs, and one over the different
# pairs that are still pushed. A single mean over all pairs of the batch is simpler. In such a mean
# the different pairs outnumber the similar ones nine to one.
#
# The next view shows three films. The film `two means` is the film `margin 1` of the last two
# sections, under another name: it is the same training.
#
# **Make a guess first.** Which of the three is best at the end: random pairs, one plain mean over
# the batch, or two means?

# %%
three = ("random pairs", "one plain mean", "two means")
sl.SideBySide({name: films[name] for name in three}, scale="own")

# %% [markdown]
# The bar is in percent of each training, as the trainings differ in their number of steps. All saw
# the same number of images. A batch of random pairs has 256 of them and the others have 128, so the
# first training has half as many steps. At 100 %, the panels say step 180, 360 and 360.
#
# The cell prints the precision@7 at the end.

# %%
for name in three:
    print(f"{name:14}   precision@7 {ends(name)[1]:.3f}")

# %% [markdown]
# Random pairs come last, and the other two are close. To see why, count the different pairs that
# push, and compare them with the similar pairs, which always pull. The cell prints how many push for
# each similar pair: before the training, early in it, and at the end.


# %%
def pushing(film, frame):
    points, alike = film.frames[frame], film.labels[:, None] == film.labels
    near = np.linalg.norm(points[:, None] - points, axis=2) < film.margin
    return near[~alike].sum() / (alike.sum() - len(points))  # no point is a pair with itself


for name in ("one plain mean", "two means"):
    shares, steps = films[name].curves["precision@7 among these"], films[name].steps.tolist()
    for frame in (0, steps.index(12), -1):
        push = f"{pushing(films[name], frame):.1f} push for each that pulls"
        print(f"{name:14}   step {steps[frame]:3}   precision@7 {shares[frame]:.3f}   {push}")

# %% [markdown]
# * **Early**, several different pairs push for each similar pair. In one plain mean, the similar pairs
#   are then few among many. Two means let both kinds count the same. In these films, two means are
#   ahead at step 12, and mostly stay ahead for a third of the training.
# * **At the end**, about one different pair pushes for each similar pair. Then both kinds count about
#   the same in a plain mean, too. So both losses ask for nearly the same, and the results are close.
# * **In a much longer training**, even fewer pairs push. In a plain mean these last mistakes then
#   hardly count, as [chapter 2](02_tower_and_loss.ipynb) shows with the network of chapter 0.
#
# Which of the two is better at the end? These films show one mean a little ahead, but 500 images
# and one training cannot tell. So the book's benchmarks trained both with three seeds, and margin
# 10 as well. They measured another precision@7: for each of all 10,000 test images, the share of
# right digits among its seven nearest *training* images. So do not compare these numbers with those
# of the films. The cell reads the results and prints one value for each seed.

# %%
import json
from pathlib import Path

results = Path(sl.__file__).parents[1] / "benchmarks" / "results" / "films.json"
rows = json.loads(results.read_text())["rows"]
by_seed = {
    name: [row["precision@7"] for row in rows if row["training"] == name]
    for name in ("one plain mean", "two means", "margin 10")
}
for name, values in by_seed.items():
    print(f"{name:14}  ", "  ".join(f"{share:.4f}" for share in values))
ahead = np.subtract(by_seed["two means"], by_seed["one plain mean"])
print("two means minus plain ", "  ".join(f"{share:.4f}" for share in ahead))
print(f"on average             {ahead.mean():.4f}")

# %% [markdown]
# On average, two means are ahead, but not with each seed. Two trainings that differ only in their
# seed differ by as much. So three seeds do not show which is better at the end. Compare margin 10
# with two means, which has margin 1: both are about as good.

# %% [markdown]
# ## One image and its neighbours
#
# The film can have a row of pictures next to it. The row shows one image, and its seven nearest
# neighbours on the map at the current frame. So it shows what the network would have answered at
# that step.
#
# The next cell chooses the image for the row. It takes the image that gains the most right
# neighbours between step 20 and the end:


# %%
def right_at(frame):
    found, _ = sl.Gallery(film.frames[frame]).nearest(film.frames[frame], 7, exclude_self=True)
    return (labels[found] == labels[:, None]).sum(axis=1)


learned = right_at(-1) - right_at(at[20])
one = int(learned.argmax())

# %% [markdown]
# Here are the row of pictures and the map. Drag the bar, and see how the neighbours change. Click
# on any other point to see its neighbours instead. (The map is low, so that all of it fits into the
# window.)

# %%
from ipywidgets import VBox

query = run.film(images, labels, class_names=digits.class_names, selected=one, height=280)
VBox([sl.NeighbourStrip(query), query])

# %% [markdown]
# A trail shows where the selected point has been. Which clouds does it pass?

# %% [markdown]
# ## An image that was never in the data
#
# The run keeps weights, not pictures. So you can embed any image at any frame. Here is a seven that
# was printed, not written by hand:

# %%
from PIL import Image, ImageDraw, ImageFont

printed = Image.new("L", (28, 28))
ImageDraw.Draw(printed).text((14, 14), "7", 255, ImageFont.load_default(22), anchor="mm")
printed = np.asarray(printed)
sl.figures.image_grid(printed[None], ["printed"])

# %% [markdown]
# A ring marks it on the map. Where does it go? The film plays once by itself. At the end, hover
# over the neighbours of the ringed point.

# %%
run.film(images, labels, class_names=digits.class_names, extra=printed[None], playing=True)

# %% [markdown]
# ## A class that was left out
#
# A classifier with ten outputs can only give ten answers. This network measures *how alike* two
# images are, so it can also place a kind of image that it has never seen. The cell trains a tower
# without any sevens:

# %% tags=["nbval-ignore-output"]
seen = digits.train.labels != 7
others = sl.Split(digits.train.images[seen], digits.train.labels[seen])
without = train(2, others, 300)

# %% [markdown]
# Where will the sevens land? Choose an answer before you run the cells below.

# %%
sevens_guess = sl.Prediction(
    "Which digit is most often a neighbour of a seven, if training had no sevens?",
    choices=digits.class_names,
)
sevens_guess

# %% [markdown]
# The film shows this tower with all digits, sevens included. Show only the sevens in the legend,
# and then play the film.

# %%
unmet = without.film(images, labels, class_names=digits.class_names)
unmet

# %% [markdown]
# The training never used a seven, and still most sevens land in one part of the map. The network
# learned from the other digits what separates a seven from them. By chance, about one in ten of a
# seven's neighbours would be a seven. The cell prints the share:


# %% tags=["measured"]
def next_to_sevens(points):
    found, _ = sl.Gallery(points).nearest(points, k=7, exclude_self=True)
    return np.bincount(labels[found[labels == 7]].ravel(), minlength=10) / found[labels == 7].size


shares = next_to_sevens(unmet.frames[-1])
print(f"{shares[7]:.1%} of a seven's neighbours are sevens, more than 40%: {shares[7] > 0.4}")

# %% [markdown]
# Here is your answer next to the most frequent neighbour:

# %% tags=["nbval-ignore-output"]
sevens_guess.reveal(
    digits.class_names[shares.argmax()],
    f"{shares.max():.0%} of the neighbours of sevens are of this digit",
)

# %% [markdown]
# Which other digits are near the sevens? The cell prints the four most frequent neighbours.

# %% tags=["nbval-ignore-output"]
for digit in shares.argsort()[::-1][:4]:
    print(f"{shares[digit]:6.1%} of the neighbours of sevens are {digit}s")

# %% [markdown]
# Is that good? Compare it with three rivals on the same thousand images. None of them learned from
# labels. One is the pixels themselves. Another is **PCA**, *principal component analysis*: the two
# directions in which the pixels vary most. The third is the map of the tower before its training.
# What do you expect?

# %%
pixels = images.reshape(len(images), -1) / np.float32(255)
centred = pixels - pixels.mean(axis=0)
directions = np.linalg.svd(centred, full_matrices=False)[2]  # the pixels vary most along the first
rivals = {
    "pixels": pixels,
    "PCA, 2-D": centred @ directions[:2].T,
    "untrained tower": unmet.frames[0],
    "map without sevens": unmet.frames[-1],
}
question = "Which of these finds the most sevens among the neighbours of a seven?"
pixels_guess = sl.Prediction(question, choices=list(rivals))
pixels_guess

# %% [markdown]
# The cell prints the share of sevens for each of them, and how many numbers each keeps of an image.

# %% tags=["measured"]
sevens = {name: next_to_sevens(points)[7] for name, points in rivals.items()}
for name, points in rivals.items():
    print(f"{name:18}  {points.shape[1]:3} numbers  {sevens[name]:.1%} sevens")

# %% [markdown]
# Here is your answer next to the one that finds the most:

# %% tags=["nbval-ignore-output"]
best = max(sevens, key=sevens.get)
pixels_guess.reveal(best, f"{sevens[best]:.0%} of the neighbours it finds for sevens are sevens")

# %% [markdown]
# If the pixels find the most, this is why: the pixels keep everything that marks a seven, in 784
# numbers. The map keeps two numbers, and the training was never asked to keep sevens together. With
# the same two numbers, PCA and the untrained tower find far fewer. With more dimensions and more
# classes in training, the network wins, as [chapter 10](10_never_seen_before.ipynb) shows.
#
# So such a network is useful beyond its training classes. You can search for new kinds of image
# without training again.

# %% [markdown]
# ## How far can you trust the picture?
#
# With two dimensions, the map *is* the embedding: points that look near are near. With sixteen
# dimensions the network gets better, but the map can only show a **projection** of the embedding.
# `deep.film` draws the plane in which the points of the last frame spread most: their first two
# principal axes. A note in small print on the map says how much of the variance it shows.

# %% tags=["nbval-ignore-output"]
deep = train(16, digits.train, 240)
flat = deep.film(images, labels, class_names=digits.class_names)
flat

# %% [markdown]
# Clouds that overlap on this map may be apart in sixteen dimensions. Press **Trust** above the map
# (the button with a small and a large circle). The view then compares two lists for each point: its
# ten nearest neighbours in sixteen dimensions, and its ten nearest on the map. A point is large if
# many neighbours are in both lists, and small if few are. Hover over a point to read the share.
#
# Three numbers say how much the map leaves out:
#
# * the share of the variance that lies in the plane;
# * the share of neighbours in both lists, as a mean over all points;
# * precision@7, in sixteen dimensions and on the map.


# %%
def neighbours(points, k=7):
    return sl.Gallery(points).nearest(points, k, exclude_self=True)[0]


whole, plane = neighbours(deep.embed(images)), neighbours(flat.frames[-1])
kept = sl.metrics.kept_neighbours(deep.embed(images), flat.frames[-1], k=10).mean()

# %% [markdown]
# Here are these numbers for your training. They change a little from one training to the next, but
# the verdict in the second line does not.

# %% tags=["measured"]
print(f"variance in the plane:         {flat.explained:.0%}")
print(f"neighbours kept on the map:    {kept:.0%}, fewer than half: {kept < 0.5}")
for name, found in [("in 16 dimensions", whole), ("on the map", plane)]:
    right = sl.metrics.precision_at_k(labels[found], labels)
    print(f"precision@7 {name + ':':18} {right:.3f}")

# %% [markdown]
# So you can trust a two-dimensional embedding, but not a projection. Distances *between* clouds in
# a projection mean little, and two clouds that overlap may be far apart. Trust numbers that were
# computed in all sixteen dimensions.

# %% [markdown]
# ## Take the film with you
#
# `export_html` writes a film into one file. The file needs no Python and opens in any browser, so
# you can send it to someone. (`export_gif` makes a moving picture for a slide.) The file goes into
# the folder `exports`, next to this notebook. Git ignores that folder.
#
# The page holds the weights of all frames, too. Draw a digit in it, then drag the bar: your digit
# moves with the film, to where the network of each frame puts it.

# %% tags=["measured"]
page = sl.export_html(run, digits, "exports/film.html", film=film)
megabytes = page.stat().st_size / 1e6
print(f"{page}: {megabytes:.1f} MB, smaller than 15 MB: {megabytes < 15}")

# %% [markdown]
# ### Send one moment of it
#
# All that you can change in a view is in `view.state`, a small dict. You can read it, and assign to
# it what you want to change. So you can prepare a moment before a lesson. For a film, the keys are:
#
# * `frame` and `playing`: the frame on screen, and whether the film plays;
# * `selected` and `highlighted`: the points that are chosen, and those that are joined to them;
# * `hidden`: the classes that are hidden, by their names (their points stay grey);
# * `names`, `trust` and `follow`: the buttons for class names, sizes of points, and zoom;
# * `camera`: the part of the map that is shown, or `None` for all of it;
# * `speed` and `loop`: how fast the film plays, and whether it repeats.
#
# The cell prepares a moment of the film: step 20, with one image chosen, and all digits hidden but
# its own. It is the image of the row of pictures above. The film at the top of this chapter shows
# the moment, too. The cell prints the state. Then `export_view` writes the view as one page, which
# needs no Python and opens in this state.

# %% tags=["measured"]
own = digits.class_names[labels[one]]
hidden = [name for name in digits.class_names if name != own]
film.state = {"frame": at[20], "selected": one, "hidden": hidden}
print(film.state)
print(sl.export_view(film, "exports/moment.html", title="One image at step 20"))

# %% [markdown]
# To send it, send the file `moment.html`, by mail or on a memory stick. The others open it in a
# browser, and see the same moment.
#
# You can also change the moment in the page. Play, click or zoom there: the address of the page
# always holds what is on screen, after the sign `#`. If the file is on a web server, a copy of the
# address is enough. If others have the file on their own disk, they open it, put the part from `#`
# on behind the address, and open that in a new tab. The page of `export_html` keeps its state in
# its address, too.

# %% [markdown]
# ## What to notice
#
# * In the first few steps, the distances grow to about the size of the margin. It takes longer
#   until the right images are near each other.
# * The classes do not separate at the same time. Classes that look alike separate last, or never.
# * A network that learned *same* and *different* also finds a place for a new class. Most images of
#   that class land together.
# * A map of more than two dimensions is a projection. Measure what it leaves out before you trust
#   it.
#
# ## Try it yourself
#
# * Set another seed in `train`. Which clouds become neighbours? Are they the same each time?
# * Draw something on paper and photograph it. Make it 28 by 28 pixels, white on black, and pass it
#   as `extra`.
# * Leave out the ones instead of the sevens. Then leave out both.
# * Leave the sevens out of a training with 16 dimensions. Do they still land together?
#
# <details>
# <summary>Answers</summary>
#
# * The loss looks only at distances. It fixes neither the direction of the map nor which clouds are
#   next to each other. Compare the precision of the seeds, and not the places.
# * `extra` takes a stack of images, like `printed[None]`. A drawing lands near the digit that it
#   looks like to the network. If it lands elsewhere, compare its size and its place in the square
#   with MNIST's digits.
# * `seen = ~np.isin(digits.train.labels, [1, 7])` leaves out both. Count the neighbours of each
#   digit that was left out, as above for the sevens.
# * `train(16, others, 300)` trains this tower. Search in its embeddings, `.embed(images)`, and not
#   on its map: a map of 16 dimensions is a projection.
#
# </details>
