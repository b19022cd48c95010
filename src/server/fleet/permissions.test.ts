import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  denial,
  PERMISSIONS,
  type Permission,
  type Relation,
} from "../../model/fleet/permission.ts";
import type { RoleLevel } from "../../model/fleet/person.ts";
import { TestApi } from "../routes/testApi.ts";
import { AS_NOBODY, account, person } from "./testPeople.ts";

// Every row of the table of permissions that people, their groups, nodes and node groups touch, as the API decides it.

const LEVELS = [0, 1, 2, 3] as const satisfies readonly RoleLevel[];
const NAMES = ["u-admin", "u-manager", "u-operator", "u-guest"] as const;

let api: TestApi;
const headers: { headers: { authorization: string } }[] = [];

beforeAll(async () => {
  api = await TestApi.open();
  await api.json("POST", "/pools", { id: "p", provider: "none" });
  for (const level of LEVELS) headers.push(await person(api, NAMES[level], level));
});
afterAll(() => api.close());

let made = 0;
function fresh(): string {
  made += 1;
  return `x${made}`;
}

/** Makes an object that belongs to the user of this id, null: to nobody who is asked; answers what names it. */
type Make = (owner: string | null) => Promise<string>;

async function nobody(): Promise<string> {
  return fresh();
}

async function userGroup(owner: string | null): Promise<string> {
  const id = fresh();
  await api.json("POST", "/user-groups", { id });
  await api.json("POST", `/user-groups/${id}/users`, { id: "admin" });
  if (owner !== null) await api.json("PATCH", `/user-groups/${id}`, { owner });
  return id;
}

async function nodeGroup(owner: string | null): Promise<string> {
  const id = fresh();
  await api.addNode(`n-${id}`, "p");
  await api.json("POST", "/node-groups", { id });
  await api.json("POST", `/node-groups/${id}/nodes`, { id: `n-${id}` });
  await api.json("PUT", `/node-groups/${id}/attributes/K`, { value: "v" });
  if (owner !== null) await api.json("PATCH", `/node-groups/${id}`, { owner });
  return id;
}

async function unownedNode(): Promise<string> {
  const id = fresh();
  await api.addNode(id, "p");
  return id;
}

async function node(owner: string | null): Promise<string> {
  const id = await unownedNode();
  await api.json("PATCH", `/nodes/${id}`, { owner: owner ?? "admin" });
  return id;
}

async function user(): Promise<string> {
  const id = fresh();
  await api.json("POST", "/users", account(id), AS_NOBODY);
  return id;
}

async function userOrSelf(self: string | null): Promise<string> {
  return self ?? (await user());
}

async function accessKey(owner: string | null): Promise<string> {
  const level = NAMES.indexOf(owner as (typeof NAMES)[number]);
  return (await api.json("POST", "/access-keys", { name: "k" }, headers[level])).id;
}

interface Row {
  readonly permission: Permission;
  readonly relation: Relation | null;
  readonly make: Make;
  /** `METHOD /path` with `{id}`. */
  readonly request: string;
  readonly body?: object;
}

const OWNER = { relation: "owner" } as const;
const NONE = { relation: null } as const;
const NODE_GROUP = { permission: "editNodeGroup", relation: "owner", make: nodeGroup } as const;
const USER_GROUP = { permission: "editUserGroup", relation: "owner", make: userGroup } as const;

async function restrictedCommand(): Promise<string> {
  const id = fresh();
  await api.json("PUT", `/restricted-commands/${id}`, { class: "risk" });
  return id;
}

