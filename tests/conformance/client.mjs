// Drives the vendor's own client against a hub, and prints what it returned as one JSON document.
import { createRequire } from "node:module";

const [folder, address] = process.argv.slice(2);
const { IModelsClient } = createRequire(`${folder}/`)("@itwin/imodels-client-management");
const { base_url, token, wrong_token, itwin_id, imodel_id, changeset_index, changeset_id } = JSON.parse(address);

const clientOf = (secret) => ({
  client: new IModelsClient({ api: { baseUrl: `${base_url}/imodels` } }),
  scope: { authorization: async () => ({ scheme: "Bearer", token: secret }), iModelId: imodel_id },
});
const { client, scope } = clientOf(token);

const everything = async (iterator) => {
  const rows = [];
  for await (const row of iterator) rows.push(row);
  return rows;
};
const pages = async (iterator) => {
  const sizes = [];
  for await (const page of iterator.byPage()) sizes.push(page.length);
  return sizes;
};
const bothForms = async (operations, params) => ({
  minimal: await everything(operations.getMinimalList(params)),
  full: await everything(operations.getRepresentationList(params)),
});
const named = async (promise) => {
  try {
    await promise;
    return null;
  } catch (error) {
    return { code: error.code, statusCode: error.statusCode, message: error.message, details: error.details ?? null };
  }
};

const changesets = {
  ...(await bothForms(client.changesets, { ...scope, urlParams: { $top: 60 } })),
  pages: await pages(client.changesets.getMinimalList({ ...scope, urlParams: { $top: 60 } })),
  range: await everything(client.changesets.getMinimalList({ ...scope, urlParams: { afterIndex: 5, lastIndex: 10 } })),
  descending: await everything(
    client.changesets.getMinimalList({
      ...scope,
      urlParams: { $top: 100, $orderBy: { property: "index", operator: "desc" } },
    }),
  ),
  byId: await client.changesets.getSingle({ ...scope, changesetId: changeset_id }),
  byIndex: await client.changesets.getSingle({ ...scope, changesetIndex: changeset_index }),
};
const related = [];
for (const row of changesets.full) {
  related.push({
    index: row.index,
    creator: await row.getCreator(),
    namedVersion: (await row.getNamedVersion()) ?? null,
    checkpoint: await row.getCurrentOrPrecedingCheckpoint(),
  });
}

const namedVersions = await bothForms(client.namedVersions, { ...scope, urlParams: { $top: 3 } });
for (const row of namedVersions.full) {
  related.push({ namedVersion: row.id, creator: await row.getCreator(), changeset: (await row.getChangeset()) ?? null });
}
namedVersions.single = await client.namedVersions.getSingle({ ...scope, namedVersionId: namedVersions.minimal[0].id });
namedVersions.found = await everything(
  client.namedVersions.getMinimalList({ ...scope, urlParams: { $search: "REVIEW", state: "visible" } }),
);

const briefcases = await bothForms(client.briefcases, scope);
briefcases.mine = await everything(client.briefcases.getMinimalList({ ...scope, urlParams: { ownerId: "me" } }));
briefcases.single = await client.briefcases.getSingle({ ...scope, briefcaseId: briefcases.full[0].briefcaseId });
for (const row of briefcases.full) {
  related.push({ briefcase: row.briefcaseId, owner: await row.getOwner(), checkpoint: await row.getCheckpoint() });
}

const users = await bothForms(client.users, scope);
users.single = await client.users.getSingle({ ...scope, userId: users.minimal[0].id });

const groups = { list: await everything(client.changesetGroups.getList({ ...scope, urlParams: { $top: 7 } })) };
groups.single = await client.changesetGroups.getSingle({ ...scope, changesetGroupId: groups.list[0].id });
groups.creator = await groups.list[0].getCreator();

const extendedData = { list: await everything(client.changesetExtendedData.getList(scope)) };
extendedData.single = await client.changesetExtendedData.getSingle({
  ...scope,
  changesetIndex: extendedData.list[0].changesetIndex,
});

const iModels = await bothForms(client.iModels, { ...scope, urlParams: { iTwinId: itwin_id } });
iModels.single = await client.iModels.getSingle(scope);
iModels.creator = await iModels.single.getCreator();

const checkpoints = {
  latest: await client.checkpoints.getSingle(scope),
  baseline: await client.checkpoints.getSingle({ ...scope, changesetIndex: 0 }),
  byId: await client.checkpoints.getSingle({ ...scope, changesetId: changeset_id }),
  ofVersions: [],
};
for (const row of namedVersions.full) {
  checkpoints.ofVersions.push(await client.checkpoints.getSingle({ ...scope, namedVersionId: row.id }));
}

