// The exported page: a film, and the nearest gallery images of any test image, found in the page.
//
// It follows embedding_view.js in one script element and uses its mount, make, grouped, bytesOf,
// wordsOf, clamp and Pictures. siamese_lib/export/page.py says what the JSON of the page holds.

// ---------------------------------------------------------------- data

function decoded(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

const unpacked = (_, value) => (typeof value?.base64 === "string" ? decoded(value.base64) : value);

// Images in WebP sheets, 50 in a row and 50 rows at most; asked for like embedding_view's Pictures.
class SheetPictures {
  static async unpack({ shape, sheets }) {
    const blobs = sheets.map((sheet) => new Blob([sheet], { type: "image/webp" }));
    return new SheetPictures(shape, await Promise.all(blobs.map((blob) => createImageBitmap(blob))));
  }

  constructor([count, height, width], sheets) {
    Object.assign(this, { count, height, width, sheets });
  }

  canvas(index) {
    const { width, height } = this;
    const [row, column] = [Math.floor(index / 50) % 50, index % 50];
    const canvas = make("canvas", { width, height });
    const sheet = this.sheets[Math.floor(index / 2500)];
    canvas.getContext("2d").drawImage(sheet, column * width, row * height, width, height, 0, 0, width, height);
    return canvas;
  }
}

const picturesOf = (images) => (images.sheets ? SheetPictures : Pictures).unpack(images);

// ---------------------------------------------------------------- search

// Vectors in double precision whose Euclidean distances rank by the metric.
function prepared(bytes, dim, metric) {
  const vectors = Float64Array.from(new Float32Array(bytes.slice().buffer));
  if (metric === "euclidean") return vectors;
  for (let start = 0; start < vectors.length; start += dim) {
    const vector = vectors.subarray(start, start + dim);
    const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
    vector.forEach((x, i) => (vector[i] = x / length));
  }
  return vectors;
}

// Exactly the k nearest rows, nearest first; of two equally far, the lower index first.
function nearestRows(vectors, query, k, metric) {
  const dim = query.length;
  const best = [];
  for (let row = 0, start = 0; start < vectors.length; row++, start += dim) {
    let square = 0;
    for (let i = 0; i < dim; i++) square += (vectors[start + i] - query[i]) ** 2;
    // Of parallel embeddings only rounding tells one from another.
    if (metric === "cosine") square = square < 1e-28 ? 0 : Math.fround(square);
    if (best.length === k && square >= best[k - 1].square) continue;
    let place = best.length;
    while (place > 0 && best[place - 1].square > square) place--;
    best.splice(place, 0, { row, square });
    if (best.length > k) best.pop();
  }
  return best.map(({ row, square }) => ({
    row,
    distance: Math.fround(metric === "euclidean" ? Math.sqrt(square) : square / 2),
  }));
}

// The label with most votes; of equals, the one whose nearest member comes first.
function vote(labels) {
  const counts = new Map();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best));
}

// ---------------------------------------------------------------- the page

const THUMBS = 60;
const FEW_OR_MANY = [1, 3, 5, 7, 10, 20, 50];
const PATIENCE = 1500; // milliseconds to look for a mistake

class Explorer {
  constructor(data, pictures, found) {
    Object.assign(this, { data, pictures, found });
    const { film, about } = data.view;
    this.count = film.count;
    this.names = about.names;
    this.colors = about.colors;
    this.labels = wordsOf(about.labels);
    this.galleryLabels = wordsOf(data.gallery.labels);
    this.k = data.k;
    this.page = 0;
    this.query = 0;
    this.setMetric(data.metric);
    this.calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const playing = data.playing && film.frames.length > 1;
    this.map = mount(document.getElementById("map"), data.view, {
      frame: playing ? 0 : film.frames.length - 1,
      playing,
      onChange: ({ selected }) => selected?.length === 1 && this.ask(selected[0]),
    });
    this.map.pictures = pictures;
    this.buildSearch();
    this.buildBrowse();
    this.ask(0);
  }

  setMetric(metric) {
    this.metric = metric;
    const { dim, gallery, queries } = this.data;
    this.vectors = prepared(gallery.embeddings, dim, metric);
    this.queries = prepared(queries, dim, metric);
  }

  // ------------------------------------------------ answers

  nearest(query) {
    const { dim } = this.data;
    const vector = this.queries.subarray(query * dim, (query + 1) * dim);
    return nearestRows(this.vectors, vector, this.k, this.metric);
  }

