import { expect, test } from "bun:test";
import { boxView } from "./view.ts";

test("a view without sections is its fields", () => {
  expect(boxView({ fields: [["ID", "linux01"]] })).toBe(`+-------+---------+
| FIELD | VALUE   |
+-------+---------+
| ID    | linux01 |
+-------+---------+`);
});

test("sections of fields stand between empty rows, items directly below their marker", () => {
  const view = {
    fields: [["ID", "a"]],
    sections: [
      { name: "APPROVAL", fields: [["STATUS", "approved"]] },
      { name: "NODES", items: ["n1", "n2"] },
      { name: "TARGETS", items: ["t1"] },
    ],
  } as const;
  expect(boxView(view)).toBe(`+------------+----------+
| FIELD      | VALUE    |
+------------+----------+
| [BASIS]    |          |
|            |          |
| ID         | a        |
|            |          |
| [APPROVAL] |          |
|            |          |
| STATUS     | approved |
|            |          |
| [NODES]    |          |
|            | n1       |
|            | n2       |
|            |          |
| [TARGETS]  |          |
|            | t1       |
+------------+----------+`);
});
