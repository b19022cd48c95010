import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustHave, programOf } from "../fixtures/docker.ts";
import { Bench, type ConformanceSubject } from "./conformance/bench.ts";
import { testDriver } from "./driver.conformance.ts";
import { newExecDriver, newRawExecDriver } from "./execDriver.ts";
import { newJavaDriver } from "./javaDriver.ts";

const shell = (script: string) => ({ command: "/bin/sh", args: ["-c", script] });

const PROCESS: Omit<ConformanceSubject, "make" | "hasLimits"> = {
  shell,
  missingProgram: { command: "no-such-program" },
  wrong: [{}, { command: "/bin/true", args: "one" }, { command: "/bin/true", image: "x" }],
  local: ({ directories }) => directories.local,
  workDir: { config: { work_dir: "local" }, pwd: ({ directories }) => directories.local },
};

testDriver("raw_exec", () => ({
  ...PROCESS,
  make: (parts) => newRawExecDriver(parts, true),
  hasLimits: false,
}));

const EXEC: ConformanceSubject = { ...PROCESS, make: newExecDriver, hasLimits: true };

testDriver("exec", () => EXEC);

if (process.getuid?.() === 0) {
  // As on a node that is set up for it: members have an account, and the node is not below what they have for themselves.
  testDriver("exec with accounts", () => EXEC, { uid: 713_001, parent: "/var/tmp" });
} else {
  test.skipIf(true)(
    "driver exec with accounts: skipped, as only root gives them out",
    () => undefined,
  );
}

test("a process that is to have a volume is refused where it cannot, not started without it", async () => {
  await using bench = new Bench({ ...EXEC, make: (parts) => newRawExecDriver(parts, true) });
  const mounts = [{ source: bench.base, destination: "/data", readOnly: true }];
  const start = bench.startOf(shell("true"), { mounts });
  expect(await bench.run(start)).toMatchObject({
    isRecoverable: false,
    message: expect.stringContaining("volume_mount"),
  });
});

/** `RunShell`: runs its first argument by /bin/sh and exits with its exit code. */
const RUN_SHELL =
  "yv66vgAAADcALQoAAgADBwAEDAAFAAYBABBqYXZhL2xhbmcvT2JqZWN0AQAGPGluaXQ+AQADKClWBwAIAQAYamF2YS9s" +
  "YW5nL1Byb2Nlc3NCdWlsZGVyBwAKAQAQamF2YS9sYW5nL1N0cmluZwgADAEABy9iaW4vc2gIAA4BAAItYwoABwAQDAAF" +
  "ABEBABYoW0xqYXZhL2xhbmcvU3RyaW5nOylWCgAHABMMABQAFQEACWluaGVyaXRJTwEAHCgpTGphdmEvbGFuZy9Qcm9j" +
  "ZXNzQnVpbGRlcjsKAAcAFwwAGAAZAQAFc3RhcnQBABUoKUxqYXZhL2xhbmcvUHJvY2VzczsKABsAHAcAHQwAHgAfAQAR" +
  "amF2YS9sYW5nL1Byb2Nlc3MBAAd3YWl0Rm9yAQADKClJCgAhACIHACMMACQAJQEAEGphdmEvbGFuZy9TeXN0ZW0BAARl" +
  "eGl0AQAEKEkpVgcAJwEACFJ1blNoZWxsAQAEQ29kZQEABG1haW4BAApFeGNlcHRpb25zBwAsAQATamF2YS9sYW5nL0V4" +
  "Y2VwdGlvbgAhACYAAgAAAAAAAgABAAUABgABACgAAAARAAEAAQAAAAUqtwABsQAAAAAACQApABEAAgAoAAAANgAHAAIA" +
  "AAAquwAHWQa9AAlZAxILU1kEEg1TWQUqAzJTtwAPtgAStgAWTCu2ABq4ACCxAAAAAAAqAAAABAABACsAAA==";

if (mustHave("java", programOf("java"))) {
  const classes = mkdtempSync(join(tmpdir(), "stint-java-"));
  writeFileSync(join(classes, "RunShell.class"), Buffer.from(RUN_SHELL, "base64"));
  afterAll(() => rmSync(classes, { recursive: true, force: true }));
  const java = (script: string) => ({
    class: "RunShell",
    class_path: classes,
    jvm_options: ["-Xmx64m", "-Xshare:auto"],
    args: [script],
  });
  testDriver("java", () => ({
    ...PROCESS,
    make: (parts) => newJavaDriver(parts, "/usr/local/bin:/usr/bin:/bin"),
    shell: java,
    missingProgram: {},
    wrong: [
      { class: "A", jar_path: "a.jar" },
      { class: "A", command: "x" },
    ],
    hasLimits: true,
  }));
} else {
  test.skipIf(true)(
    "driver java: skipped, as there is no java (Debian: default-jre-headless)",
    () => undefined,
  );
}
