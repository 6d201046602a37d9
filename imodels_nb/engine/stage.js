// One chart in one place: Vega draws the specification once, then only rows and range are replaced, from the grid at
// once and from the kernel as soon as it has the exact figures.
const PATIENCE = 150; // ms that a picture waits for a kernel where the grid is coarse

const darkScheme = matchMedia("(prefers-color-scheme: dark)");

const themeOfPage = () => {
  const light = document.body.dataset.jpThemeLight;
  return (light === undefined ? darkScheme.matches : light === "false") ? "dark" : "light";
};

const NOTHING = "No changesets in this range";
const TOO_NARROW = "No whole step of this chart lies in so narrow a range";
const NOWHERE = { first: -1, last: -1, drawn: false }; // a chart of no rows at all would not even say that it is empty

// Vega's relays keep the number of every row that they ever derived another from: a chart whose rows are replaced at
// every step would grow by that for ever. This makes them forget the rows that are gone.
const forgetGone = (view) => {
  for (const { _argval: parameters, value } of Object.values(view._runtime.nodes)) {
    if (parameters?.derive) Object.keys(value).forEach((row) => value[row] === null && delete value[row]);
  }
};

// Draws a chart into an element, and returns what makes it go away.
//   chart: { title, kind, spec, themes, grid, detail }, the grids as Python packs them; detail, that of the range at
//     first, only where a page brings it along
//   range: { bounds, get(), set([first, last]), listen(changed) -> stop }
//   kernel: null where there is none, else { ask(range, done), about(index), listen(answered) -> stop }; done is called
//     when the kernel is through with the question, after any answer
const mount = (el, chart, range, kernel) => {
  const { title, kind, spec, themes } = chart;
  let base = unpacked(chart.grid);
  styleOnce();
  const canvas = made(el, "div", "imodels-nb-canvas", { role: "img" });
  canvas.style.width = "100%";
  let strip = base.first.length > 1 ? makeStrip(el, { kind, base, range }) : null;
  const detailOf = (grid, wanted) => ({ ...unpacked(grid), range: wanted, finest: true });
  let detail = chart.detail ? detailOf(chart.detail, range.get()) : null; // the kernel's latest answer
  let asked = null; // the range that the kernel works on: one question at a time, and then the latest
  let overdue = null; // a timer: the kernel has not answered in good time
  let late = false;
  let shown = null; // what vega-embed returned, and the theme and the width it has
  let width = 0; // of the place when it was last seen: it has none in a tab at the back, nor while the theme changes
  let stale = false;
  let painting = false;
  let gone = false;

  const dress = async (rows, values, theme) => {
    shown?.finalize();
    const filled = {
      ...spec,
      width,
      datasets: { ...spec.datasets, cells: rows },
      params: spec.params?.map((param) => (param.name in values ? { ...param, value: values[param.name] } : param)),
    };
    const options = { mode: "vega-lite", actions: false, renderer: "canvas", config: themes[theme] };
    const wanted = width;
    const embedded = await imodelsNbEmbed(canvas, filled, options);
    shown = { ...embedded, theme, width: wanted };
    el.style.background = themes[theme].background; // below the controls, too, on whatever page they stand
    shown.view.cleanThreshold = 100; // or Vega would remember ten thousand replaced rows in each transform
    if (kernel) tellMore(shown.view, kernel);
  };

  const step = async (rows, values) => {
    const { view } = shown;
    if (shown.width !== width) view.width((shown.width = width));
    if (spec.params) { // or there is nothing at all
      Object.entries(values).forEach(([name, value]) => view.signal(name, value));
      view.data("cells", rows);
    }
    await view.runAsync();
  };

  const tell = (slice) => {
    const [first, last, count] = [slice.first, slice.last, slice.uploaded].map((value) => value.toLocaleString("en"));
    const words = slice.empty ? "no changesets in this range" : `changesets ${first} to ${last}, ${count} uploaded`;
    canvas.setAttribute("aria-label", `${title}: ${words}`);
    Object.assign(canvas.dataset, { first: slice.first, last: slice.last, count: slice.uploaded, exact: slice.exact });
  };

  // Below the plot, wherever the labels of the axis leave it.
  const placeStrip = () => {
    const { view, theme } = shown;
    const left = view.origin()[0] + view.padding().left;
    const room = view.width(); // of the plot alone, once it is laid out
    if (shown.left === left && shown.room === room) return;
    Object.assign(shown, { left, room });
    strip?.draw({ left, width: room, look: themes[theme] });
  };

  // The kernel is asked where the grid does not tell all; a picture of coarse columns waits a moment for its answer.
  const chosen = () => {
    const now = range.get();
    const slice = bestSlice(kind, detail ? [base, detail] : [base], ...now);
    const settled = slice.exact && slice.fine;
    if (kernel && !settled && !asked) kernel.ask((asked = now), () => unanswered(now));
    clearTimeout(overdue);
    const waits = kernel && !slice.fine && !late && shown;
    if (waits) overdue = setTimeout(() => ((late = true), paint()), PATIENCE);
    if (settled) late = false;
    return waits ? null : { ...slice, now };
  };

  // One repaint at a time, always of the latest range: what came while painting is skipped. A chart that was never in
  // sight waits for its width.
  const paint = async () => {
    stale = true;
    if (painting || !width) return;
    painting = true;
    while (stale && !gone) {
      stale = false;
      const [slice, theme] = [chosen(), themeOfPage()];
      if (!slice) continue;
      const rows = slice.rows.length ? slice.rows : [NOWHERE];
      const [first, last] = slice.now;
      const values = { first, last, nothing: slice.exact ? NOTHING : TOO_NARROW };
      await (shown?.theme === theme ? step(rows, values) : dress(rows, values, theme));
      tell(slice);
      placeStrip();
      forgetGone(shown.view);
    }
    painting = false;
    if (gone) release();
  };

  // The host holds on to element and functions of a view that it took away: nothing that is large may hang on them.
  const release = () => {
    shown?.finalize();
    shown = detail = base = strip = null;
    [canvas, el].forEach((place) => place.replaceChildren());
  };

  const follow = () => {
    strip?.show();
    paint();
  };
  const answered = (wanted, grid) => {
    if (!asked || wanted[0] !== asked[0] || wanted[1] !== asked[1]) return; // another view's
    asked = null;
    detail = detailOf(grid, wanted);
    paint();
  };

  // A kernel that was interrupted never answers; what it was not asked meanwhile it is asked then.
  const unanswered = (wanted) => {
    if (asked !== wanted) return;
    asked = null;
    if (range.get() !== wanted) paint();
  };

  // Only this measures: while a page is hidden, whoever else did would find no width, and nobody would tell it later.
  const resizer = new ResizeObserver(([{ contentRect }]) => {
    if (!contentRect.width || contentRect.width === width) return;
    width = contentRect.width;
    paint();
  });
  const dresser = new MutationObserver(paint);
  const deafen = [range.listen(follow), kernel?.listen(answered)];
  darkScheme.addEventListener("change", paint);
  dresser.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  resizer.observe(canvas);

  return () => {
    gone = true;
    clearTimeout(overdue);
    deafen.forEach((stop) => stop?.());
    darkScheme.removeEventListener("change", paint);
    dresser.disconnect();
    resizer.disconnect();
    if (!painting) release();
  };
};

// What a grid does not hold (who, id, description) the kernel tells when the pointer rests on a changeset.
const tellMore = (view, kernel) => {
  let over = null;
  view.addEventListener("mouseover", async (event, item) => {
    over = item;
    if (!item?.tooltip || !item.datum.kinds) return; // not a single changeset
    const more = await kernel.about(item.datum.first);
    if (more && over === item) view.tooltip().call(view, null, event, item, { ...item.tooltip, ...more });
  });
  view.addEventListener("mouseout", () => (over = null));
};
