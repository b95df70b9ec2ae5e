// Markup from the kernel, whose buttons and boxes report what was done to them.
//
// Every [data-act] sends { act, value }: a button its data-value, a select its value, a form that of
// its box. [data-copy] copies its text. [data-value] equal to the trait `current` is marked.

const key = (element) => element?.dataset && `${element.dataset.act}\n${element.dataset.value ?? ""}`;

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const box = document.createElement("textarea"); // a page without https has no clipboard
  box.value = text;
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  if (!done) throw new Error("the browser does not allow it");
}

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = `sx-panel sx-${model.get("kind")}`;
  if (model.get("live")) {
    root.setAttribute("role", "status");
    root.setAttribute("aria-live", "polite");
  }
  el.append(root);
  const send = (act, value) => model.send({ act, value });

  const mark = () => {
    const current = model.get("current");
    for (const element of root.querySelectorAll(".sx-thumb")) {
      element.setAttribute("aria-pressed", String(element.dataset.value === current));
    }
  };
  const fill = () => {
    const focused = root.contains(document.activeElement) ? key(document.activeElement) : null;
    root.innerHTML = model.get("html");
    mark();
    // JupyterLab hears keys before us, and "a" would add a cell, unless what has the focus says so.
    for (const element of root.querySelectorAll("button, input, select")) {
      element.dataset.lmSuppressShortcuts = "true";
    }
    if (!focused) return;
    const again = [...root.querySelectorAll("[data-act]")].find((element) => key(element) === focused);
    again?.focus({ preventScroll: true });
  };

  root.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.copy !== undefined) {
      try {
        await copy(button.dataset.copy);
        send("say", `Copied ${button.dataset.copy}.`);
      } catch (error) {
        send("fail", `The indices could not be copied: ${error.message}.`);
      }
    } else if (button?.dataset.act) send(button.dataset.act, button.dataset.value ?? null);
  });
  root.addEventListener("change", (event) => {
    if (event.target.dataset.act) send(event.target.dataset.act, event.target.value);
  });
  // Where JupyterLab keeps Enter for itself, no form would be sent.
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });
  root.addEventListener("submit", (event) => {
    event.preventDefault();
    send(event.target.dataset.act, event.target.querySelector("input").value.trim());
  });
  fill();
  model.on("change:html", fill);
  model.on("change:current", mark);
  return () => {
    model.off("change:html", fill);
    model.off("change:current", mark);
  };
}

export default { render };
