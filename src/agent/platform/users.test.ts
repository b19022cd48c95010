import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { UserIdentity } from "../../model/taskSpec.ts";
import { startTestNode } from "../fixtures/node.ts";
import { startOrder } from "../fixtures/server.ts";
import { type AllowedUsers, OWN_USER_ONLY } from "../options.ts";
import { openAccounts } from "./accounts.ts";
import { OWN_USER, type UserRules, userOf } from "./users.ts";

const PASSWD = "root:x:0:0:root:/root:/bin/sh\nalice:x:1001:1002::/home/alice:/bin/sh\n";
const POOL = { kind: "auto", scope: "pool", elevationLevel: "nonadmin" } as const;
const TASK = { kind: "auto", scope: "task", elevationLevel: "nonadmin" } as const;
const ADMIN = { kind: "auto", scope: "pool", elevationLevel: "admin" } as const;
const ROOT = { kind: "named", userName: "root" } as const;
const ALICE = { kind: "named", userName: "alice" } as const;

function rules(allowed: Partial<AllowedUsers>, ownUid = 0): UserRules {
  const all = { ...OWN_USER_ONLY, ...allowed };
  const directory = mkdtempSync(join(tmpdir(), "stint-accounts-"));
  const accounts = openAccounts(join(directory, "accounts.json"), all.accounts);
  rmSync(directory, { recursive: true });
  return { allowed: all, accounts, ownUid, passwd: () => PASSWD, groupsOf: async () => [] };
}

function userFor(identity: UserIdentity | undefined, given: UserRules) {
  const command = identity === undefined ? {} : { userIdentity: identity };
  return userOf(startOrder(1, "true", { command }).order, given);
}

test.each([undefined, POOL, TASK])(
  "without configuration %j is the agent's own user",
  (identity) => {
    expect(userFor(identity, rules({}))).toEqual(OWN_USER);
    expect(userFor(identity, rules({}, 1000))).toEqual(OWN_USER);
  },
);

test.each([
  ["admin", ADMIN, rules({})],
  ["admin without root", ADMIN, rules({ admin: true }, 1000)],
  ["a name that is not listed", ALICE, rules({})],
  ["root by its name", ROOT, rules({ named: ["alice"] })],
  [
    "a listed name that does not exist",
    { kind: "named", userName: "bob" },
    rules({ named: ["bob"] }),
  ],
  ["a listed name without root", ALICE, rules({ named: ["alice"] }, 1000)],
] as const)("%s is refused", (_, identity, given) => {
  expect(userFor(identity, given)).toMatchObject({ code: "UserAccountNotAllowed" });
});

test("what is listed is given", () => {
  expect(userFor(ADMIN, rules({ admin: true }))).toMatchObject({ uid: 0, name: "root" });
  expect(userFor(ALICE, rules({ named: ["alice"] }))).toMatchObject({ uid: 1001, gid: 1002 });
  expect(userFor(ROOT, rules({ admin: true }))).toMatchObject({ uid: 0, name: "root" });
  expect(userFor(ALICE, rules({ named: ["alice"] }, 1001))).toMatchObject({ uid: null });
});

test("accounts are kept, given back, and run out", () => {
  const directory = mkdtempSync(join(tmpdir(), "stint-accounts-"));
  const path = join(directory, "accounts.json");
  const range = { firstUid: 60_000, count: 2 };
  const accounts = openAccounts(path, range);
  expect([accounts.uidOf("a"), accounts.uidOf("b"), accounts.uidOf("a")]).toEqual([
    60_000, 60_001, 60_000,
  ]);
  expect(accounts.uidOf("c")).toBeNull();
  accounts.release("a");
  expect(openAccounts(path, range).uidOf("c")).toBe(60_000);
  expect(openAccounts(path, range).uidOf("b")).toBe(60_001);
  const jobs = openAccounts(join(directory, "jobs.json"), range);
  jobs.uidOf("task job/1");
  jobs.uidOf("task job2/1");
  jobs.release("task job/");
  expect([jobs.uidOf("task job2/1"), jobs.uidOf("other")]).toEqual([60_001, 60_000]);
  rmSync(directory, { recursive: true });
});

test("a task of an account runs as it, in a directory of its own, next to output it cannot touch", async () => {
  if (process.getuid?.() !== 0) {
    // Only root can become another user; the refusal is tested above.
    expect(userFor(ALICE, rules({ named: ["alice"] }, 1000))).toHaveProperty("code");
    return;
  }
  const allowedUsers = { ...OWN_USER_ONLY, accounts: { firstUid: 60_100, count: 10 } };
  await using node = await startTestNode({ allowedUsers });
  const command = { userIdentity: TASK, resourceFiles: [inline("sub/file")] };
  node.server.order(
    startOrder(
      1,
      "/bin/sh -c 'id -u; cat sub/file; touch own; echo shared > $AZ_BATCH_NODE_SHARED_DIR/f'",
      { command },
    ),
    startOrder(2, "id -u", { command: { userIdentity: TASK } }),
    startOrder(3, "/bin/sh -c 'rm ../stdout.txt'", { command: { userIdentity: POOL } }),
  );
  const [first, second, third] = [
    await node.server.resultOf(1),
    await node.server.resultOf(2),
    await node.server.resultOf(3),
  ];
  const directory = join(node.root, "workitems/job/job-1/task1");
  expect(first.outcome).toEqual({ state: "exited", exitCode: 0 });
  const [uid, content] = readFileSync(join(directory, "stdout.txt"), "utf8").split("\n");
  expect(Number(uid)).toBeGreaterThanOrEqual(60_100);
  expect(content).toBe("content");
  expect(statSync(join(directory, "wd/own")).uid).toBe(Number(uid));
  expect(second.stdout.sizeBytes).toBe(6);
  expect(third.outcome).toMatchObject({ state: "exited", exitCode: 1 });
});

function inline(filePath: string) {
  return { source: { kind: "inline", content: "content", encoding: "utf8" }, filePath } as const;
}
