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
# # 9 · Your own images
#
# **What you will see.** A folder of pictures becomes a page that you can send. The page says what is
# in the folder, and whether training is worth it. It shows pictures that are there twice, and labels
# that may be wrong. It has a search, too, and each answer opens its file. One command does all of it.
# Then you go through its steps, one after another. At the end a small web server searches your
# pictures.
#
# The chapter makes a folder of its own, with faults in it, so that you can see what is found. To use
# your own pictures, put the pictures of each class into one sub-folder, and change one line below.

# %% [markdown]
# ## A folder with faults
#
# The next cells draw letters of 14 classes in different typefaces and colours, and save each one as a
# file. This has nothing to do with siamese networks. The first cell names the folder and the classes.

# %% tags=["nbval-ignore-output"]
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

import siamese_lib as sl

folder = Path("exports/letters")
shutil.rmtree(folder, ignore_errors=True)
letters = sl.load_dataset("letters", verbose=False)
classes = ["k", "w", "r", "ß", "Ω", "λ", "π", "Δ", "Ж", "Я", "ф", "щ", "ξ", "g"]

# %% [markdown]
# A letter is light on dark, without colours. `painted` gives it dark ink on light ground. `drawn`
# returns all images of a letter, and three distorted copies of each.

# %%
rng = np.random.default_rng(0)


def painted(image):
    ink, ground = rng.integers(0, 120, 3), rng.integers(150, 256, 3)
    return (ground + (ink - ground) * (image / 255)).astype(np.uint8)


def drawn(name):
    label = next(k for k, names in enumerate(letters.class_names) if name in names.split())
    images = letters.train.images[letters.train.labels == label]
    return np.concatenate([images, *(sl.RandomAffine(0.1)(images, rng) for _ in range(3))])


# %% [markdown]
# The cell saves the pictures, one sub-folder for each class, and prints how many there are.

# %% tags=["nbval-ignore-output"]
for name in classes:
    (folder / name).mkdir(parents=True)
    for number, image in enumerate(drawn(name)):
        Image.fromarray(painted(image)).save(folder / name / f"{name}{number}.png")
print("pictures:", len(list(folder.glob("*/*.png"))))

# %% [markdown]
# Now the faults. Eight pictures go into the folder of another class, so that their labels are wrong.

# %%
files = sorted(folder.glob("*/*.png"))
places = rng.permutation(len(files))[:16].tolist()
misplaced = {}
for number, place in enumerate(places[:8]):
    other = folder / ("k" if files[place].parent.name != "k" else "w") / f"wrong{number}.png"
    misplaced[f"{other.parent.name}/{other.name}"] = files[place].parent.name
    files[place].rename(other)
print("wrong labels:", len(misplaced))

# %% [markdown]
# Eight others are saved a second time: smaller, and compressed as JPEG. And one file is no picture.

# %%
for number, place in enumerate(places[8:]):
    with Image.open(files[place]) as image:
        image.resize((24, 24)).save(files[place].with_name(f"again{number}.jpg"), quality=80)
(folder / "k" / "notes.txt").write_text("not a picture")
print("copies:", len(list(folder.glob("*/*.jpg"))))

# %% [markdown]
# ## One command
#
# `sl.report` does everything that follows. It trains three times, and `minutes` says about how long
# this may take. In a terminal, `siamese report FOLDER PAGE` does the same. With your own pictures, give
# the path of your folder here, leave `image_size` out, and give it five minutes.
#
# While it works, it prints its six steps. The second one names a recipe that suits the pictures.
# Folders mostly get a larger tower, `photo_tower`, and the *normalized softmax loss*. This loss
# learns one point for each class, and pulls the pictures of the class to it. Here the tower gives
# 64 numbers for each picture. After the six steps comes the verdict. If training does not win,
# sentences say what to do next. The last lines name what was written.

# %% tags=["nbval-ignore-output"]
made = sl.report(folder, "exports/letters.html", image_size=28, minutes=1.5)

# %% [markdown]
# How to read the verdict:
#
# * **Training wins**: search with the trained tower. **Training loses**: search in the way that the
#   line names, without training. **Undecided**: the interval contains 0, or there are fewer than 30
#   test pictures. Then the report says next what you can do.
# * *One is a training picture and one a test picture*: the figures are too good, as a test picture
#   finds its own copy. Delete one of the two files, and run it again.
# * *The most likely duplicates and wrong labels*: the report trained without these training images,
#   and says whether that helps.
# * The last sentences are for decisions: same class or not, known or not. Each begins with a
#   distance, and then says how many mistakes it makes. The interval after each percentage says how
#   far it can be trusted. A wide one means too few pictures. After each follows a line of Python
#   that applies it.
#
# With your own pictures, bring 150 or more. About a fifth become test pictures, and the verdict
# needs at least 30 of them. Each class needs two pictures or more.
#
# The page opens in a browser, without Python and without internet. Send it together with the folder
# of pictures, and its answers still open their files.

