// A list of buttons, one a finding. Everything in it is text.
const made = (parent, tag, className, text = "") => {
  const element = parent.appendChild(document.createElement(tag));
  element.className = className;
  element.textContent = text;
  return element;
};

const makeItem = (list, item, chosen) => {
  const button = made(made(list, "li", ""), "button", `imodels-finding ${item.severity}`);
  button.type = "button";
  button.disabled = !item.placed;
  button.title = item.advice;
  button.setAttribute("data-lm-suppress-shortcuts", "true"); // or JupyterLab would take Enter
  const head = made(button, "span", "imodels-finding-head");
  made(head, "span", "imodels-finding-mark", item.mark).setAttribute("aria-hidden", "true");
  made(head, "span", "imodels-finding-severity", item.severity);
  made(head, "span", "imodels-finding-rule", item.rule);
  made(button, "span", "imodels-finding-sentence", item.sentence);
  button.addEventListener("click", chosen);
  return button;
};

function render({ model, el }) {
  const list = made(el, "ol", "imodels-findings");
  list.setAttribute("aria-label", "Findings");
  const items = model.get("items");
  const buttons = items.map((item, place) => makeItem(list, item, () => model.send({ show: place })));
  if (!items.length) made(list, "li", "imodels-finding-none", "Nothing stands out.");
  const mark = () =>
    buttons.forEach((button, place) => button.setAttribute("aria-pressed", String(place === model.get("shown"))));
  model.on("change:shown", mark);
  mark();
  return () => model.off("change:shown", mark);
}

export default { render };
