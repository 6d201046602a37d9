// node read_names.cjs FOLDER: time of the vendor's own way to changes with class and property names, as JSON lines.
// FOLDER has tip.bim, changesets.json and the files it names. Each file is read as often as the environment variable RUNS says.
const fs = require("fs");
const os = require("os");
const path = require("path");
const core = require("@itwin/core-backend");

const { IModelHost, SqliteChangesetReader, ChangesetECAdaptor, PartialECChangeUnifier, SnapshotDb } = core;
const runs = Number(process.env.RUNS ?? 3);

function readNames(fileName, db) {
  const reader = SqliteChangesetReader.openFile({ fileName, db, disableSchemaCheck: true });
  const adaptor = new ChangesetECAdaptor(reader);
  const unifier = new PartialECChangeUnifier(db);
  while (adaptor.step()) unifier.appendFrom(adaptor);
  const changes = Array.from(unifier.instances);
  adaptor[Symbol.dispose]();
  return changes.length;
}

async function main() {
  const folder = path.resolve(process.argv[2]);
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "read-"));
  await IModelHost.startup({ cacheDir: path.join(scratch, "cache") });
  const tip = path.join(scratch, "tip.bim");
  fs.copyFileSync(path.join(folder, "tip.bim"), tip);
  const db = SnapshotDb.openFile(tip);
  const changesets = JSON.parse(fs.readFileSync(path.join(folder, "changesets.json")));
  for (const { index, file, description } of changesets) {
    for (let run = 0; run < runs; run++) {
      const start = process.hrtime.bigint();
      const instances = readNames(path.join(folder, file), db);
      const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
      console.log(JSON.stringify({ index, description, run, instances, milliseconds }));
    }
  }
  db.close();
  await IModelHost.shutdown();
  fs.rmSync(scratch, { recursive: true, force: true });
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
