import assert from "node:assert/strict";
import test from "node:test";
import widget from "../../imodels_nb/widgets/imodel_picker.js";
import { openPage } from "./helpers/page.js";
import { WidgetModel } from "./helpers/widget_model.js";

const buildLevelTexts = (name) => ({
  title: `${name} of `,
  change: `Change ${name}`,
  table: name,
  search: "Search",
  search_hint: "Search all",
  all: `{total} ${name}s`,
  all_of_one: `1 ${name}`,
  found: "{matching} of {total}",
  found_of_one: "{matching} of 1",
});
const TEXTS = {
  name: "Choose",
  retry: "Try again",
  chosen: "Chosen: ",
  id: "The id",
  pager: { name: "Pages", first: "First", before: "Before", next: "Next", last: "Last", page: "{page} of {pages}" },
  itwins: buildLevelTexts("iTwin"),
  imodels: buildLevelTexts("iModel"),
};
/** @type {any} */
const PAGE = {
  level: "imodels",
  itwin: "Harbor",
  columns: [
    { name: "name", text: "iModel", is_time: false, is_minor: false },
    { name: "pushed", text: "Last push", is_time: true, is_minor: true },
  ],
  rows: [
    { id: "a", mark: "recent", name: "<b>Pier", pushed: "today" },
    { id: "b", mark: "", name: "", pushed: "" },
  ],
  page: 0,
  pages: 1,
  matching: 2,
  total: 2,
  sort: "",
  descending: false,
  request: 0,
};

function mount(page = PAGE) {
  const model = new WidgetModel({ page, status: {}, choice: {}, texts: TEXTS });
  const element = openPage();
  const unmount = widget.render({ model, el: element });
  return { element, model, unmount };
}

/** Click the head of a column, and let the kernel send the page in the requested order. */
function sort(element, model, name) {
  element.findButton(name).click();
  const { sort, descending } = model.sent.at(-1).content;
  model.set("page", { ...PAGE, sort, descending });
  return [sort, descending];
}

test("the third click on a head goes back to the order of use", () => {
  const { element, model } = mount();
  const click = (name) => sort(element, model, name);
  assert.deepEqual(
    [click("iModel"), click("iModel"), click("iModel")],
    [
      ["name", false],
      ["name", true],
      ["", false],
    ],
  );
  assert.deepEqual(
    [click("Last push"), click("Last push"), click("Last push")],
    [
      ["pushed", true],
      ["pushed", false],
      ["", false],
    ],
  );
});

test("rows are text, and one without a name shows its id", () => {
  const { element, model } = mount();
  const cells = element.querySelectorAll("td").map((cell) => cell.text);
  assert.deepEqual(cells, ["<b>Pierrecent", "today", "b", ""]);
  element.findButton("b").click();
  assert.deepEqual(model.sent[0].content, { level: "imodels", choose: "b" });
});

test("the chosen row is marked, and its id is shown", () => {
  const { element, model } = mount();
  model.set("choice", { id: "a", name: "<b>Pier", text: "7 changesets" });
  const rows = element.querySelectorAll("tbody")[0].children;
  assert.deepEqual(
    rows.map((row) => row.className),
    ["imodels-chosen", ""],
  );
  assert.match(element.text, /Chosen: <b>Pier · 7 changesetsa$/);
});

test("the other list begins at the page of the chosen row, without a search", () => {
  const { element, model } = mount({ ...PAGE, sort: "name", descending: true });
  element.querySelector("input").value = "pier";
  element.findButton("Change iModel").click();
  assert.deepEqual(model.sent[0].content, { level: "itwins", sort: "", descending: false, search: "", request: 1 });
});

test("before the first page there is no list, and an error has a button", () => {
  const { element, model } = mount({});
  model.set("status", { kind: "loading", text: "Reading." });
  assert.equal(element.text, "ChooseReading.");
  model.set("status", { kind: "error", text: "No connection." });
  assert.equal(element.text, "ChooseNo connection.Try again");
  element.findButton("Try again").click();
  assert.deepEqual(model.sent[0].content, { retry: true });
});

test("a list counts its rows, or those that a search has found", () => {
  const { element, model } = mount();
  assert.match(element.text, /2 iModels/);
  element.querySelector("input").value = "pier";
  model.set("page", { ...PAGE, matching: 1 });
  assert.match(element.text, /1 of 2/);
});

test("keys of the search request one page, once they pause", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { element, model, unmount } = mount();
  const search = element.querySelector("input");
  for (const text of ["p", "pi", "pie"]) {
    search.value = text;
    search.fire("input");
  }
  t.mock.timers.tick(200);
  assert.deepEqual(
    model.sent.map(({ content }) => [content.search, content.page]),
    [["pie", 0]],
  );
  unmount();
  assert.equal(model.countListeners("change:page"), 0);
});
