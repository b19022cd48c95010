import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { REQUEST_ERROR_STATUS } from "../../../model/requestError.ts";
import type { Action, Endpoint } from "./endpoint.ts";
import { ENDPOINTS } from "./table.ts";

const page = readFileSync(join(import.meta.dir, "../../../../docs/api.md"), "utf8");

const ROLE: Readonly<Record<Action, string>> = {
  ask: "anybody",
  read: "guest",
  runJobs: "operator",
  enter: "operator",
  managePools: "manager",
  manageAccess: "administrator",
};

test("docs/api.md has a row for every route, with its role, and for no other", () => {
  const row = /^\| `([A-Z]+)` \| `(\/[^`]*)` \| [^|]+ \| (\w+) \|/gm;
  const rows = [...page.matchAll(row)].map(([, method, path, role]) => `${method} ${path} ${role}`);
  const routes = Object.entries<Endpoint>(ENDPOINTS).map(
    ([key, { action }]) => `${key} ${ROLE[action]}`,
  );
  expect(rows.sort()).toEqual(routes.sort());
});

test("docs/api.md has a row for every error code, with its status, and for no other", () => {
  const rows = [...page.matchAll(/^\| `(\w+)` \| (\d{3}) \|/gm)];
  const documented = rows.map(([, code = "", status]) => [code, Number(status)] as const);
  expect(Object.fromEntries(documented)).toEqual({ ...REQUEST_ERROR_STATUS });
  expect(documented).toHaveLength(Object.keys(REQUEST_ERROR_STATUS).length);
});
