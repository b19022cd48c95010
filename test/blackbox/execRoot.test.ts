import { beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { mayMount, rootedMounts, WHO_MAY_MOUNT } from "../../src/agent/fixtures/mounts.ts";
import { eventTypes, seconds, shellJob, untilAllocation, untilRunning } from "./harness/groups.ts";
import { type Host, newHost, untilConnected } from "./harness/hosts.ts";
import { piped } from "./harness/people.ts";
import { signal } from "./harness/processes.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { type ServerProcess, startServer } from "./harness/server.ts";
import { until } from "./harness/until.ts";

const isAble = mayMount();
const FIRST_UID = 714_000;

describe.skipIf(!isAble)(WHO_MAY_MOUNT, () => {
  const sandbox = useSandbox();
  let server: ServerProcess;
  let host: Host;
  let words: readonly string[];
  let agent: ReturnType<typeof sandbox.spawn>;

  beforeAll(async () => {
    server = await startServer(sandbox, { words: ["--local-nodes", "off"] });
    const { client } = server;
    await client.pools.create({ id: "services", provider: "none", accepts: ["groups"] });
    host = await newHost(sandbox, server, "services", "host");
    const config = join(dirname(host.data), "agent.yaml");
    writeFileSync(config, `allowedUsers:\n  accounts: { firstUid: ${FIRST_UID}, count: 3 }\n`);
    for (const path of [sandbox.path, dirname(host.data)]) chmodSync(path, 0o755);
    words = [...host.words, "--config", config];
    agent = sandbox.spawn(words);
    await untilConnected(server, "host");
  });

  async function exec(allocation: string, script: string): Promise<string> {
    const line = ["alloc", "exec", allocation.slice(0, 8), "/bin/sh", "-c", script];
    const child = piped(sandbox, server, line);
    await child.stdin.end();
    const said = await new Response(child.stdout).text();
    expect(await child.exited).toBe(0);
    return said;
  }

  /** What templates and the artifact have brought, and what of the node is seen. */
  const LOOK = [
    "cat /local/one /alloc/two /secrets/three /local/brought/file",
    'echo "$NOMAD_TASK_DIR" "$NOMAD_ALLOC_DIR" "$NOMAD_SECRETS_DIR"',
    'cmp /local/one "$NOMAD_TASK_DIR/one" && cmp /alloc/two "$NOMAD_ALLOC_DIR/two" && echo same',
    "ls $DATA /root /home 2> /dev/null",
    "id -u",
  ].join("; ");

  test("a task, its check and a person see the same root, also after the agent was killed", async () => {
    const before = rootedMounts();
    // A file of the node the task would not be given.
    using files = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => new Response("four\n"),
    });
    const source = `${files.url}file`;
    const look = LOOK.replace("$DATA", host.data);
    const template = (destination: string, text: string) => ({
      DestPath: destination,
      EmbeddedTmpl: `${text}\n`,
      Perms: "0644",
    });
    const check = {
      Name: "looks",
      Type: "script",
      Command: "/bin/sh",
      Args: ["-c", `(${look}) > /local/checked.new; mv /local/checked.new /local/checked`],
      Interval: seconds(1),
      Timeout: seconds(5),
    };
    const job = shellJob("rooted", {
      script: `(${look}) > /local/seen; echo seen; while :; do sleep 0.05; done`,
      restart: { attempts: 3, delayS: 0 },
      task: {
        Driver: "exec",
        Templates: [
          template("local/one", "one"),
          template("/alloc/two", "two"),
          template("secrets/three", "three"),
        ],
        Artifacts: [{ GetterSource: source, RelativeDest: "local/brought" }],
        Services: [{ Name: "web", Provider: "consul", Checks: [check] }],
        Constraints: [{ LTarget: `$\{attr.driver.exec.root}`, RTarget: "private", Operand: "=" }],
      },
    });
    await server.client.groups.register({ job });
    const [found] = await untilRunning(server.client, "rooted", 1);
    const id = found?.id ?? "";
    const directory = join(host.root, "workitems", "rooted", "job-1");
    const seenBy = (name: string) =>
      until(
        `${name} to be written`,
        () =>
          [...new Bun.Glob(`*/main/local/${name}`).scanSync(directory)].map((each) =>
            join(directory, each),
          ),
        ([first]) => first !== undefined && readFileSync(first, "utf8").endsWith(`${FIRST_UID}\n`),
      );
    const [path = ""] = await seenBy("seen");
    const local = dirname(path);
    const alloc = join(dirname(dirname(local)), "alloc");
    const seen = [
      ...["one", "two", "three", "four"],
      `${local} ${alloc} ${join(dirname(local), "secrets")}`,
      ...["same", String(FIRST_UID), ""],
    ].join("\n");
    expect(readFileSync(path, "utf8")).toBe(seen);
    const [checked = ""] = await seenBy("checked");
    expect(readFileSync(checked, "utf8")).toBe(seen);
    expect(await exec(id, look)).toBe(seen);
    agent.kill("SIGKILL");
    await agent.exited;
    expect(rootedMounts()).toEqual(before);
    agent = sandbox.spawn(words);
    await untilConnected(server, "host");
    expect(await exec(id, "touch /tmp/first; ls /tmp")).toContain("first");
    await server.client.groups.restartAllocation(id);
    const restarted = await untilAllocation(
      server.client,
      id,
      "its restart",
      (allocation) => eventTypes(allocation).filter((type) => type === "Started").length === 2,
    );
    expect(restarted.members[0]?.events.map(({ description }) => description).join()).toContain(
      "a root directory of its own",
    );
    expect(await exec(id, look)).toBe(seen);
    await server.client.jobs.terminate("rooted");
    await server.client.jobs.waitUntilCompleted("rooted", { timeoutMs: 20_000 });
    expect(rootedMounts()).toEqual(before);
    signal(agent.pid, "SIGTERM");
    await agent.exited;
  }, 60_000);

  test("what tasks are to see has to be there, and not be the whole node", async () => {
    for (const path of ["/", "/proc/1", "/tmp", "/secrets/x", "/not/there", "usr"]) {
      const { stderr, exitCode } = await sandbox.run([...words, "--exec-root", path]);
      expect(stderr).toContain(`got "${path}". Correct the path.`);
      expect(exitCode).toBe(1);
    }
  });
});
