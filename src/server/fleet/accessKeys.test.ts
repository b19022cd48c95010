import { afterEach, beforeEach, expect, test } from "bun:test";
import { TestApi } from "../routes/testApi.ts";
import { as, login, person } from "./testPeople.ts";

let api: TestApi;
beforeEach(async () => {
  api = await TestApi.open();
});
afterEach(() => api.close());

test("a key acts as its user, as far as its role goes, until it is taken back", async () => {
  const kim = await person(api, "kim", 2);
  const key = await api.json("POST", "/access-keys", { name: "ci" }, kim);
  expect(key).toMatchObject({ name: "ci", owner: "kim", role: 2 });
  expect(key.secret).toStartWith("stint_key_");
  const { items, total } = await api.json("GET", "/access-keys", undefined, kim);
  expect([items.length, total]).toEqual([1, 1]);
  expect(JSON.stringify(items)).not.toContain(key.secret);
  expect(JSON.stringify(await api.store.listApiTokens())).not.toContain(key.secret);
  const group = await api.json("POST", "/user-groups", { id: "g" }, as(key.secret));
  expect(group).toMatchObject({ owner: "kim", createdBy: "kim" });
  await api.json("DELETE", `/access-keys/${key.id}`, undefined, kim);
  expect(await api.refusal("GET", "/users", undefined, as(key.secret))).toMatchObject({
    status: 401,
  });
  expect(await api.refusal("DELETE", `/access-keys/${key.id}`, undefined, kim)).toMatchObject({
    status: 404,
    code: "TokenNotFound",
  });
});

test("a key expires, goes with its user's account, and outlives the user's sessions", async () => {
  const kim = await person(api, "kim", 2);
  const short = await api.json("POST", "/access-keys", { name: "short", expiresIn: "1h" }, kim);
  const long = await api.json("POST", "/access-keys", { name: "long" }, kim);
  await api.json("PUT", "/users/kim/password", { password: "another-1" }, kim);
  expect((await api.request("GET", "/users", undefined, as(short.secret))).status).toBe(200);
  api.advance(3_600_000);
  const status = async (secret: string) =>
    (await api.request("GET", "/users", undefined, as(secret))).status;
  expect([await status(short.secret), await status(long.secret)]).toEqual([401, 200]);
  await api.json("PATCH", "/users/kim", { status: "disable" });
  expect(await status(long.secret)).toBe(401);
  await api.json("PATCH", "/users/kim", { status: "enable" });
  expect(await status(long.secret)).toBe(200);
  await api.json("DELETE", "/users/kim");
  expect(await status(long.secret)).toBe(401);
  expect(await api.store.listApiTokens()).toEqual([]);
});

test("a key has no more rights than its maker, and makes no other", async () => {
  const kim = await person(api, "kim", 2);
  expect(await api.refusal("POST", "/access-keys", { name: "x", role: 1 }, kim)).toMatchObject({
    status: 403,
    field: "role",
    given: "1",
  });
  const reader = await api.json("POST", "/access-keys", { name: "reader", role: 3 }, kim);
  const asReader = as(reader.secret);
  expect(await api.refusal("POST", "/user-groups", { id: "g" }, asReader)).toMatchObject({
    status: 403,
  });
  expect(await api.refusal("POST", "/access-keys", { name: "y" }, asReader)).toMatchObject({
    status: 409,
    code: "OperationNotValidOnToken",
  });
  expect(await api.refusal("POST", "/logout", undefined, asReader)).toMatchObject({ status: 409 });
  // A guest may change a node of their own; a key that is to read only does not.
  await api.json("POST", "/pools", { id: "p", provider: "none" });
  await api.addNode("n1", "p");
  await api.json("PATCH", "/nodes/n1", { status: "enable" }, kim);
  expect(await api.refusal("PATCH", "/nodes/n1", { status: "disable" }, asReader)).toMatchObject({
    status: 403,
  });
});

test("a limited token does not get at its user's rights through the account", async () => {
  const kim = await person(api, "kim", 0);
  const key = await api.json("POST", "/access-keys", { name: "ops", role: 2 }, kim);
  const password = { password: "taken-over" };
  // That of nobody acts for the first administrator.
  for (const token of [key.secret, "3"]) {
    for (const id of ["kim", "admin"]) {
      const path = `/users/${id}`;
      expect(await api.refusal("PUT", `${path}/password`, password, as(token))).toMatchObject({
        status: 403,
        fix: expect.stringContaining("fewer rights than its user"),
      });
      expect(await api.refusal("PATCH", path, { name: "x" }, as(token))).toMatchObject({
        status: 403,
      });
    }
  }
  await login(api, "kim");
});

test("people see and take back their own keys, administrators everybody's", async () => {
  const kim = await person(api, "kim", 2);
  const lee = await person(api, "lee", 1);
  const key = await api.json("POST", "/access-keys", { name: "ci" }, kim);
  const names = async (query: string, who?: RequestInit) =>
    (await api.json("GET", `/access-keys${query}`, undefined, who)).items.map(
      ({ owner }: { owner: string }) => owner,
    );
  expect(await names("", lee)).toEqual([]);
  expect(await names("")).toEqual(["kim"]);
  expect(await names("?owner=KIM")).toEqual(["kim"]);
  expect(await names("?owner=lee")).toEqual([]);
  expect(await api.refusal("DELETE", `/access-keys/${key.id}`, undefined, lee)).toMatchObject({
    status: 403,
    message:
      "Expected an administrator, or its owner to see or take back this access key, and you are a manager.",
  });
  await api.json("DELETE", `/access-keys/${key.id}`);
  expect(await names("")).toEqual([]);
});

test("API tokens are listed without sessions and keys, which are not taken back as such", async () => {
  const kim = await person(api, "kim", 0);
  const key = await api.json("POST", "/access-keys", { name: "ci" }, kim);
  expect((await api.json("GET", "/api-tokens")).items).toEqual([]);
  expect(await api.refusal("DELETE", `/api-tokens/${key.id}`)).toMatchObject({ status: 404 });
});
