import { expect, test } from "bun:test";
import { drawBox } from "./box.ts";

test("a box has one blank on each side and columns as wide as their widest cell", () => {
  const rows = [
    ["admin", "0"],
    ["홍길동", "1"],
  ];
  expect(drawBox(["ID", "ROLE"], rows).join("\n")).toBe(`+--------+------+
| ID     | ROLE |
+--------+------+
| admin  | 0    |
| 홍길동 | 1    |
+--------+------+`);
});

test("an empty list is its header", () => {
  expect(drawBox(["ID"], []).join("\n")).toBe("+----+\n| ID |\n+----+");
});

test("a cell of several lines keeps them", () => {
  expect(drawBox(["FIELD", "VALUE"], [["A", "one\nlonger"]]).join("\n")).toBe(`+-------+--------+
| FIELD | VALUE  |
+-------+--------+
| A     | one    |
|       | longer |
+-------+--------+`);
});

test("many rows look as one table", () => {
  const rows = Array.from({ length: 173 }, (_, index) => [String(index)]);
  const lines = drawBox(["N"], rows);
  expect(lines).toHaveLength(173 + 4);
  expect(lines.slice(3, -1)).toEqual(rows.map(([cell]) => `| ${(cell ?? "").padEnd(3)} |`));
  expect(lines.filter((line) => line === "+-----+")).toHaveLength(3);
});