  // What the gallery says of a test image; right is null where its class is none of the gallery's.
  verdict(query, neighbours = this.nearest(query)) {
    const [label, votes] = vote(neighbours.map(({ row }) => this.galleryLabels[row]));
    return { label, votes, right: this.judged(query, label) };
  }

  judged(query, label) {
    return this.labels[query] < this.data.classes ? label === this.labels[query] : null;
  }

  ask(query) {
    this.query = query;
    if (this.map.selected.length !== 1 || this.map.selected[0] !== query) {
      this.map.set({ selected: [query], highlighted: [] });
    }
    this.showAnswer();
    this.thumbs.querySelectorAll("button").forEach((thumb) => {
      thumb.setAttribute("aria-pressed", String(Number(thumb.dataset.query) === query));
    });
  }

  askRandom() {
    this.ask(Math.floor(Math.random() * this.count));
  }

  askMistake() {
    const first = Math.floor(Math.random() * this.count);
    const end = performance.now() + PATIENCE;
    for (let i = 0; i < this.count; i++) {
      const query = (first + i) % this.count;
      if (query !== this.query && this.verdict(query).right === false) return this.ask(query);
      if (performance.now() > end) return this.say(`No other mistake among ${grouped(i + 1)} images.`);
    }
    this.say("There is no other mistake.");
  }

  // ------------------------------------------------ the search

  buildSearch() {
    const label = (text, control) => make("label", {}, text, control);
    const step = (by) => () => this.ask((this.query + by + this.count) % this.count);
    const back = make("button", { type: "button", "aria-label": "Previous test image", onclick: step(-1) }, "‹");
    const next = make("button", { type: "button", "aria-label": "Next test image", onclick: step(1) }, "›");
    this.index = make("input", { type: "number", min: 0, max: this.count - 1, step: 1, id: "index" });
    this.index.addEventListener("change", () => {
      const query = Math.round(Number(this.index.value));
      if (this.index.value === "" || !Number.isFinite(query)) this.index.value = this.query;
      else this.ask(clamp(query, 0, this.count - 1));
    });
    const random = make("button", { type: "button", onclick: () => this.askRandom() }, "Random");
    const mistake = make("button", { type: "button", onclick: () => this.askMistake() }, "Find a mistake");
    const most = this.galleryLabels.length;
    const counts = [...new Set([...FEW_OR_MANY, this.data.k])].filter((k) => k <= most).sort((a, b) => a - b);
    const many = this.choice(counts, counts, this.k, (k) => (this.k = Number(k)));
    many.id = "k";
    const metrics = this.data.cosine ? ["euclidean", "cosine"] : ["euclidean"];
    const words = ["Euclidean distance", "cosine distance"];
    const metric = this.choice(metrics, words, this.metric, (chosen) => this.setMetric(chosen));
    metric.id = "metric";
    this.queryPicture = make("canvas", { "aria-hidden": "true" });
    this.queryName = make("div", { class: "name" });
    this.queryIndex = make("div", { class: "quiet" });
    this.told = make("p", { id: "verdict", "aria-live": "polite" });
    this.answers = make("ol", { id: "neighbours" });
    document.getElementById("search").append(
      make("h2", {}, "Nearest neighbours"),
      make("p", { class: "quiet" }, `Click a point on the map, or choose a test image here: the nearest of ${grouped(most)} training images follow.`),
      make(
        "div",
        { class: "row" },
        make("label", { for: "index" }, "Test image"),
        make("span", { class: "joined" }, back, this.index, next),
        random,
        ...(this.names.length > 1 ? [mistake] : []),
      ),
      make("div", { class: "row" }, label("Show", many), label("by", metric)),
      make("div", { class: "query" }, this.queryPicture, make("div", {}, this.queryName, this.queryIndex, this.told)),
      this.answers,
    );
  }

  choice(values, words, chosen, act) {
    const options = values.map((value, i) => make("option", { value }, String(words[i])));
    const select = make("select", {}, ...options);
    select.value = chosen;
    select.addEventListener("change", () => {
      act(select.value);
      this.showAnswer();
      this.showThumbs();
    });
    return select;
  }

  showAnswer() {
    const { query } = this;
    const neighbours = this.nearest(query);
    this.index.value = query;
    this.draw(this.queryPicture, this.pictures, query);
    this.queryName.replaceChildren(this.swatch(this.labels[query]), this.names[this.labels[query]]);
    this.queryIndex.textContent = `test image ${grouped(query)}`;
    const { label, votes, right } = this.verdict(query, neighbours);
    this.say(`${this.sign(right)}${votes} of ${neighbours.length} say ${this.names[label]}`, right);
    this.answers.replaceChildren(...neighbours.map((neighbour, i) => this.answer(neighbour, i)));
  }

