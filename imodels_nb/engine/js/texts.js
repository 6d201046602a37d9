// Texts that Python sends, with values in the place of their names.

/**
 * Replace each name in braces in a text by its value. Numbers are formatted with separators.
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
export function fillText(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name].toLocaleString("en"));
}
