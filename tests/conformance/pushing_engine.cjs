// node pushing_engine.cjs MODULES FOLDER ADDRESS: lets the vendor's engine push to an iModel until it is killed.
// Without an iModel in ADDRESS it creates one. Prints one JSON line for the iModel, one for the briefcase, and one for
// each changeset that is pushed.
const { createRequire } = require("node:module");
const fs = require("node:fs");
const path = require("node:path");

const [modules, folder, address] = process.argv.slice(2);
const load = createRequire(`${path.resolve(modules)}/`);
const { base_url: baseUrl, itwin_id: iTwinId, token, imodel_id: known } = JSON.parse(address);
const { BriefcaseDb, BriefcaseManager, IModelHost, PhysicalModel, SnapshotDb } = load("@itwin/core-backend");
const { V2CheckpointManager } = load("@itwin/core-backend/lib/cjs/CheckpointManager.js");
const { IModel } = load("@itwin/core-common");
const { BackendIModelsAccess } = load("@itwin/imodels-access-backend");

const accessToken = `Bearer ${token}`;
const report = (line) => console.log(JSON.stringify(line));

const createIModel = async (hub) => {
  const version0 = path.join(folder, "baseline.bim");
  const seed = SnapshotDb.createEmpty(version0, { rootSubject: { name: "Pump station" } });
  seed.saveChanges();
  seed.close();
  return hub.createNewIModel({ accessToken, iTwinId, iModelName: "Pump station", version0 });
};

const main = async () => {
  fs.mkdirSync(folder, { recursive: true });
  const hub = new BackendIModelsAccess({ api: { baseUrl: `${baseUrl}/imodels` } });
  await IModelHost.startup({ cacheDir: path.join(folder, "cache"), hubAccess: hub });
  IModelHost.authorizationClient = { getAccessToken: async () => accessToken };
  // The engine takes checkpoints from the vendor's cloud; the file of a checkpoint (V1) serves as well.
  V2CheckpointManager.performDownload = async ({ request }) => {
    const found = await hub.downloadV1Checkpoint({ checkpoint: request.checkpoint, localFile: request.localFile });
    return found.id;
  };
  const iModelId = known || (await createIModel(hub));
  report({ imodel_id: iModelId });
  const db = await BriefcaseDb.open(await BriefcaseManager.downloadBriefcase({ accessToken, iTwinId, iModelId }));
  report({ briefcase: db.briefcaseId });
  await db.locks.acquireLocks({ shared: IModel.repositoryModelId });
  for (let number = 1; ; number += 1) {
    PhysicalModel.insert(db, IModel.rootSubjectId, `Model ${number} of briefcase ${db.briefcaseId}`);
    db.saveChanges();
    await db.pushChanges({ description: `Model ${number}`, accessToken, retainLocks: true });
    report({ id: db.changeset.id, index: db.changeset.index });
  }
};

main().catch((error) => {
  console.error(error.stack);
  process.exit(1);
});
