import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  busyboxFiles,
  DOCKERD,
  mustHave,
  startTestDocker,
  type TestDocker,
} from "../../fixtures/docker.ts";
import { Bench, type ConformanceSubject, TIMEOUT_MS } from "../conformance/bench.ts";
import { testDriver } from "../driver.conformance.ts";
import { INSIDE } from "./containerSpec.ts";
import { type DockerParts, newDockerDriver } from "./dockerDriver.ts";

const IMAGE = "local/shell:1";
/** A job's name for it, which no registry is asked for. */
const NAMED = "shell:latest";
const SETUP_TIMEOUT_MS = 90_000;

if (mustHave("dockerd", DOCKERD)) {
  let docker: TestDocker;
  beforeAll(async () => {
    docker = await startTestDocker();
    await docker.addImage(IMAGE, busyboxFiles(), ["ENV PATH=/bin"]);
  }, SETUP_TIMEOUT_MS);
  afterAll(() => docker[Symbol.asyncDispose](), SETUP_TIMEOUT_MS);

  const base = { image: "shell", network_mode: "host" };
  const subject = (): ConformanceSubject => ({
    make: ({ trees, dataDirectory, selfCommand }) => {
      const parts: DockerParts = {
        findSocket: () => docker.socketPath,
        rules: { allowPrivileged: false, allowHostPaths: false },
        images: { [NAMED]: IMAGE },
        selfCommand,
        directory: `${dataDirectory}/containers`,
        async killProcess({ key }, process) {
          await trees.clear({ execution: key, process });
        },
      };
      return newDockerDriver(parts);
    },
    shell: (script) => ({ ...base, command: "/bin/sh", args: ["-c", script] }),
    missingProgram: { ...base, command: "/no/such/program" },
    wrong: [
      { command: "/bin/true" },
      { ...base, privileged: true },
      { ...base, volumes: ["/etc:/host"] },
      { ...base, ports: ["unknown"] },
      { ...base, imagine: "x" },
      { ...base, image_pull_timeout: "soon" },
    ],
    hasLimits: true,
    local: () => INSIDE.local,
    workDir: { config: { work_dir: "/tmp" }, pwd: () => "/tmp" },
  });
  testDriver("docker", subject);

  test(
    "a host volume is there at its destination, and one to be read is not written to",
    async () => {
      await using bench = new Bench(subject());
      const source = join(bench.base, "volume");
      mkdirSync(source);
      writeFileSync(join(source, "given"), "of the node");
      const mounts = [
        { source, destination: "/data", readOnly: false },
        { source, destination: "/read", readOnly: true },
      ];
      const script = "cat /read/given; echo made > /data/made; echo no > /read/no || exit 4";
      const start = await bench.startedShell(script, { mounts });
      expect(await bench.end(start)).toMatchObject({ exitCode: 4 });
      expect(bench.read(start, "stdout")).toBe("of the node");
      expect(readdirSync(source).sort()).toEqual(["given", "made"]);
    },
    TIMEOUT_MS,
  );

  test("nothing is left of containers that have ended", async () => {
    const all = await docker.engine.json("GET", "/containers/json?all=true");
    expect(all).toEqual([]);
  });
} else {
  test.skipIf(true)(
    "driver docker: skipped, as there is no dockerd (Debian: docker.io)",
    () => undefined,
  );
}
