// A square to draw on with mouse, finger or pen, and a way to bring a picture.
//
// `strokes` is a list of strokes, each a list of [x, y] from 0 to 1; it is sent when one ends. Whoever
// sets it from Python sees it drawn.

const PEN = 0.075; // of the side
const MOST = 8_000_000; // bytes of a picture that a message may carry

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  // JupyterLab hears keys before us, and "a" would add a cell, unless what has the focus says so.
  if (tag === "button" || "tabindex" in attributes) element.dataset.lmSuppressShortcuts = "true";
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function render({ model, el }) {
  const canvas = make("canvas", {
    class: "sx-ink", tabindex: 0, role: "img",
    "aria-label": "Drawing pad. To choose an image without drawing, use the index box or a file.",
  });
  const hint = make("span", { class: "sx-hint" }, "draw here");
  const preview = make("img", { class: "sx-prepared", alt: "the drawing as the network gets it" });
  const file = make("input", { type: "file", accept: "image/png,image/jpeg", hidden: "" });
  const button = (words, onclick, title) => make("button", { type: "button", onclick, title }, words);
  const root = make(
    "div",
    { class: "sx-pad" },
    make("div", { class: "sx-bar" }, make("h3", {}, "or bring your own")),
    make("div", { class: "sx-square" }, canvas, hint, preview),
    make(
      "div",
      { class: "sx-bar" },
      button("Undo", () => change(strokes().slice(0, -1)), "Take back the last stroke"),
      button("Clear", () => change([]), "Begin anew"),
      button("Find", () => model.send({ act: "find" }), "Find what is nearest to the drawing"),
      button("Upload…", () => file.click(), "A PNG or JPEG of your own"),
    ),
    file,
  );
  el.append(root);
  const pen = canvas.getContext("2d");
  const strokes = () => model.get("strokes");
  let stroke = null;

  const change = (value) => {
    model.set("strokes", value);
    model.save_changes();
  };

  const draw = () => {
    const side = canvas.clientWidth;
    const ratio = window.devicePixelRatio || 1;
    canvas.width = canvas.height = Math.round(side * ratio);
    pen.scale(canvas.width, canvas.height);
    pen.lineWidth = PEN;
    pen.lineCap = pen.lineJoin = "round";
    pen.strokeStyle = getComputedStyle(canvas).color;
    const lines = stroke ? [...strokes(), stroke] : strokes();
    for (const line of lines) {
      pen.beginPath();
      line.forEach(([x, y]) => pen.lineTo(x, y));
      if (line.length === 1) pen.lineTo(line[0][0] + 1e-4, line[0][1]);
      pen.stroke();
    }
    hint.hidden = lines.length > 0;
    preview.hidden = !model.get("preview");
    preview.src = model.get("preview");
  };

  const add = (event) => {
    const box = canvas.getBoundingClientRect();
    const part = (value) => Math.round(1000 * Math.min(Math.max(value, 0), 1)) / 1000;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const { clientX, clientY } of events.length ? events : [event]) {
      const point = [part((clientX - box.left) / box.width), part((clientY - box.top) / box.height)];
      const last = stroke[stroke.length - 1];
      if (!last || Math.hypot(point[0] - last[0], point[1] - last[1]) > 0.006) stroke.push(point);
    }
    draw();
  };
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || stroke) return;
    event.preventDefault();
    canvas.focus({ preventScroll: true });
    canvas.setPointerCapture(event.pointerId);
    stroke = [];
    add(event);
  });
  canvas.addEventListener("pointermove", (event) => stroke && canvas.hasPointerCapture(event.pointerId) && add(event));
  const end = () => {
    if (!stroke) return;
    const done = stroke;
    stroke = null;
    change([...strokes(), done]);
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  root.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "z") {
      event.preventDefault();
      change(strokes().slice(0, -1));
    }
  });

  const bring = async (picture) => {
    if (!picture) return;
    const fail = (words) => model.send({ act: "fail", value: `${picture.name}: ${words}` });
    if (picture.size > MOST) return fail(`too large, at most ${MOST / 1e6} MB can be sent.`);
    try {
      model.send({ act: "upload", value: picture.name }, undefined, [await picture.arrayBuffer()]);
    } catch (error) {
      fail(`cannot be read, ${error.message}.`);
    }
  };
  file.addEventListener("change", () => {
    bring(file.files[0]);
    file.value = ""; // so that the same file can be chosen again
  });
  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    bring(event.dataTransfer.files[0]);
  });

  const watcher = new ResizeObserver(draw);
  watcher.observe(canvas);
  model.on("change:strokes change:preview", draw);
  return () => {
    watcher.disconnect();
    model.off("change:strokes change:preview", draw);
  };
}

export default { render };
