import assert from "node:assert/strict";
import test from "node:test";
import widget from "../../imodels_nb/widgets/changeset_table.js";
import { openPage } from "./helpers/page.js";
import { WidgetModel } from "./helpers/widget_model.js";

const TEXTS = {
  heads: { index: "Changeset", time: "Pushed", size: "Size", description: "Description" },
  table: "Changesets",
  search: "Search",
  search_hint: "Search the changesets",
  all: "{total} changesets",
  found: "{matching} of {total}",
  select: "Show",
  no_kernel: "No kernel",
  pager: { name: "Pages", first: "First", before: "Before", next: "Next", last: "Last", page: "{page} of {pages}" },
};
const buildRow = (index) => ({ index, seconds: 60 * index, time: "now", size: "1 B", description: `<b>${index}` });
const PAGE = { request: 0, page: 0, pages: 2, matching: 11, total: 11, rows: [1, 2].map(buildRow) };

/** Mount a table of two pages. */
async function mount({ isLive = true } = {}) {
  const slider = new WidgetModel({ value: [1, 11], selected_changeset: {} }, isLive);
  const columns = ["index", "time", "size", "description"];
  const model = new WidgetModel({ slider: "IPY_MODEL_slider", texts: TEXTS, columns, page: PAGE }, isLive);
  model.others.slider = slider;
  const page = openPage();
  const unmount = await widget.render({ model, el: page });
  return { page, model, slider, unmount };
}

const listOrders = (model) => model.sent.map(({ content }) => [content.sort, content.descending]);

test("a table shows the rows of its page as text", async () => {
  const { page, model } = await mount();
  const rows = page.querySelectorAll("tbody")[0].children;
  assert.deepEqual(
    rows.map((row) => row.children.map((cell) => cell.text)),
    [
      ["1", "now", "1 B", "<b>1"],
      ["2", "now", "1 B", "<b>2"],
    ],
  );
  assert.equal(page.querySelector("span").text, "11 changesets");
  assert.deepEqual(model.sent, []);
});

test("heads sort: times and sizes begin with the largest, the index turns", async () => {
  const { page, model } = await mount();
  for (const name of ["Changeset", "Size", "Size", "Description", "Pushed"]) {
    page.findButton(name).click();
  }
  assert.deepEqual(listOrders(model), [
    ["index", true],
    ["size", true],
    ["size", false],
    ["description", false],
    ["time", true],
  ]);
  assert.deepEqual(model.sent[1].content.range, [1, 11]);
});

test("only the page that was requested last is shown", async () => {
  const { page, model } = await mount();
  page.findButton("Next").click();
  page.findButton("Size").click();
  model.respond({ ...PAGE, request: 1, page: 1, rows: [buildRow(11)] });
  assert.match(page.text, /1 of 2/);
  model.respond({ ...PAGE, request: 2, page: 1, rows: [buildRow(10)] });
  assert.match(page.text, /<b>10.*2 of 2/);
  const heads = page.querySelectorAll("th").map((head) => head.getAttribute("aria-sort"));
  assert.deepEqual(heads, ["none", "none", "descending", "none"]);
});

test("a click on a row selects its changeset, and another click none", async () => {
  const { page, slider, model } = await mount();
  const isSelected = () => page.querySelectorAll("tbody tr").map((row) => row.getAttribute("aria-selected"));
  page.findButton("2").click();
  assert.deepEqual(slider.get("selected_changeset"), { index: 2, seconds: 120 });
  assert.deepEqual(isSelected().slice(-2), ["false", "true"]);
  page.findButton("2").click();
  assert.deepEqual(slider.get("selected_changeset"), {});
  slider.set("selected_changeset", { index: 9, seconds: 540 });
  assert.deepEqual(
    model.sent.map(({ content }) => content.find),
    [9],
  );
});

test("a table without a kernel has a note, and keeps its page", async () => {
  const { page, model } = await mount({ isLive: false });
  page.findButton("Next").click();
  assert.equal(page.querySelector("span").text, "No kernel");
  assert.deepEqual(model.sent, []);
});

test("moves of the range and keys of the search request one page, once they pause", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { page, model, slider, unmount } = await mount();
  slider.set("value", [2, 11]);
  slider.set("value", [3, 11]);
  const search = page.querySelector("input");
  search.value = "schema";
  search.fire("input");
  t.mock.timers.tick(200);
  assert.deepEqual(
    model.sent.map(({ content }) => [content.range, content.search, content.page]),
    [[[3, 11], "schema", 0]],
  );
  unmount();
  assert.equal(slider.countListeners("change:value") + model.countListeners(), 0);
});
