// A threshold on distances, to drag: two histograms, the ROC curve, and the pairs it gets wrong.
//
// The page draws what the kernel counts (threshold.py and mistakes.py). Only the line itself, and
// which bars it marks, move without waiting for it.

const TICKS = [0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1]; // shares, on a square-root scale
const CORNERS = [0, 0.01, 0.05, 0.2, 0.5, 1];
const SHARES = { top: 30, right: 14, bottom: 44, left: 46, height: 320 };
const ROC = { top: 30, right: 20, bottom: 44, left: 62, height: 320 };
const SLOTS = 12;
const ORDERS = { nearest: "the nearest to the line", worst: "the worst" };
const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };

let views = 0;

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const percent = (share) => {
  const digits = share > 0 && share < 0.0995 ? 1 : 0;
  return `${(100 * share).toFixed(digits)}%`;
};
const whole = (count) => count.toLocaleString("en-US");

function put(parent, tag, attributes = {}, text = null) {
  const space = parent.namespaceURI.endsWith("svg") || tag === "svg" ? "http://www.w3.org/2000/svg" : null;
  const child = space ? document.createElementNS(space, tag) : document.createElement(tag);
  set(child, attributes);
  if (text !== null) child.textContent = text;
  return parent.appendChild(child);
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

/** Round steps from 0 to `limit`, about `wanted` of them. */
export function roundSteps(limit, wanted) {
  const rough = limit / wanted;
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * ten).find((size) => size >= rough);
  return Array.from({ length: Math.floor(limit / step + 1e-9) + 1 }, (_, i) => +(i * step).toPrecision(6));
}

/** Which corner of the curve is nearest to a place on the page. */
export function nearestCorner({ fpr, tpr }, x, y) {
  let best = 0;
  let least = Infinity;
  for (let i = 0; i < fpr.length; i++) {
    const away = Math.hypot(Math.sqrt(fpr[i]) - x, 1 - Math.sqrt(1 - tpr[i]) - y);
    if (away < least) [best, least] = [i, away];
  }
  return best;
}

class Explorer {
  constructor(element, state, onChange) {
    this.state = state;
    this.onChange = onChange;
    this.number = ++views;
    this.dragging = false;
    this.root = put(element, "div", { class: "siamese-threshold" });
    this.makeBar();
    const charts = put(this.root, "div", { class: "st-charts" });
    this.shares = put(charts, "svg", { class: "st-shares" });
    this.curve = put(charts, "svg", { class: "st-roc" });
    const orders = put(this.root, "div", { class: "st-buttons st-orders" });
    put(orders, "span", {}, "mistakes to show first:");
    this.orders = Object.entries(ORDERS).map(([order, words]) => [
      order, this.button(orders, words, () => this.onChange({ order })),
    ]);
    const columns = put(this.root, "div", { class: "st-columns" });
    this.columns = {
      accepts: this.makeColumn(columns, "different"),
      rejects: this.makeColumn(columns, "same"),
    };
    this.listen();
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(charts);
    this.draw();
  }

  destroy() {
    this.watcher.disconnect();
    this.root.remove();
  }

  // -------------------------------------------------------------- what is made once

  makeBar() {
    const bar = put(this.root, "div", { class: "st-bar" });
    const reading = put(bar, "div", { class: "st-reading" });
    put(reading, "span", {}, "threshold ");
    this.value = put(reading, "output", { class: "st-value" });
    const places = put(bar, "div", { class: "st-buttons" });
    this.button(places, "best accuracy", () => this.move(this.state.chart.best));
    this.button(places, "equal errors", () => this.move(this.state.chart.equal));
    this.figures = put(bar, "div", { class: "st-figures" });
  }

  button(parent, words, act) {
    const button = put(parent, "button", { type: "button" }, words);
    button.addEventListener("click", act);
    return button;
  }

