import { expect, test } from "bun:test";
import { closeSync, existsSync, mkdtempSync, openSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mayMount } from "../fixtures/mounts.ts";
import { openLibrary } from "./libc.ts";
import { probeDirectory } from "./probeDirectory.ts";

test("a directory that is there answers, and what is none does not", async () => {
  expect(await probeDirectory(tmpdir())).toBeNull();
  expect(await probeDirectory("/not/there")).toContain("no directory");
  expect(await probeDirectory("/etc/passwd")).toContain("no directory");
});

test.skipIf(!mayMount() || !existsSync("/dev/fuse"))(
  "one whose server is silent is not waited for",
  async () => {
    const libc = openLibrary({
      mount: { args: ["ptr", "ptr", "ptr", "u64", "ptr"], returns: "i32" },
      umount2: { args: ["ptr", "i32"], returns: "i32" },
    });
    const directory = mkdtempSync(join(tmpdir(), "stint-silent-"));
    // Nobody answers what the kernel asks there.
    const server = openSync("/dev/fuse", "r+");
    const text = (value: string) => Buffer.from(`${value}\0`);
    const options = text(`fd=${server},rootmode=40000,user_id=0,group_id=0`);
    const [name, place, kind] = [text("silent"), text(directory), text("fuse")];
    try {
      expect(libc?.mount(name, place, kind, 0n, options)).toBe(0);
      expect(await probeDirectory(directory, 200)).toBe("it did not answer within 0.2 s");
    } finally {
      libc?.umount2(place, 2);
      closeSync(server);
      rmdirSync(directory);
    }
  },
);