# %% tags=["nbval-ignore-output"]
from IPython.display import Markdown

Markdown(f"[{made.page}]({made.page})")

# %% [markdown]
# ## What is there
#
# Training does not notice a folder of the wrong pictures. So look first. The cell prints how many
# pictures there are, how large they are, and what was left out.

# %% tags=["nbval-ignore-output"]
for line in made.there.lines():
    print(line)

# %% [markdown]
# ## Is training worth it?
#
# Four rivals cost nothing: a histogram of the colours, the raw pixels, PCA (the directions in which
# the pixels vary most), and the tower before its training. They are the ways *without training* of
# the verdict. Each of them gives vectors in which to search. If one of them finds as much as the
# trained tower, use that one.
#
# The queries are test pictures, which the training has not seen. P@1 is the share of queries whose
# nearest training picture is of the same class.

# %% tags=["nbval-ignore-output"]
for name, score in made.judged.scores.items():
    print(f"{name:17} P@1 {score.precision_at_1:.3f}   precision@7 {score.precision:.3f}")

# %% [markdown]
# One number alone says little, as other queries would have given another one. The bootstrap draws
# the queries again and again, with some of them twice and others not at all, and sees how much the
# result varies. The interval below holds the middle 95% of these results. The training counts as
# worth it only if the whole interval is above 0, and there are 30 queries or more.

# %% tags=["measured"]
low, high = made.judged.interval
print(f"gain in P@1 over the best rival: {made.judged.gain:.3f} ({low:.3f} to {high:.3f})")
print("the whole interval is above 0:", made.judged.beats)

# %% [markdown]
# ## Classes that it never saw
#
# Next week there may be a new class in your folder. Would the tower tell its pictures apart, without
# training again? To find out, the report trained a second tower without a quarter of the classes, and
# judged it on these. Chapter 10 goes deeper.

# %% tags=["nbval-ignore-output"]
for name, score in made.new_classes.scores.items():
    print(f"{name:17} P@1 {score.precision_at_1:.3f}")

# %% [markdown]
# ## Clean
#
# The report ranks three kinds of doubtful pictures. For wrong labels, it asks the neighbours of
# each picture by its colours, its edges and its shapes. The network itself is not asked, because it
# was trained with the wrong labels. Below are the most suspect pictures, up to eight, with the
# class of their folder and the class that fits better. The page has the whole list, as *Labels that
# may be wrong*. There you also see how many of the neighbours are of each of the two classes.

# %% tags=["nbval-ignore-output"]
images = np.concatenate([made.data.train.images, made.data.test.images])
suspects = made.cleaned.findings[1].first(8)
names = made.data.class_names
titles = [
    f"{names[label]} or {names[better]}?"
    for label, better in zip(suspects.labels, suspects.suggested, strict=True)
]
sl.figures.image_grid(images[suspects.indices], titles)

# %% [markdown]
# Eight labels are really wrong. The cell counts how many of them are among the first eight. It also
# counts how many of the eight copies are among the first twenty pairs of nearly the same picture.

# %% tags=["nbval-ignore-output"]
found = {made.cleaned.names[image] for image in suspects.indices}
print("wrong labels found:", len(found & set(misplaced)), "of 8")
copies = [made.cleaned.names[image] for image in made.cleaned.findings[0].first(20).indices]
copies += [made.cleaned.names[image] for image in made.cleaned.findings[0].first(20).others]
print("copies found:", sum("again" in name for name in copies), "of 8")

# %% [markdown]
# You decide what to remove, and the original files stay as they are. `without` returns the same
# data without some pictures, by their names or numbers. Here it leaves out the suspects above.
# With your own pictures, look at each of them first. The file `findings.csv` has the whole list.

# %% tags=["nbval-ignore-output"]
wrong = [made.cleaned.names[image] for image in suspects.indices]
cleaned = made.data.without(wrong)
print(len(made.data.train) + len(made.data.test), "pictures,", len(wrong), "fewer:", cleaned)

# %% [markdown]
# ## Decide
#
# Often the question is not "which are nearest?". It is "are these two of the same class?", or "is this
# one of my classes at all?". Both need a threshold. It has to be chosen on some pictures and judged on
# others. Otherwise it looks better than it is.
#
# Each threshold is a distance. The cell prints what it does, and a line of Python that applies it
# to a file. The second threshold calls some pictures of known classes unknown by mistake. The
# report allows 5% of them, or more if there are few pictures: a small share of few pictures cannot
# be measured.