  makeColumn(parent, kind) {
    const column = put(parent, "section", { class: `st-column st-${kind}` });
    const head = put(column, "h4", { class: "st-head" });
    const count = put(head, "b");
    const words = put(head, "span");
    const rate = put(column, "p", { class: "st-rate" });
    const cards = put(column, "div", { class: "st-cards" });
    const slots = Array.from({ length: SLOTS }, () => {
      const card = put(cards, "figure", { class: "st-card" });
      const pictures = put(card, "div");
      const images = [0, 1].map(() => put(pictures, "img", { alt: "" }));
      const caption = put(card, "figcaption");
      return { card, images, words: put(caption, "b"), distance: put(caption, "span") };
    });
    return { count, words, rate, slots, more: put(column, "p", { class: "st-more" }) };
  }

  listen() {
    const follow = (svg, act) => {
      svg.addEventListener("pointerdown", (event) => {
        if (event.button) return;
        svg.setPointerCapture(event.pointerId);
        this.dragging = true;
        act(event);
        this.line?.focus({ preventScroll: true });
        event.preventDefault();
      });
      svg.addEventListener("pointermove", (event) => this.dragging && act(event));
      for (const end of ["pointerup", "pointercancel"]) {
        svg.addEventListener(end, () => (this.dragging = false));
      }
    };
    follow(this.shares, (event) => {
      const { left } = this.shares.getBoundingClientRect();
      this.move(((event.clientX - left - SHARES.left) / this.width) * this.state.chart.limit);
    });
    follow(this.curve, (event) => {
      const box = this.curve.getBoundingClientRect();
      const x = (event.clientX - box.left - ROC.left) / this.side.x;
      const y = 1 - (event.clientY - box.top - ROC.top) / this.side.y;
      const { roc } = this.state.chart;
      this.move(roc.thresholds[nearestCorner(roc, x, y)]);
    });
    this.root.addEventListener("keydown", (event) => {
      if (event.target !== this.line || event.ctrlKey || event.metaKey || event.altKey) return;
      event.stopPropagation(); // or the notebook would take it for a command
      const { limit } = this.state.chart;
      const step = (limit / 200) * (KEYS[event.key] ?? 0) * (event.shiftKey ? 10 : 1);
      if (step) this.move(this.state.threshold + step);
      else if (event.key === "Home" || event.key === "End") this.move(event.key === "Home" ? 0 : limit);
      else return;
      event.preventDefault();
    });
  }

  // -------------------------------------------------------------- what a size of the page decides

  draw() {
    this.drawShares();
    this.drawCurve();
    this.show();
  }

  drawShares() {
    const { bars, limit } = this.state.chart;
    const { svg, width, height } = this.blank(this.shares, SHARES);
    this.width = width;
    const middle = height / 2;
    const most = Math.sqrt(Math.max(...bars.same, ...bars.different));
    const tall = (share) => (Math.sqrt(share) / most) * (middle - 4);
    const marks = TICKS.filter((share) => Math.sqrt(share) <= most);
    const kept = marks.filter((share, i) => {
      const next = marks[i + 1];
      return next === undefined || tall(next) - tall(share) > 15;
    });
    for (const share of kept.filter((share) => tall(share) > 14)) {
      for (const y of [middle - tall(share), middle + tall(share)]) {
        put(svg, "line", { class: "st-grid", x1: 0, x2: width, y1: y, y2: y });
        put(svg, "text", { class: "st-tick", x: -8, y: y + 4, "text-anchor": "end" }, `${100 * share}%`);
      }
    }
    for (const distance of roundSteps(limit, Math.max(3, width / 90))) {
      const x = (distance / limit) * width;
      put(svg, "text", { class: "st-tick", x, y: height + 18, "text-anchor": "middle" }, String(distance));
      put(svg, "line", { class: "st-grid", x1: x, x2: x, y1: 0, y2: height });
    }
    const clips = ["near", "far"].map((side) => {
      const clip = put(svg, "clipPath", { id: `st-${side}-${this.number}` });
      return put(clip, "rect", { x: 0, y: -20, width, height: height + 40 });
    });
    const step = width / bars.same.length;
    for (const [kind, side, up] of [["same", "far", 1], ["different", "near", 0]]) {
      const path = bars[kind]
        .map((share, i) => (share ? `M${i * step} ${middle}v${(up ? -1 : 1) * tall(share)}h${step}V${middle}` : ""))
        .join("");
      put(svg, "path", { class: `st-bars st-${kind}`, d: path });
      put(svg, "path", {
        class: `st-bars st-${kind} st-wrong`, d: path, "clip-path": `url(#st-${side}-${this.number})`,
      });
    }
    put(svg, "line", { class: "st-axis", x1: 0, x2: width, y1: middle, y2: middle });
    put(svg, "text", { class: "st-kind st-same", x: width - 6, y: 18, "text-anchor": "end" }, "same pairs ↑");
    const words = "different pairs ↓";
    put(svg, "text", { class: "st-kind st-different", x: width - 6, y: height - 10, "text-anchor": "end" }, words);
    put(svg, "text", { class: "st-title", x: width / 2, y: height + 37, "text-anchor": "middle" }, "distance of the pair");
    this.clips = clips;
    this.drawLine(svg, height);
  }

