// node engine.cjs MODULES FOLDER ADDRESS: drives the vendor's engine and authoring client against a hub.
// Prints one JSON document: the steps with their results or errors, the iModel, and the rows of its changesets as the
// vendor's reader reads them. The iModel stays, and FOLDER gets the files.
const { createRequire } = require("node:module");
const fs = require("node:fs");
const path = require("node:path");

const [modules, folder, address] = process.argv.slice(2);
const load = createRequire(`${path.resolve(modules)}/`);
const { base_url: baseUrl, itwin_id: iTwinId, token } = JSON.parse(address);
const { BriefcaseDb, BriefcaseManager, IModelHost, PhysicalModel, SnapshotDb, SpatialCategory, SqliteChangesetReader } =
  load("@itwin/core-backend");
const { V2CheckpointManager } = load("@itwin/core-backend/lib/cjs/CheckpointManager.js");
const { ColorDef, IModel } = load("@itwin/core-common");
const { BackendIModelsAccess } = load("@itwin/imodels-access-backend");
const { IModelsClient } = load("@itwin/imodels-client-authoring");

const accessToken = `Bearer ${token}`;
const steps = [];

const step = async (name, run) => {
  try {
    const result = await run();
    steps.push({ name, ok: true });
    return result;
  } catch (error) {
    steps.push({ name, ok: false, error: String(error.message).slice(0, 400) });
    throw error;
  }
};

const startEngine = async (hub) => {
  await IModelHost.startup({ cacheDir: path.join(folder, "cache"), hubAccess: hub });
  IModelHost.authorizationClient = { getAccessToken: async () => accessToken };
  // The engine takes checkpoints from the vendor's cloud; the file of a checkpoint (V1) serves as well.
  V2CheckpointManager.performDownload = async ({ request }) => {
    const found = await hub.downloadV1Checkpoint({ checkpoint: request.checkpoint, localFile: request.localFile });
    return found.id;
  };
};

const createBaseline = () => {
  const file = path.join(folder, "baseline.bim");
  const seed = SnapshotDb.createEmpty(file, { rootSubject: { name: "Pump station" } });
  seed.saveChanges();
  seed.close();
  return file;
};

const open = (name, iModelId, asOf) =>
  step(`${name}: acquire, download and open a briefcase`, async () => {
    const properties = await BriefcaseManager.downloadBriefcase({ accessToken, iTwinId, iModelId, asOf });
    return BriefcaseDb.open(properties);
  });

const push = (db, description) =>
  step(`push: ${description}`, async () => {
    db.saveChanges(description);
    await db.pushChanges({ description, accessToken });
  });

const expectRefusal = async (promise) => {
  const granted = await promise.then(() => true, () => false);
  if (granted) throw new Error("the lock was granted");
};

const readRows = (files, db) => {
  const rows = [];
  for (const { pathname: fileName, index } of files) {
    const reader = SqliteChangesetReader.openFile({ fileName, db, disableSchemaCheck: true });
    while (reader.step()) {
      rows.push({ index, table: reader.tableName, operation: reader.op });
    }
    reader.close();
  }
  return rows;
};

