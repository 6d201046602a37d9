// node read_rows.cjs MODULES FOLDER: the rows that the vendor's reader reads in changeset files, one JSON line each.
// FOLDER/changesets.json lists index and file of each. An empty iModel of the engine gives the names of the columns.
const fs = require("fs");
const os = require("os");
const path = require("path");
const { createRequire } = require("module");

const [modules, folder] = process.argv.slice(2);
const { IModelHost, SnapshotDb, SqliteChangesetReader } = createRequire(path.join(modules, "x.js"))("@itwin/core-backend");

const STAGES = { Inserted: ["New"], Deleted: ["Old"], Updated: ["Old", "New"] };
const plain = (value) => (value instanceof Uint8Array ? { bytes: value.length } : value);

function readFile(index, fileName, db) {
  const reader = SqliteChangesetReader.openFile({ fileName, db, disableSchemaCheck: true });
  while (reader.step()) {
    const row = { index, table: reader.tableName, op: reader.op, indirect: reader.isIndirect };
    for (const stage of STAGES[reader.op]) {
      const names = reader.getColumnNames(reader.tableName).slice(0, reader.columnCount);
      const values = names.map((name, place) => [name, plain(reader.getChangeValue(place, stage))]);
      row[stage.toLowerCase()] = Object.fromEntries(values.filter(([, value]) => value !== undefined));
    }
    console.log(JSON.stringify(row));
  }
  reader.close();
}

async function main() {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "read-"));
  await IModelHost.startup({ cacheDir: path.join(scratch, "cache") });
  const db = SnapshotDb.createEmpty(path.join(scratch, "empty.bim"), { rootSubject: { name: "Empty" } });
  for (const { index, file } of JSON.parse(fs.readFileSync(path.join(folder, "changesets.json")))) {
    readFile(index, path.join(folder, file), db);
  }
  db.close();
  await IModelHost.shutdown();
  fs.rmSync(scratch, { recursive: true, force: true });
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