  answer({ row, distance }, rank) {
    const label = this.galleryLabels[row];
    const right = this.judged(this.query, label);
    const picture = make("canvas", { "aria-hidden": "true" });
    this.draw(picture, this.found, row);
    const shown = distance === 0 ? "0" : distance < 0.001 ? distance.toExponential(1) : distance.toPrecision(3);
    const item = make(
      "li",
      { class: right === null ? "" : right ? "right" : "wrong", title: `${this.names[label]}, distance ${distance}` },
      picture,
      make("span", { class: "name" }, `${this.sign(right)}${this.names[label]}`),
      make("span", { class: "distance" }, shown),
      make("span", { class: "quiet" }, `#${grouped(row)}`),
    );
    Object.assign(item.dataset, { rank, row, distance });
    return item;
  }

  sign(right) {
    return right === null ? "" : right ? "✓ " : "✗ ";
  }

  say(words, right = null) {
    this.told.textContent = words;
    this.told.className = right === null ? "quiet" : right ? "right" : "wrong";
  }

  swatch(k) {
    const swatch = make("i", { class: "swatch" });
    swatch.style.background = this.colors[k];
    return swatch;
  }

  draw(canvas, pictures, index) {
    const picture = pictures.canvas(index);
    canvas.width = picture.width;
    canvas.height = picture.height;
    if (picture.width > 32) canvas.style.imageRendering = "auto"; // a photo, not pixels to count
    canvas.getContext("2d").drawImage(picture, 0, 0);
  }

  // ------------------------------------------------ all test images, a page at a time

  buildBrowse() {
    const present = [...this.map.members.keys()].filter((k) => this.map.members[k].length);
    this.members = null;
    const one = make("select", { "aria-label": "Class" }, make("option", { value: "" }, "all classes"));
    one.append(...present.map((k) => make("option", { value: k }, this.names[k])));
    one.addEventListener("change", () => {
      this.members = one.value === "" ? null : this.map.members[Number(one.value)];
      this.turn(0);
    });
    const turn = (by) => () => this.turn(this.page + by);
    this.earlier = make("button", { type: "button", "aria-label": "Earlier images", onclick: turn(-1) }, "‹");
    this.later = make("button", { type: "button", "aria-label": "Later images", onclick: turn(1) }, "›");
    this.range = make("span", { class: "range" });
    this.thumbs = make("div", { id: "thumbs" });
    document.getElementById("browse").append(
      make("div", { class: "row" }, make("h2", {}, "Test images"), one, make("span", { class: "joined" }, this.earlier, this.range, this.later)),
      this.thumbs,
    );
    this.turn(0);
  }

  turn(page) {
    this.page = page;
    this.showThumbs();
  }

  showThumbs() {
    const count = this.members?.length ?? this.count;
    const start = this.page * THUMBS;
    const end = Math.min(start + THUMBS, count);
    this.range.textContent = `${grouped(start + 1)}–${grouped(end)} of ${grouped(count)}`;
    this.earlier.disabled = this.page === 0;
    this.later.disabled = end === count;
    const shown = Array.from({ length: end - start }, (_, i) => this.members?.[start + i] ?? start + i);
    this.thumbs.replaceChildren(...shown.map((query) => this.thumb(query)));
  }

  thumb(query) {
    const picture = make("canvas", { "aria-hidden": "true" });
    this.draw(picture, this.pictures, query);
    const wrong = this.verdict(query).right === false;
    const onclick = () => {
      this.ask(query);
      this.told.scrollIntoView({ block: "nearest", behavior: this.calm ? "auto" : "smooth" });
    };
    const words = `test image ${query}, ${this.names[this.labels[query]]}${wrong ? ", a mistake" : ""}`;
    const button = make(
      "button",
      { type: "button", "aria-label": words, title: words, "aria-pressed": String(query === this.query), onclick },
      picture,
    );
    if (wrong) button.append(make("span", { class: "wrong", "aria-hidden": "true" }, "✗"));
    button.dataset.query = query;
    return button;
  }
}

async function openPage() {
  const facts = document.getElementById("facts");
  try {
    const data = JSON.parse(document.getElementById("data").textContent, unpacked);
    const [pictures, found] = await Promise.all([data.images, data.gallery.images].map(picturesOf));
    document.getElementById("page").hidden = false;
    window.explorer = new Explorer(data, pictures, found);
    facts.textContent = data.facts;
  } catch (error) {
    facts.textContent = `This page needs a browser of 2023 or later with JavaScript on (${error}).`;
    throw error;
  }
}

openPage();
