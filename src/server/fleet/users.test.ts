import { afterEach, beforeEach, expect, test } from "bun:test";
import { TestApi } from "../routes/testApi.ts";
import { AS_NOBODY, account, as, login } from "./testPeople.ts";

const KIM = { ...account("kim"), name: "Kim" };

let api: TestApi;
beforeEach(async () => {
  api = await TestApi.open();
});
afterEach(() => api.close());

test("an account is made without a login, enabled by an administrator, and then logged into", async () => {
  const made = await api.json("POST", "/users", KIM, AS_NOBODY);
  expect(made).toMatchObject({ id: "kim", role: 3, status: "disable" });
  expect(made).not.toContainKey("passwordHash");
  const early = await api.refusal(
    "POST",
    "/login",
    { id: "kim", password: KIM.password },
    AS_NOBODY,
  );
  expect(early).toMatchObject({ status: 403, code: "AccountDisabled" });
  await api.json("PATCH", "/users/kim", { role: 2, status: "enable" });
  const token = await login(api, "KIM");
  const own = await api.json("GET", "/users/kim", undefined, as(token));
  expect(own).toMatchObject({ role: 2, updatedBy: "admin" });
  expect(own.lastLoginTime).toBeString();
  await api.json("POST", "/logout", undefined, as(token));
  expect(await api.refusal("GET", "/users/kim", undefined, as(token))).toMatchObject({
    status: 401,
  });
});

test("a wrong password and an unknown user get one answer, and nothing to tell them apart", async () => {
  await api.json("POST", "/users", KIM, AS_NOBODY);
  for (const id of ["kim", "nobody", "admin"]) {
    const refusal = await api.refusal("POST", "/login", { id, password: "wrong-one" }, AS_NOBODY);
    expect(refusal).toMatchObject({ status: 401, code: "AuthenticationFailed" });
  }
});

test("after wrong passwords there is a wait, in which the right one is not looked at either", async () => {
  await api.json("POST", "/users", KIM, AS_NOBODY);
  await api.json("PATCH", "/users/kim", { status: "enable" });
  const wrong = { id: "kim", password: "wrong-one" };
  for (let time = 1; time <= 5; time += 1) {
    expect(await api.refusal("POST", "/login", wrong, AS_NOBODY)).toMatchObject({ status: 401 });
  }
  const right = { id: "kim", password: KIM.password };
  const refusal = await api.refusal("POST", "/login", right, AS_NOBODY);
  expect(refusal).toMatchObject({
    status: 429,
    code: "TooManyLogins",
    fix: "Try again in 10 s, at 2026-11-21T03:20:10.000Z or later.",
  });
  expect(refusal.headers.get("retry-after")).toBe("10");
  // From elsewhere, where nobody has guessed.
  api.address = "198.51.100.7";
  await login(api, "kim");
  api.address = "192.0.2.1";
  api.advance(10_000);
  await login(api, "kim");
  const { items } = await api.json("GET", "/audit?outcome=refused");
  expect(items).toHaveLength(5);
  expect(items[4]).toMatchObject({
    by: { kind: "nobody" },
    address: "192.0.2.1",
    action: "POST /login",
    details: { id: "kim", password: "(left out)" },
    code: "AuthenticationFailed",
    result: { nextAttemptFrom: "2026-11-21T03:20:10.000Z" },
  });
});

test("a session has its user's rights as they are now, and ends with another password", async () => {
  await api.json("POST", "/users", KIM, AS_NOBODY);
  await api.json("PATCH", "/users/kim", { status: "enable" });
  const token = await login(api, "kim");
  const admin = { role: 0 };
  expect(await api.refusal("PATCH", "/users/kim", admin, as(token))).toMatchObject({ status: 403 });
  await api.json("PATCH", "/users/kim", admin);
  await api.json("PATCH", "/users/admin", { phone: "1" }, as(token));
  await api.json("PATCH", "/users/kim", { status: "disable" });
  expect(await api.refusal("GET", "/users", undefined, as(token))).toMatchObject({ status: 401 });
  await api.json("PATCH", "/users/kim", { status: "enable" });
  await api.json("PUT", "/users/kim/password", { password: "another-1" }, as(token));
  expect(await api.refusal("GET", "/users", undefined, as(token))).toMatchObject({ status: 401 });
  await login(api, "kim", "another-1");
});

test("users are listed by parts of their ids, some at a time, with how many there are", async () => {
  for (const id of ["b1", "b2", "c1"]) await api.json("POST", "/users", { ...KIM, id }, AS_NOBODY);
  const ids = async (query: string) => {
    const { items, total } = await api.json("GET", `/users${query}`);
    return [items.map((item: { id: string }) => item.id).join(" "), total];
  };
  expect(await ids("")).toEqual(["admin b1 b2 c1", 4]);
  expect(await ids("?id=B")).toEqual(["b1 b2", 2]);
  expect(await ids("?limit=1&offset=1")).toEqual(["b1", 4]);
  expect(await ids("?role=0&limit=0")).toEqual(["admin", 1]);
  expect(await ids("?status=disable")).toEqual(["b1 b2 c1", 3]);
});

test("what is wrong with an account is said by field", async () => {
  const field = async (body: object) =>
    (await api.refusal("POST", "/users", { ...KIM, ...body }, AS_NOBODY)).field;
  expect(await field({ password: "short" })).toBe("password");
  expect(await field({ email: "nowhere" })).toBe("email");
  expect(await field({ id: "a b" })).toBe("id");
  expect(await field({ name: "" })).toBe("name");
});

test("an account that somebody makes for another tells by whom; a token that is none is refused", async () => {
  const alone = await api.json("POST", "/users", account("kim"), AS_NOBODY);
  expect(alone).not.toContainKey("createdBy");
  await api.json("PATCH", "/users/kim", { status: "enable" });
  const kim = as(await login(api, "kim"));
  const made = await api.json("POST", "/users", account("lee"), kim);
  expect(made).toMatchObject({ createdBy: "kim", role: 3, status: "disable" });
  expect(await api.refusal("POST", "/users", account("x"), as("stale"))).toMatchObject({
    status: 401,
  });
  expect(await api.refusal("GET", "/users/x")).toMatchObject({ status: 404, code: "UserNotFound" });
});

test("a change of nothing is refused, and not noted", async () => {
  const refusal = await api.refusal("PATCH", "/users/admin", {});
  expect(refusal).toMatchObject({
    status: 400,
    message: "Expected at least one field to change as the request body and got {}.",
    fix: "Give one of newId, name, phone, email, description, role, status.",
  });
  expect(await api.json("GET", "/users/admin")).not.toContainKey("updateTime");
});

test("sessions that are over are not kept", async () => {
  await api.json("POST", "/users", account("kim"), AS_NOBODY);
  await api.json("PATCH", "/users/kim", { status: "enable" });
  const first = as(await login(api, "kim"));
  api.advance(12 * 3_600_000);
  expect(await api.refusal("GET", "/users", undefined, first)).toMatchObject({ status: 401 });
  await login(api, "kim");
  expect(await api.store.listApiTokens()).toHaveLength(1);
});