const errors = {
  unauthorized: await named(client.iModels.getSingle(clientOf(wrong_token).scope)),
  iModel: await named(client.iModels.getSingle({ ...scope, iModelId: itwin_id })),
  changeset: await named(client.changesets.getSingle({ ...scope, changesetId: "invalidId" })),
  namedVersion: await named(client.namedVersions.getSingle({ ...scope, namedVersionId: "invalidId" })),
  group: await named(client.changesetGroups.getSingle({ ...scope, changesetGroupId: "invalidId" })),
  extendedData: await named(client.changesetExtendedData.getSingle({ ...scope, changesetIndex: 2 })),
  briefcase: await named(client.briefcases.getSingle({ ...scope, briefcaseId: 999 })),
  user: await named(client.users.getSingle({ ...scope, userId: "invalidId" })),
  iTwin: await named(everything(client.iModels.getMinimalList({ ...scope, urlParams: { iTwinId: imodel_id } }))),
  query: await named(everything(client.changesets.getMinimalList({ ...scope, urlParams: { $skip: -1 } }))),
  description: await named(
    client.namedVersions.create({ ...scope, namedVersionProperties: { name: "x", description: "x".repeat(256) } }),
  ),
};

const locks = {
  list: await everything(client.locks.getList(scope)),
  shared: await everything(client.locks.getList({ ...scope, urlParams: { lockLevel: "shared" } })),
  unknown: await everything(client.locks.getList({ ...scope, urlParams: { briefcaseId: 500 } })),
  released: await everything(client.locks.getReleasedLockList({ ...scope, urlParams: { afterChangesetIndex: 0 } })),
};

// Writes come last, so that everything above can be compared with what the hub began with.
const failed = namedVersions.full.find((_, at) => checkpoints.ofVersions[at].state === "failed");
const written = {
  rescheduled: await client.checkpoints.updateNamedVersionCheckpoint({ ...scope, namedVersionId: failed.id }),
  created: await client.namedVersions.create({
    ...scope,
    namedVersionProperties: { name: "Made by the client", changesetId: changeset_id },
  }),
};
written.updated = await client.namedVersions.update({
  ...scope,
  namedVersionId: written.created.id,
  namedVersionProperties: { description: "Changed by the client", state: "hidden" },
});
written.conflict = await named(
  client.namedVersions.create({ ...scope, namedVersionProperties: { name: "Other", changesetId: changeset_id } }),
);

const marked = {};
for (const [name, operations] of [["favorites", client.favoriteIModels], ["recents", client.recentIModels]]) {
  await operations.add(scope);
  marked[name] = await bothForms(operations, { ...scope, urlParams: { iTwinId: itwin_id } });
  await operations.remove(scope);
  marked[name].removed = await everything(operations.getMinimalList({ ...scope, urlParams: { iTwinId: itwin_id } }));
}

const sizeOf = async (urlParams) => (await client.thumbnails.download({ ...scope, urlParams })).image.length;
const thumbnails = { small: await sizeOf(), large: await sizeOf({ size: "large" }) };
const image = Uint8Array.from(atob("iVBORw0KGgoAAAAN"), (character) => character.charCodeAt(0));
await client.thumbnails.upload({ ...scope, thumbnailProperties: { imageType: "image/png", image } });
thumbnails.uploaded = await sizeOf();

const properties = { iTwinId: itwin_id, changesetIndex: 3, containersEnabled: 7 };
const template = { iModelId: imodel_id, changesetId: changeset_id };
const copies = {
  clone: await client.iModels.clone({ ...scope, iModelProperties: { ...properties, name: "Clone" } }),
  fork: await client.iModels.fork({ ...scope, iModelProperties: { ...properties, name: "Fork", preserveHistory: true } }),
  squashed: await client.iModels.fork({ ...scope, iModelProperties: { ...properties, name: "Squashed" } }),
  fromTemplate: await client.iModels.createFromTemplate({
    ...scope,
    iModelProperties: { iTwinId: itwin_id, name: "From a template", template },
  }),
};
for (const copy of Object.values(copies)) {
  const target = { ...scope, iModelId: copy.id };
  copy.changesets = (await everything(client.changesets.getMinimalList(target))).map((row) => row.id);
  copy.operation = await client.operations.getCreateIModelDetails(target);
}

console.log(
  JSON.stringify({
    marked,
    thumbnails,
    copies,
    changesets,
    namedVersions,
    briefcases,
    users,
    groups,
    extendedData,
    iModels,
    checkpoints,
    locks,
    related,
    errors,
    written,
    permissions: await client.userPermissions.get(scope),
    createOperation: await client.operations.getCreateIModelDetails(scope),
  }),
);
