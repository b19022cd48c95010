import type { RoleLevel } from "../../model/fleet/person.ts";
import type { TestApi } from "../routes/testApi.ts";

/** People of tests, who are logged in. */

export const AS_NOBODY = { headers: { authorization: "" } };
export const PASSWORD = "secret-1";

export function account(id: string) {
  return { id, name: id, phone: "010", email: `${id}@example.org`, password: PASSWORD };
}

/** Headers of whoever holds the token. */
export function as(token: string): { headers: { authorization: string } } {
  return { headers: { authorization: `Bearer ${token}` } };
}

/** The token of a new session. */
export async function login(api: TestApi, id: string, password = PASSWORD): Promise<string> {
  return (await api.json("POST", "/login", { id, password }, AS_NOBODY)).token;
}

/** Makes an account of the role and logs in. */
export async function person(api: TestApi, id: string, role: RoleLevel) {
  await api.json("POST", "/users", account(id), AS_NOBODY);
  await api.json("PATCH", `/users/${id}`, { role, status: "enable" });
  return as(await login(api, id));
}
