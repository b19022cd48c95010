import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  denial,
  PERMISSIONS,
  type Permission,
  type Relation,
} from "../../model/fleet/permission.ts";
import { ROLES } from "../../model/fleet/person.ts";
import { cell, pageRows } from "../../policy/testPage.ts";

const page = readFileSync(join(import.meta.dir, "../../../docs/permissions.md"), "utf8");
const ROWS = pageRows(page, "action");
const RELATIONS: readonly (Relation | null)[] = [null, "self", "owner", "runner", "approver"];

/** `yes`, `no`, or by which relations, as `owner, runner`. */
function says(text: string, relation: Relation | null): boolean {
  if (text === "yes" || text === "no") return text === "yes";
  const relations = text.split(", ");
  expect(RELATIONS).toEqual(expect.arrayContaining(relations));
  return relation !== null && relations.includes(relation);
}

test("docs/permissions.md has a row for every action, and for no other", () => {
  const rows = ROWS.map((row) => cell(row, "action"));
  expect(rows).toEqual(Object.keys(PERMISSIONS));
});

const CASES = ROWS.flatMap((row) =>
  ROLES.flatMap((role, level) =>
    RELATIONS.map((relation) => ({
      action: cell(row, "action") as Permission,
      role,
      level: level as 0 | 1 | 2 | 3,
      relation,
      isAllowed: says(cell(row, role), relation),
    })),
  ),
);

test.each(CASES)("docs/permissions.md is right on $action by $role, $relation", (one) => {
  const relations = one.relation === null ? [] : [one.relation];
  expect(denial(one.action, one.level, relations) === null).toBe(one.isAllowed);
});