const ROWS: readonly Row[] = [
  {
    permission: "administerUser",
    ...NONE,
    make: user,
    request: "PATCH /users/{id}",
    body: { role: 2 },
  },
  {
    permission: "administerUser",
    ...NONE,
    make: user,
    request: "PATCH /users/{id}",
    body: { status: "enable" },
  },
  { permission: "administerUser", ...NONE, make: user, request: "DELETE /users/{id}" },
  {
    permission: "editProfile",
    relation: "self",
    make: userOrSelf,
    request: "PATCH /users/{id}",
    body: { phone: "2" },
  },
  {
    permission: "editAccessKey",
    ...OWNER,
    make: accessKey,
    request: "DELETE /access-keys/{id}",
  },
  { permission: "read", ...NONE, make: user, request: "GET /users/{id}" },
  { permission: "read", ...OWNER, make: userGroup, request: "GET /user-groups/{id}" },
  { permission: "read", ...OWNER, make: nodeGroup, request: "GET /node-groups/{id}" },
  { permission: "read", ...OWNER, make: node, request: "GET /nodes/{id}" },
  {
    permission: "createUserGroup",
    ...NONE,
    make: nobody,
    request: "POST /user-groups",
    body: { id: "{id}" },
  },
  { ...USER_GROUP, request: "PATCH /user-groups/{id}", body: { description: "d" } },
  { ...USER_GROUP, request: "POST /user-groups/{id}/users", body: { id: "u-guest" } },
  { ...USER_GROUP, request: "DELETE /user-groups/{id}/users/admin" },
  { ...USER_GROUP, request: "DELETE /user-groups/{id}" },
  {
    permission: "claimNode",
    ...NONE,
    make: unownedNode,
    request: "PATCH /nodes/{id}",
    body: { status: "enable" },
  },
  {
    permission: "editNode",
    ...OWNER,
    make: node,
    request: "PATCH /nodes/{id}",
    body: { status: "disable" },
  },
  {
    permission: "editNode",
    ...OWNER,
    make: node,
    request: "PATCH /nodes/{id}",
    body: { owner: "admin" },
  },
  {
    permission: "editNodeGroup",
    ...NONE,
    make: nobody,
    request: "POST /node-groups",
    body: { id: "{id}" },
  },
  { ...NODE_GROUP, request: "PATCH /node-groups/{id}", body: { description: "d" } },
  { ...NODE_GROUP, request: "POST /node-groups/{id}/copy", body: { newId: "copy-of-{id}" } },
  { ...NODE_GROUP, request: "DELETE /node-groups/{id}/nodes/n-{id}" },
  { ...NODE_GROUP, request: "PUT /node-groups/{id}/attributes/A", body: { value: "v" } },
  { ...NODE_GROUP, request: "DELETE /node-groups/{id}/attributes/K" },
  { ...NODE_GROUP, request: "DELETE /node-groups/{id}" },
  {
    permission: "editRestrictedCommands",
    ...NONE,
    make: nobody,
    request: "PUT /restricted-commands/{id}",
    body: { class: "forbidden" },
  },
  {
    permission: "editRestrictedCommands",
    ...NONE,
    make: restrictedCommand,
    request: "DELETE /restricted-commands/{id}",
  },
  { permission: "readAudit", ...NONE, make: nobody, request: "GET /audit" },
  { permission: "readAudit", ...NONE, make: nobody, request: "GET /audit/export" },
  { permission: "readAudit", ...NONE, make: nobody, request: "GET /audit/1" },
];

const CASES = ROWS.flatMap((row) =>
  LEVELS.flatMap((level) =>
    (row.relation === null ? [false] : [false, true]).map((isRelated) => ({
      ...row,
      level,
      isRelated,
      title: `${row.permission}: ${row.request} ${JSON.stringify(row.body ?? null)} by ${NAMES[level]}${isRelated ? `, its ${row.relation}` : ""}`,
    })),
  ),
);

test.each(CASES)("$title", async ({ permission, relation, make, request, body, ...who }) => {
  const { level, isRelated } = who;
  // The key of somebody else is the first administrator's.
  const isKey = make === accessKey && !isRelated;
  const id = isKey ? await keyOfAnother() : await make(isRelated ? NAMES[level] : null);
  const [method = "", path = ""] = request.replaceAll("{id}", id).split(" ");
  const given = body === undefined ? undefined : JSON.stringify(body).replaceAll("{id}", id);
  const answer = await api.request(method, path, given, headers[level]);
  // Where no owner has a right of their own, nobody is told that they are one.
  const matters = PERMISSIONS[permission].grants.some(
    (grant) => grant !== "any" && grant.length > 0,
  );
  const relations = isRelated && matters && relation !== null ? [relation] : [];
  const expected = denial(permission, level, relations);
  if (expected === null) {
    expect(answer.ok).toBe(true);
    return;
  }
  expect(answer.status).toBe(403);
  const { error } = JSON.parse(await answer.text());
  expect(error).toMatchObject({ code: "InsufficientPermissions", message: expected });
});

async function keyOfAnother(): Promise<string> {
  return (await api.json("POST", "/access-keys", { name: "k" })).id;
}

test("a password is set by its user and administrators alone", async () => {
  for (const level of LEVELS) {
    const other = await user();
    const answer = await api.request(
      "PUT",
      `/users/${other}/password`,
      { password: "another-1" },
      headers[level],
    );
    expect(answer.status).toBe(level === 0 ? 204 : 403);
  }
});

test("a node is deleted by administrators alone, also by its owner", async () => {
  for (const level of [3, 2, 1, 0] as const) {
    const id = await node(NAMES[level]);
    const { status } = await api.request("DELETE", `/nodes/${id}`, undefined, headers[level]);
    expect(status).toBe(denial("deleteNode", level, ["owner"]) === null ? 202 : 403);
  }
});
