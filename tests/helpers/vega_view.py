"""Scripts for a browser that look into the Vega view of a chart."""

KEEP_VEGA_VIEW = """
  let embed;
  Object.defineProperty(globalThis, "imodelsNbEmbed", {
    get: () => embed,
    set: (vegaEmbed) => {
      embed = async (...options) => {
        const embedded = await vegaEmbed(...options);
        globalThis.vegaView = embedded.view;
        return embedded;
      };
    },
  });
"""
"""Script to run before the page: it keeps the view of the last chart in `vegaView`."""

_FIND_RELAYS = "Object.values(vegaView._runtime.nodes).filter((node) => node._argval?.derive)"

COUNT_RELAYS = f"() => {_FIND_RELAYS}.length"
"""Script that returns the number of Vega's relays, which keep a number for each row."""

COUNT_REPLACED_ROWS = f"""() =>
  {_FIND_RELAYS}.flatMap(({{ value }}) => Object.values(value)).filter((row) => row === null).length
"""
"""Script that returns how many replaced rows the relays still have."""
