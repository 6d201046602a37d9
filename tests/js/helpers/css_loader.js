// Import this before a module that imports a style sheet: Node.js cannot read one.
import { register } from "node:module";

const LOADER = `export async function load(url, context, next) {
  return url.endsWith(".css") ? { format: "module", source: "export default ''", shortCircuit: true } : next(url, context);
}`;
register(`data:text/javascript,${encodeURIComponent(LOADER)}`);
