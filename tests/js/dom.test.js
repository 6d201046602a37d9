import assert from "node:assert/strict";
import test from "node:test";
import { createButton, createElement } from "../../imodels_nb/engine/js/dom.js";
import { openPage } from "./helpers/page.js";

test("an element has its class, attributes and text, and stands in its parent", () => {
  const page = openPage();
  const element = createElement(page, "span", "quiet", { role: "status", tabindex: 0 }, "<b>");
  assert.deepEqual(page.children, [element]);
  assert.deepEqual([element.className, element.textContent], ["quiet", "<b>"]);
  assert.deepEqual([element.getAttribute("role"), element.getAttribute("tabindex")], ["status", "0"]);
});

test("a button does nothing while it is disabled for assistive technology", () => {
  let clicks = 0;
  const button = createButton(openPage(), { title: "All changesets" }, "Show all", () => {
    clicks += 1;
  });
  assert.equal(button.getAttribute("type"), "button");
  button.click();
  button.setAttribute("aria-disabled", "true");
  button.click();
  button.setAttribute("aria-disabled", "false");
  button.click();
  assert.equal(clicks, 2);
});

test("a click on a button without a function of its own reaches the element around it", () => {
  let clicks = 0;
  const row = createElement(openPage(), "tr");
  row.addEventListener("click", () => {
    clicks += 1;
  });
  createButton(row, {}, "12").click();
  assert.equal(clicks, 1);
});