  drawLine(svg, height) {
    const focused = this.line !== undefined && this.root.getRootNode().activeElement === this.line;
    this.line = put(svg, "g", {
      class: "st-line", tabindex: 0, role: "slider", "aria-label": "threshold",
      "aria-valuemin": 0, "aria-valuemax": this.state.chart.limit,
    });
    put(this.line, "line", { y1: -6, y2: height });
    put(this.line, "rect", { class: "st-knob", x: -6, y: height / 2 - 15, width: 12, height: 30, rx: 6 });
    this.near = put(this.line, "text", { class: "st-side", x: -8, y: -10, "text-anchor": "end" }, "◂ called same");
    this.far = put(this.line, "text", { class: "st-side", x: 8, y: -10 }, "called different ▸");
    if (focused) this.line.focus({ preventScroll: true });
  }

  drawCurve() {
    const { roc } = this.state.chart;
    const { svg, width, height } = this.blank(this.curve, ROC);
    this.side = { x: width, y: height };
    const at = (fpr, tpr) => `${Math.sqrt(fpr) * width} ${Math.sqrt(1 - tpr) * height}`;
    for (const share of CORNERS) {
      const [x, y] = [Math.sqrt(share) * width, Math.sqrt(share) * height];
      put(svg, "line", { class: "st-grid", x1: x, x2: x, y1: 0, y2: height });
      put(svg, "line", { class: "st-grid", x1: 0, x2: width, y1: y, y2: y });
      put(svg, "text", { class: "st-tick", x, y: height + 18, "text-anchor": "middle" }, `${100 * share}%`);
      put(svg, "text", { class: "st-tick", x: -8, y: y + 4, "text-anchor": "end" }, `${100 - 100 * share}%`);
    }
    put(svg, "path", { class: "st-chance", d: `M0 ${height}A${width} ${height} 0 0 0 ${width} 0` });
    put(svg, "path", { class: "st-equal", d: `M0 0L${width} ${height}` });
    put(svg, "path", { class: "st-curve", d: `M${roc.fpr.map((fpr, i) => at(fpr, roc.tpr[i])).join("L")}` });
    put(svg, "text", { class: "st-title", x: width / 2, y: height + 37, "text-anchor": "middle" }, "different pairs called same");
    const turned = `translate(${-ROC.left + 12} ${height / 2}) rotate(-90)`;
    put(svg, "text", { class: "st-title", transform: turned, "text-anchor": "middle" }, "same pairs called same");
    this.point = put(svg, "circle", { class: "st-point", r: 7 });
  }

  blank(svg, { top, right, bottom, left, height }) {
    svg.replaceChildren();
    const width = Math.max(svg.clientWidth, 160);
    set(svg, { viewBox: `0 0 ${width} ${height}`, height });
    const inner = put(svg, "g", { transform: `translate(${left} ${top})` });
    return { svg: inner, width: width - left - right, height: height - top - bottom };
  }

  // -------------------------------------------------------------- what a threshold decides

  /** The reader moves the line: it goes there at once, and the kernel is told. */
  move(threshold) {
    this.state.threshold = clamp(threshold, 0, this.state.chart.limit);
    this.showLine();
    this.onChange({ threshold: this.state.threshold });
  }

