// node make_large.cjs FOLDER: an iModel of the vendor's engine with two large changesets: 60,000 elements inserted, 30,000 updated.
// FOLDER gets baseline.bim, tip.bim, changesets.json and changesets/ID.cs. No service is asked.
const fs = require("fs");
const path = require("path");
const backend = require("@itwin/core-backend");
const { HubMock } = require("@itwin/core-backend/lib/cjs/internal/HubMock.js");
const { IModel, Code, ColorDef } = require("@itwin/core-common");

const { IModelHost, SnapshotDb, BriefcaseDb, BriefcaseManager, PhysicalModel, SpatialCategory } = backend;
const INSERTED = 60_000;
const UPDATED = 30_000;
const accessToken = "token";
const folder = path.resolve(process.argv[2]);
const scratch = path.join(folder, "scratch");

const SCHEMA = `<?xml version="1.0" encoding="UTF-8"?>
<ECSchema schemaName="PlantDemo" alias="pd" version="01.00.00" xmlns="http://www.bentley.com/schemas/Bentley.ECXML.3.2">
  <ECSchemaReference name="BisCore" version="01.00.00" alias="bis"/>
  <ECEntityClass typeName="Pipe"><BaseClass>bis:PhysicalElement</BaseClass><ECProperty propertyName="Diameter" typeName="double"/></ECEntityClass>
</ECSchema>`;

async function edit(db, push) {
  const schemaFile = path.join(scratch, "PlantDemo.01.00.00.ecschema.xml");
  fs.writeFileSync(schemaFile, SCHEMA);
  await db.importSchemas([schemaFile]);
  const model = PhysicalModel.insert(db, IModel.rootSubjectId, "Building");
  const category = SpatialCategory.insert(db, IModel.dictionaryId, "Equipment", { color: ColorDef.blue.toJSON() });
  await push("Schema, model and category");
  const ids = [];
  for (let number = 0; number < INSERTED; number++) {
    ids.push(
      db.elements.insertElement({
        classFullName: "PlantDemo:Pipe",
        model,
        category,
        code: Code.createEmpty(),
        userLabel: `Pipe-${number}`,
        diameter: 0.1,
        placement: { origin: [number, 0, 0], angles: {} },
      }),
    );
  }
  await push("60,000 pipes inserted");
  for (const id of ids.slice(0, UPDATED)) {
    const pipe = db.elements.getElementProps(id);
    pipe.diameter = 0.2;
    db.elements.updateElement(pipe);
  }
  await push("30,000 pipes updated");
}

async function main() {
  fs.mkdirSync(scratch, { recursive: true });
  await IModelHost.startup({ cacheDir: path.join(scratch, "cache") });
  HubMock.startup("large", scratch);
  const version0 = path.join(folder, "baseline.bim");
  const seed = SnapshotDb.createEmpty(version0, { rootSubject: { name: "Large" } });
  seed.saveChanges();
  seed.close();
  const iTwinId = HubMock.iTwinId;
  const iModelId = await HubMock.createNewIModel({ accessToken, iTwinId, iModelName: "large", version0, noLocks: true });
  const briefcase = await BriefcaseManager.downloadBriefcase({ accessToken, iTwinId, iModelId });
  const db = await BriefcaseDb.open(briefcase);
  await edit(db, async (description) => {
    db.saveChanges(description);
    await db.pushChanges({ description, accessToken });
  });
  db.close();
  fs.copyFileSync(briefcase.fileName, path.join(folder, "tip.bim"));
  const files = await HubMock.downloadChangesets({ iModelId, targetDir: path.join(folder, "changesets"), accessToken });
  const changesets = files.map(({ pathname, ...properties }) => {
    fs.renameSync(pathname, `${pathname}.cs`);
    return { ...properties, file: `changesets/${path.basename(pathname)}.cs` };
  });
  fs.writeFileSync(path.join(folder, "changesets.json"), `${JSON.stringify(changesets, null, 1)}\n`);
  HubMock.shutdown();
  await IModelHost.shutdown();
  fs.rmSync(scratch, { recursive: true, force: true });
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
