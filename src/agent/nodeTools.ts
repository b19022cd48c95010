import { existsSync, realpathSync } from "node:fs";
import { dataLayout } from "./directories.ts";
import { type Drivers, openDrivers } from "./drivers/drivers.ts";
import { Fingerprint } from "./fingerprint/fingerprint.ts";
import type { NodeKey } from "./identity.ts";
import type { AgentOptions } from "./options.ts";
import { openAccounts } from "./platform/accounts.ts";
import { groupsOfUser } from "./platform/asUser.ts";
import type { Groups } from "./platform/groups.ts";
import { nodeGroups } from "./platform/nodeGroups.ts";
import { newTreeKeeper, type TreeKeeper } from "./platform/tree.ts";
import { readPasswd, type UserRules } from "./platform/users.ts";
import { type Download, newDownload } from "./prepare/download.ts";
import { type FetchScript, newFetchScript } from "./script/fetchScript.ts";
import { writeFileTools } from "./script/fileTools.ts";
import { ScriptAsks } from "./script/scriptAsks.ts";

/** What tasks and groups of a node are run with alike. */
export interface NodeTools {
  readonly groups: Groups;
  readonly trees: TreeKeeper;
  readonly users: UserRules;
  readonly download: Download;
  readonly fetchScript: FetchScript;
  /** Asked by `fetchScript`; the link tells it of connections and answers. */
  readonly scriptAsks: ScriptAsks;
  readonly drivers: Drivers;
  readonly fingerprint: Fingerprint;
}

/** The directory, and where it really is. */
function withoutLinks(directory: string): string[] {
  return existsSync(directory) ? [directory, realpathSync(directory)] : [directory];
}

export function newNodeTools(options: AgentOptions, key: NodeKey, bootId: string): NodeTools {
  const { rootDirectory, dataDirectory, serverUrl, allowedUsers, selfCommand, host } = options;
  const layout = dataLayout(dataDirectory);
  const groups = nodeGroups(options);
  const trees = newTreeKeeper(groups, rootDirectory, bootId);
  const users: UserRules = {
    allowed: allowedUsers,
    accounts: openAccounts(layout.accountsPath, allowedUsers.accounts),
    ownUid: process.getuid?.() ?? 0,
    passwd: readPasswd,
    groupsOf: groupsOfUser,
  };
  const drivers = openDrivers({
    rootDirectory,
    groups,
    trees,
    users,
    bootId,
    options: options.drivers,
    selfCommand,
    containersDirectory: layout.containersDirectory,
    execRoot: {
      place: layout.rootPlace,
      records: layout.rootRecords,
      wish: options.drivers.execRoot,
      shown: options.drivers.execRoots,
      hidden: [dataDirectory, rootDirectory, ...options.drivers.secretFiles].flatMap(withoutLinks),
      selfCommand,
    },
  });
  writeFileTools(options);
  const scriptAsks = new ScriptAsks();
  const agentVersion = options.version;
  const { hostVolumes } = options.drivers;
  return {
    groups,
    trees,
    users,
    download: newDownload(serverUrl, key),
    fetchScript: newFetchScript(serverUrl, key, scriptAsks),
    scriptAsks,
    drivers,
    fingerprint: new Fingerprint(drivers, { rootDirectory, host, agentVersion, hostVolumes }),
  };
}