const editAll = async (hub, client, iModelId) => {
  const authorization = async () => ({ scheme: "Bearer", token });
  const first = await open("first", iModelId);
  await step("locks: acquire", () =>
    first.locks.acquireLocks({ exclusive: IModel.repositoryModelId, shared: IModel.dictionaryId }));
  const model = PhysicalModel.insert(first, IModel.rootSubjectId, "Building");
  const category = SpatialCategory.insert(first, IModel.dictionaryId, "Equipment", { color: ColorDef.blue.toJSON() });
  await push(first, "Models and categories");
  await step("named version", () =>
    client.namedVersions.create({
      authorization,
      iModelId,
      namedVersionProperties: { name: "Design review 1", changesetId: first.changeset.id },
    }));

  const second = await open("second", iModelId, { first: true });
  await step("second: pull", () => second.pullChanges({ accessToken }));
  await step("second: lock is refused while the first holds it", async () => {
    await first.locks.acquireLocks({ exclusive: model });
    await expectRefusal(second.locks.acquireLocks({ exclusive: model }));
    await first.locks.releaseAllLocks();
    await second.locks.acquireLocks({ exclusive: model });
  });
  await step("second: release locks", () => second.locks.releaseAllLocks());
  second.close();

  await new Promise((resolve) => setTimeout(resolve, 2500)); // until the checkpoint is ready
  const third = await open("third, from a replayed checkpoint", iModelId, { namedVersion: "Design review 1" });
  await step("third: lock and edit", async () => {
    await third.locks.acquireLocks({ exclusive: category });
    const element = third.elements.getElement(category);
    element.userLabel = "Renamed";
    third.elements.updateElement(element);
  });
  await push(third, "Rename a category");
  third.close();

  await step("first: pull and read", async () => {
    await first.pullChanges({ accessToken });
    if (first.elements.getElement(category).userLabel !== "Renamed") throw new Error("the label is another");
  });
  const targetDir = path.join(folder, "changesets");
  const files = await step("download changesets", () => hub.downloadChangesets({ iModelId, accessToken, targetDir }));
  const rows = await step("read changesets", () => readRows(files, first));
  await step("release briefcase", () => hub.releaseBriefcase({ iModelId, accessToken, briefcaseId: first.briefcaseId }));
  first.close();
  return { rows, changesets: files.map(({ index, id, description, size }) => ({ index, id, description, size })) };
};

const editCopies = async (client, iModelId) => {
  const authorization = async () => ({ scheme: "Bearer", token });
  const counts = {};
  const ways = { clone: {}, fork: { preserveHistory: true }, squashed: {} };
  for (const [name, more] of Object.entries(ways)) {
    const how = name === "clone" ? "clone" : "fork";
    const copy = await step(`${name}: create`, () =>
      client.iModels[how]({ authorization, iModelId, iModelProperties: { iTwinId, name, ...more } }));
    const db = await open(name, copy.id);
    await step(`${name}: lock and edit`, async () => {
      await db.locks.acquireLocks({ exclusive: IModel.repositoryModelId, shared: IModel.dictionaryId });
      PhysicalModel.insert(db, IModel.rootSubjectId, "Annex");
    });
    await push(db, `Annex of the ${name}`);
    const pushed = client.changesets.getMinimalList({ authorization, iModelId: copy.id });
    counts[name] = 0;
    for await (const _ of pushed) counts[name] += 1;
    db.close();
  }
  return counts;
};

const main = async () => {
  fs.mkdirSync(folder, { recursive: true });
  const hub = new BackendIModelsAccess({ api: { baseUrl: `${baseUrl}/imodels` } });
  const client = new IModelsClient({ api: { baseUrl: `${baseUrl}/imodels` } });
  await startEngine(hub);
  const iModelId = await step("create an iModel from a baseline file", () =>
    hub.createNewIModel({ accessToken, iTwinId, iModelName: "Pump station", version0: createBaseline() }));
  const result = await editAll(hub, client, iModelId);
  const scratch = await step("create and delete another iModel", async () => {
    const other = await hub.createNewIModel({ accessToken, iTwinId, iModelName: "Scratch" });
    await hub.deleteIModel({ iTwinId, iModelId: other, accessToken });
    return other;
  });
  const copies = await editCopies(client, iModelId);
  return { imodel_id: iModelId, deleted: scratch, copies, ...result };
};

const report = (more) => console.log(JSON.stringify({ steps, ...more }));
main().then(
  async (result) => {
    await IModelHost.shutdown();
    report(result);
  },
  (error) => {
    report({ error: String(error.stack).slice(0, 2000) });
    process.exit(1);
  },
);
