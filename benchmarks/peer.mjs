// One full list by the vendor's client, at its largest page. Prints seconds and rows.
import { createRequire } from "node:module";
const [baseUrl, token, iModelId, modules] = process.argv.slice(2);
const { IModelsClient } = createRequire(modules + "/")("@itwin/imodels-client-management");

const client = new IModelsClient({ api: { baseUrl: baseUrl + "/imodels" } });
const authorization = async () => ({ scheme: "Bearer", token });
const started = performance.now();
const rows = [];
for await (const page of client.changesets.getMinimalList({ authorization, iModelId, urlParams: { $top: 1000 } }).byPage())
  rows.push(...page);
console.log(JSON.stringify({ seconds: (performance.now() - started) / 1000, rows: rows.length }));
