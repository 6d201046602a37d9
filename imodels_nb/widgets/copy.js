// Copies what the kernel holds, and says so for a moment. Works on http, too, where the clipboard's own interface is missing.
async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = Object.assign(document.createElement("textarea"), { value: text });
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

function render({ model, el }) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Copy" });
  button.className = "imodels-copy jupyter-button";
  button.setAttribute("aria-label", "Copy the code");
  button.addEventListener("click", async () => {
    await copy(model.get("text"));
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  el.append(button);
}

export default { render };
