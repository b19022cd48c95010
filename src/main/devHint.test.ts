import { expect, test } from "bun:test";
import { devHint } from "./devHint.ts";

test("a server in ./.stint is found by itself, however the folder was named", () => {
  for (const data of [".stint", "./.stint/", "/home/ann/.stint"]) {
    const text = devHint(data, "/home/ann").join("\n");
    expect(text).toContain("in this folder finds the server by itself");
    expect(text).not.toContain("STINT_DATA");
  }
});

test("the data of another folder are named by STINT_DATA, as a shell takes it", () => {
  expect(devHint("data", "/home/ann")[1]).toBe("  export STINT_DATA=/home/ann/data");
  expect(devHint("/srv/ann's data", "/")[1]).toBe("  export STINT_DATA='/srv/ann'\\''s data'");
  expect(devHint("data", "/home/ann").join("\n")).not.toContain("by itself");
});
