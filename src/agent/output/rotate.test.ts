import { expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { OutputRotator, type RotatedOutput } from "./rotate.ts";

const ignore = () => undefined;
const logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function setUp(maxFiles: number, maxFileBytes: number) {
  const base = mkdtempSync(join(tmpdir(), "stint-rotate-"));
  const output: RotatedOutput = {
    spoolPath: join(base, "spool"),
    directory: join(base, "logs"),
    name: "web.stdout",
    maxFiles,
    maxFileBytes,
  };
  const rotator = new OutputRotator(logger);
  rotator.watch(output);
  rotator.stop();
  const files = () =>
    readdirSync(output.directory).sort((a, b) => Number(a.split(".")[2]) - Number(b.split(".")[2]));
  const text = () =>
    files()
      .map((name) => readFileSync(join(output.directory, name), "latin1"))
      .join("");
  return { base, output, rotator, files, text };
}

test("output is in numbered files of the given size, and only the newest are kept", () => {
  const { base, output, rotator, files, text } = setUp(3, 10);
  appendFileSync(output.spoolPath, "0123456789abcde");
  rotator.flush(output);
  expect(files()).toEqual(["web.stdout.0", "web.stdout.1"]);
  appendFileSync(output.spoolPath, "fghijklmnopqrstuvwxyz");
  rotator.flush(output);
  expect(files()).toEqual(["web.stdout.1", "web.stdout.2", "web.stdout.3"]);
  expect(text()).toBe("abcdefghijklmnopqrstuvwxyz");
  rmSync(base, { recursive: true });
});

test("whatever is written between looks and by whichever agent, the files end with the newest bytes", () => {
  const agents = fc.array(fc.record({ bytes: fc.nat(60), isNew: fc.boolean() }), { maxLength: 20 });
  fc.assert(
    fc.property(
      agents,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 20 }),
      (all, maxFiles, maxBytes) => {
        const { base, output, rotator, text, files } = setUp(maxFiles, maxBytes);
        let present = rotator;
        let written = "";
        for (const { bytes, isNew } of all) {
          if (isNew) present = new OutputRotator(logger);
          const more = Array.from({ length: bytes }, (_, index) =>
            String.fromCharCode(97 + ((written.length + index) % 26)),
          ).join("");
          written += more;
          appendFileSync(output.spoolPath, more);
          present.flush(output);
        }
        const kept = text();
        expect(written.endsWith(kept)).toBe(true);
        expect(files().length).toBeLessThanOrEqual(maxFiles);
        expect(kept.length).toBeGreaterThanOrEqual(
          Math.min(written.length, (maxFiles - 1) * maxBytes + 1),
        );
        rmSync(base, { recursive: true });
      },
    ),
    { numRuns: 60 },
  );
});

test("what was copied is given back to the file system", () => {
  const { base, output, rotator, text } = setUp(2, 1024 * 1024);
  appendFileSync(output.spoolPath, Buffer.alloc(6 * 1024 * 1024, "x"));
  rotator.finish(output);
  expect(statSync(output.spoolPath).blocks * 512).toBeLessThan(64 * 1024);
  expect(text().length).toBe(2 * 1024 * 1024);
  rmSync(base, { recursive: true });
});