# %% tags=["nbval-ignore-output"]
for line in made.decided.lines(made.kept.folder):
    print(line)

# %% [markdown]
# ## Keep, add, remove
#
# A **collection** holds the pictures with their classes, files and numbers (ids). It was saved in
# the folder next to the page. The cell loads it, and asks for the neighbours of one file. The file
# finds itself first, at distance 0, because it is read by the same code as the folder was.

# %% tags=["nbval-ignore-output"]
collection = sl.Collection.load(made.folder / "collection")
asked = made.data.path("test", 0)
for answer in collection.nearest(asked, k=4)[0]:
    print(f"{answer.distance:.3f}   {answer.class_name}   {answer.path.name}")

# %% [markdown]
# A new class needs no training. The cell draws a class that the network has never seen, adds four of its
# pictures, and asks with a fifth. Then it removes them again. Such changes stay in memory until `save`
# writes them. To remove a picture by its file, `collection.ids_of(path)` gives its id.

# %% tags=["measured"]
new = letters.train.images[letters.train.labels == letters.class_names.index("ω")][:5]
new = np.stack([painted(image) for image in new])
ids = collection.add(new[:4], "omega")
answers = collection.nearest(new[4:], k=3)[0]
of_new = sum(answer.class_name == "omega" for answer in answers)
print(f"answers of the new class: {of_new} of {len(answers)}, at least one: {of_new > 0}")
collection.remove(ids)
collection.save(made.folder / "collection")
print("left after removing them:", np.isin(ids, collection.ids).sum())

# %% [markdown]
# ## A small web server
#
# Any program can search the collection, without this notebook. The cell writes a small web server as a
# file. It is made with Tornado, the library on which Jupyter runs, and it listens on your own machine
# only. A request names a picture, and the answer is JSON.

# %%
code = """
import asyncio, sys
import siamese_lib as sl
from tornado.web import Application, RequestHandler

class Nearest(RequestHandler):
    def get(self):
        found = collection.nearest(self.get_argument("file"), k=3)[0]
        self.write({"found": [[answer.class_name, str(answer.path)] for answer in found]})
"""

# %% [markdown]
# That was the answer to one request. The second half of the file loads the collection, and waits for
# requests at the port that is given when the server starts.

# %%
code += """
async def main():
    Application([("/nearest", Nearest)]).listen(int(sys.argv[2]), "127.0.0.1")
    await asyncio.Event().wait()

collection = sl.Collection.load(sys.argv[1])
asyncio.run(main())
"""
server_file = Path("exports/server.py")
print("characters written:", server_file.write_text(code))

# %% [markdown]
# The next cell finds a free port, and starts the server.

# %%
import socket
import subprocess
import sys

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = str(free.getsockname()[1])
server = subprocess.Popen([sys.executable, server_file, made.folder / "collection", port])

# %% [markdown]
# The server needs some seconds to load the network. The cell asks again and again, until it answers.
# The question is the picture of before, and the answer has three classes and files. Then the server
# is stopped.

# %% tags=["nbval-ignore-output"]
import json
import time
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

question, found = urlencode({"file": asked.resolve()}), None
while found is None and server.poll() is None:
    try:
        found = json.load(urlopen(f"http://127.0.0.1:{port}/nearest?{question}"))["found"]
    except URLError:
        time.sleep(0.5)
server.terminate()
print(*[f"{name} {Path(path).name}" for name, path in found], sep="\n")

# %% [markdown]
# ## Try it yourself
#
# * Open `exports/letters.html`, and look for a picture that the search gets wrong. What do its
#   neighbours have in common with it?
# * Sort the table *Labels that may be wrong* by class, with a click on the name of the column.
#   Which class has the most?
# * Run the report on a folder of your own. Does training beat the histogram of colours?
#
# <details>
# <summary>Answers</summary>
#
# * Look at the strokes and at the typeface. The colours are no help: the histogram of colours finds
#   hardly more than guessing among 14 classes would.
# * The class `k` has six rows, and `w` has the other two. These are the eight wrong labels. Another
#   class fits 17 more pictures a little better, but all their labels are right. To end the list, the
#   report made some labels wrong on purpose, and looked how high their scores are.
# * The table *How good it is, on images never trained on* says so for your pictures. The histogram
#   of colours can win where classes differ by their colours and not by their shapes. The letters
#   have random colours, so here it is worst.
#
# </details>