  /** The kernel says something new. */
  update(changes) {
    if (this.dragging) delete changes.threshold; // an answer to where the line no longer is
    Object.assign(this.state, changes);
    if (changes.chart) this.draw();
    else this.show();
  }

  show() {
    this.showLine();
    this.showCounts();
    this.showMistakes();
  }

  showLine() {
    const { threshold, counts, chart } = this.state;
    const x = (threshold / chart.limit) * this.width;
    set(this.line, { transform: `translate(${x} 0)`, "aria-valuenow": threshold });
    set(this.clips[0], { width: Math.max(0, x) });
    set(this.clips[1], { x, width: Math.max(0, this.width - x) });
    this.near.style.opacity = x > 95 ? 1 : 0;
    this.far.style.opacity = this.width - x > 110 ? 1 : 0;
    const digits = Math.max(0, 2 - Math.floor(Math.log10(chart.limit)));
    this.value.textContent = threshold.toFixed(digits);
    this.root.toggleAttribute("data-waiting", counts.threshold !== threshold);
  }

  showCounts() {
    const { counts, chart, order } = this.state;
    const wrong = { accepts: counts.false_accepts, rejects: counts.false_rejects };
    const said = {
      accepts: ["false accept", `${percent(counts.fpr)} of ${whole(chart.negatives)} different pairs are called same`],
      rejects: ["false reject", `${percent(1 - counts.tpr)} of ${whole(chart.positives)} same pairs are called different`],
    };
    for (const [kind, [name, words]] of Object.entries(said)) {
      const column = this.columns[kind];
      column.count.textContent = whole(wrong[kind]);
      column.words.textContent = ` ${name}${wrong[kind] === 1 ? "" : "s"}`;
      column.rate.textContent = words;
      const hidden = wrong[kind] - SLOTS;
      column.more.textContent = hidden > 0 ? `and ${whole(hidden)} more` : "";
    }
    set(this.point, {
      cx: Math.sqrt(counts.fpr) * this.side.x, cy: Math.sqrt(1 - counts.tpr) * this.side.y,
    });
    const figures = { accuracy: counts.accuracy, AUC: chart.auc, EER: chart.eer };
    this.figures.replaceChildren();
    for (const [name, value] of Object.entries(figures)) {
      const item = put(this.figures, "span", {}, `${name} `);
      put(item, "b", {}, name === "AUC" ? value.toFixed(4) : `${(100 * value).toFixed(1)}%`);
    }
    for (const [name, button] of this.orders) button.setAttribute("aria-pressed", name === order);
    const spoken = `${this.value.textContent}: ${wrong.accepts} false accepts, ${wrong.rejects} false rejects`;
    set(this.line, { "aria-valuetext": spoken });
  }

  showMistakes() {
    for (const [kind, cards] of Object.entries(this.state.mistakes)) {
      this.columns[kind].slots.forEach((slot, i) => {
        const card = cards[i];
        slot.card.classList.toggle("st-empty", !card);
        if (!card) return;
        slot.images.forEach((image, side) => {
          if (image.src !== card.pictures[side]) image.src = card.pictures[side];
          image.alt = card.words?.[side] ?? "";
        });
        slot.card.title = `images ${card.images.join(" and ")}`;
        slot.words.textContent = card.words?.join(" · ") ?? card.images.join(" · ");
        slot.distance.textContent = card.distance;
      });
    }
  }
}

// ---------------------------------------------------------------- the anywidget

const TRAITS = { chart: "_chart", counts: "_counts", mistakes: "_mistakes", threshold: "threshold", order: "order" };

function render({ model, el }) {
  const read = ([name, trait]) => [name, model.get(trait)];
  const state = Object.fromEntries(Object.entries(TRAITS).map(read));
  const view = new Explorer(el, state, (changes) => {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    model.save_changes();
  });
  const heard = Object.entries(TRAITS).map(([name, trait]) => [
    `change:${trait}`, () => view.update({ [name]: model.get(trait) }),
  ]);
  heard.forEach(([event, act]) => model.on(event, act));
  return () => {
    heard.forEach(([event, act]) => model.off(event, act));
    view.destroy();
  };
}

export default { render };
