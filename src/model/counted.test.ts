import { expect, test } from "bun:test";
import { counted } from "./counted.ts";

test("a noun is plural but for one", () => {
  expect([0, 1, 2].map((count) => counted(count, "node"))).toEqual([
    "0 nodes",
    "1 node",
    "2 nodes",
  ]);
});
