import assert from "node:assert/strict";
import test from "node:test";
import { Pager } from "../../imodels_nb/widgets/pager.js";
import { openPage } from "./helpers/page.js";

const TEXTS = {
  name: "Pages",
  first: "First",
  before: "Before",
  next: "Next",
  last: "Last",
  page: "{page} of {pages}",
};

function mount() {
  const turned = [];
  const page = openPage();
  return { page, turned, pager: new Pager(page, TEXTS, (number) => turned.push(number)) };
}

/** Click each button that turns pages, in order. */
function clickAll(page) {
  for (const name of ["First", "Before", "Next", "Last"]) {
    page.findButton(name).click();
  }
}

test("the buttons turn to the first page, those beside, and the last", () => {
  const { page, turned, pager } = mount();
  pager.show(4, 1200);
  clickAll(page);
  assert.deepEqual(turned, [0, 3, 5, 1199]);
  assert.equal(page.text, "«‹5 of 1,200›»");
});

test("at an end of the list, nothing turns beyond it", () => {
  const { page, turned, pager } = mount();
  pager.show(0, 2);
  clickAll(page);
  pager.show(1, 2);
  clickAll(page);
  assert.deepEqual(turned, [1, 1, 0, 0]);
});

test("a list of one page has no buttons", () => {
  const { page, pager } = mount();
  pager.show(0, 1);
  assert.equal(page.text, "");
  pager.show(0, 2);
  assert.notEqual(page.text, "");
  pager.hide();
  assert.equal(page.text, "");
});
