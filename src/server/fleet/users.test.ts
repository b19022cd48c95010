import { afterEach, beforeEach, expect, test } from "bun:test";
import { TestApi } from "../routes/testApi.ts";

const KIM = {
  id: "kim",
  name: "Kim",
  phone: "010",
  email: "kim@example.org",
  password: "secret-1",
};
const AS_NOBODY = { headers: { authorization: "" } };

let api: TestApi;
beforeEach(async () => {
  api = await TestApi.open();
});
afterEach(() => api.close());

function as(token: string): RequestInit {
  return { headers: { authorization: `Bearer ${token}` } };
}

async function login(id: string, password: string): Promise<string> {
  const { token } = await api.json("POST", "/login", { id, password }, AS_NOBODY);
  return token;
}

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
  const token = await login("KIM", KIM.password);
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

test("a session has its user's rights as they are now, and ends with another password", async () => {
  await api.json("POST", "/users", KIM, AS_NOBODY);
  await api.json("PATCH", "/users/kim", { status: "enable" });
  const token = await login("kim", KIM.password);
  const admin = { role: 0 };
  expect(await api.refusal("PATCH", "/users/kim", admin, as(token))).toMatchObject({ status: 403 });
  await api.json("PATCH", "/users/kim", admin);
  await api.json("PATCH", "/users/admin", { phone: "1" }, as(token));
  await api.json("PATCH", "/users/kim", { status: "disable" });
  expect(await api.refusal("GET", "/users", undefined, as(token))).toMatchObject({ status: 401 });
  await api.json("PATCH", "/users/kim", { status: "enable" });
  await api.json("PUT", "/users/kim/password", { password: "another-1" }, as(token));
  expect(await api.refusal("GET", "/users", undefined, as(token))).toMatchObject({ status: 401 });
  await login("kim", "another-1");
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
