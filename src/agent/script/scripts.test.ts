import { expect, test } from "bun:test";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExecutionResult, OutputInfo } from "../../model/execution.ts";
import { startTestNode, type TestNode } from "../fixtures/node.ts";
import { startOrder } from "../fixtures/server.ts";
import { until } from "../fixtures/until.ts";
import { OWN_USER_ONLY } from "../options.ts";
import { nodeGroups } from "../platform/nodeGroups.ts";
import { writeFileTools } from "./fileTools.ts";

const HOUR_MS = 3_600_000;

function textOf({ place }: OutputInfo): string {
  return place.kind === "inline" ? Buffer.from(place.base64, "base64").toString("latin1") : "";
}

/** The code and the message of an execution whose script was not started. */
async function refusal(node: TestNode, execution: number): Promise<string> {
  const { outcome, startedAt, processes } = await node.server.resultOf(execution);
  expect([startedAt, processes]).toEqual([null, []]);
  return outcome.state === "failedToStart"
    ? `${outcome.failure.code} ${outcome.failure.message}`
    : outcome.state;
}

/** The output of a script that ended well. */
function output({ outcome, stdout, stderr }: ExecutionResult): string {
  expect([outcome, textOf(stderr)]).toEqual([{ state: "exited", exitCode: 0 }, ""]);
  return textOf(stdout);
}

test("a script runs by the shell, with its words, its arguments and its variables", async () => {
  await using node = await startTestNode();
  const args = ["; rm -rf /", "$(id)", "two\nlines", "", "*", "한 \\ ' \""];
  const lines = [
    'for word in "$0" "$#" "$@"; do printf "[%s]" "$word"; done',
    'printf "[%s]" "$STINT_TASK_ID" "$STINT_TASK_INSTANCE_NO" "$STINT_AGENT_GUID" "$STINT_NODE_ID"',
    "printf '[%s]' '@STINT.NODE_ID@' '@OPM_ATTR.AGENT_GUID@' '@OPM_ATTR.HOME@'",
    'printf "[%s]" "$PWD"',
  ];
  node.server.orderScript(1, lines.join("\n"), { arguments: args, attributes: { HOME: "/h" } });
  const guid = node.server.hellos[0]?.guid ?? "";
  const directory = join(node.root, "workitems/job/job-1/task1");
  const expected = [
    join(directory, ".script/deploy.sh"),
    String(args.length),
    ...args.map((word) => Buffer.from(word).toString("latin1")),
    ...["deploy", "7", guid, "node"],
    ...["node", guid, "/h"],
    join(directory, "wd"),
  ];
  expect(output(await node.server.resultOf(1))).toBe(expected.map((word) => `[${word}]`).join(""));
});

test("a script finds the file tools and its token, and other tasks do not", async () => {
  await using node = await startTestNode();
  node.server.fileTokens = { FILE_TOKEN: "t1", "FILE_TOKEN/10M": "t2" };
  const lines = [
    "for tool in fls fput fget; do command -v stint-$tool; command -v opm$tool; done",
    'echo "$STINT_FILE_TOKEN" "$STINT_SERVER_URL" @OPM_ATTR.FILE_TOKEN@ @STINT.FILE_TOKEN/10M@',
    "echo @STINT.FILE_GET@",
    'stat -c %a-%u "$(command -v opmfls)"',
  ];
  node.server.orderScript(1, lines.join("\n"));
  const tools = join(node.root, "tools");
  const paths = ["fls", "fput", "fget"].flatMap((name) => [`stint-${name}`, `opm${name}`]);
  expect(output(await node.server.resultOf(1)).split("\n")).toEqual([
    ...paths.map((name) => join(tools, name)),
    `t1 ${node.server.url} t1 t2`,
    join(tools, "stint-fget"),
    `755-${process.getuid?.()}`,
    "",
  ]);
  node.server.order(startOrder(2, "sh -c 'env; command -v opmfls || true'"));
  const other = output(await node.server.resultOf(2));
  expect(other).not.toInclude("FILE_TOKEN");
  expect(other).not.toInclude(tools);
});

test("a server without file tokens runs scripts that ask for none", async () => {
  await using node = await startTestNode();
  node.server.orderScript(1, "env | grep -c FILE_TOKEN || true");
  expect(output(await node.server.resultOf(1))).toBe("0\n");
});

test("the file tools trust whom the agent trusts", () => {
  const rootDirectory = mkdtempSync(join(tmpdir(), "stint-tools-"));
  const place = { rootDirectory, serverUrl: "https://s:1", selfCommand: ["/opt/it's/stint"] };
  writeFileTools(place);
  writeFileTools({ ...place, trustVariables: { NODE_EXTRA_CA_CERTS: "/etc/my ca.pem" } });
  expect(readdirSync(join(rootDirectory, "tools"))).toHaveLength(6);
  const text = readFileSync(join(rootDirectory, "tools/opmfget"), "utf8");
  rmSync(rootDirectory, { recursive: true });
  expect(text.split("\n").slice(2)).toEqual([
    "export STINT_SERVER_URL='https://s:1'",
    "export NODE_EXTRA_CA_CERTS='/etc/my ca.pem'",
    "exec '/opt/it'\\''s/stint' 'file-tool' 'opmfget' \"$@\"",
    "",
  ]);
});

test("the #! line decides what runs a script, whatever its name", async () => {
  await using node = await startTestNode();
  node.server.orderScript(1, '#!/bin/cat\n"$(exit 9)"\n', { name: "what ever=.py" });
  node.server.orderScript(2, "#!/bin/sh -e\nfalse\necho no\n", { name: "-x" });
  expect(output(await node.server.resultOf(1))).toBe('#!/bin/cat\n"$(exit 9)"\n');
  const second = await node.server.resultOf(2);
  expect(second.outcome).toEqual({ state: "exited", exitCode: 1 });
});

test("bytes of any encoding arrive as they were, and output comes back apart", async () => {
  await using node = await startTestNode();
  const odd = Buffer.from([0xc7, 0xd1, 0xff, 1]);
  const script = Buffer.concat([
    Buffer.from("#!/bin/sh\nprintf '%s' '"),
    odd,
    Buffer.from("@STINT.A@'; echo bad >&2; exit 3\n"),
  ]);
  node.server.orderScript(1, script, { attributes: { A: "a" } });
  const { outcome, stdout, stderr } = await node.server.resultOf(1);
  expect(outcome).toEqual({ state: "exited", exitCode: 3 });
  expect(textOf(stdout)).toBe(`${odd.toString("latin1")}a`);
  expect(textOf(stderr)).toBe("bad\n");
});

test("nobody else reads the script, and the server's file routes do not show it", async () => {
  await using node = await startTestNode();
  node.server.orderScript(1, "stat -c %a-%u $0; echo secret > copy");
  expect(output(await node.server.resultOf(1))).toBe(`700-${process.getuid?.()}\n`);
  const folder = "workitems/job/job-1/task1";
  expect(statSync(join(node.root, folder, ".script")).mode & 0o777).toBe(0o711);
  const ask = async (path: string) => {
    const read = { offset: 0, maxBytes: 100, waitMs: 0, follow: null };
    return (await node.server.ask({ kind: "read", path, ...read })).kind;
  };
  expect(await ask(`${folder}/wd/copy`)).toBe("bytes");
  expect(await ask(`${folder}/.script/deploy.sh`)).toBe("error");
  expect(await ask(`${folder}/wd/.././.script//deploy.sh`)).toBe("error");
});

test("a script runs as the user that the agent's own configuration allows, and as no other", async () => {
  if (process.getuid?.() !== 0) return;
  const allowedUsers = { ...OWN_USER_ONLY, named: ["nobody"] };
  await using node = await startTestNode({ allowedUsers });
  node.server.orderScript(1, "id -un; stat -c %U-%a $0; echo $USER", { osUser: "nobody" });
  node.server.orderScript(2, "#!/bin/sh\nid -un", { osUser: "nobody" });
  node.server.orderScript(3, "id -un", { osUser: "root" });
  expect(output(await node.server.resultOf(1))).toBe("nobody\nnobody-700\nnobody\n");
  expect(output(await node.server.resultOf(2))).toBe("nobody\n");
  expect(await refusal(node, 3)).toStartWith("UserAccountNotAllowed ");
  await node.restart({ allowedUsers: { ...OWN_USER_ONLY, admin: true } });
  node.server.orderScript(4, "id -un", { osUser: "root" });
  expect(output(await node.server.resultOf(4))).toBe("root\n");
});

test("a server that is busy is asked again, and its signature with each", async () => {
  await using node = await startTestNode();
  node.server.scriptStatuses.push(503, 500);
  node.server.orderScript(1, "echo at last");
  expect(output(await node.server.resultOf(1))).toBe("at last\n");
  const guid = node.server.hellos[0]?.guid;
  expect(node.server.authorizations.map((header) => header.split(":")[0])).toEqual(
    Array(3).fill(`Node ${guid}`),
  );
});

test("a script that is not to be had is not started: unknown, changed, or not in time", async () => {
  await using node = await startTestNode();
  const { server } = node;
  server.orderScript(1, "echo");
  server.scripts.delete(1);
  expect(await refusal(node, 1)).toMatch(/^ScriptNotFetched .*deploy\.sh.*status 404/);
  server.orderScript(2, "echo 1");
  server.scripts.set(2, Buffer.from("echo 2"));
  expect(await refusal(node, 2)).toMatch(/^ScriptNotFetched .*expected SHA-256 \w{64}, given/);
  server.scriptStatuses.push(...Array(100).fill(503));
  server.orderScript(3, "echo", { startBefore: server.time() + 600 });
  expect(await refusal(node, 3)).toMatch(
    /^(ScriptNotFetched .*until it was too late|StartTooLate)/,
  );
  expect(existsSync(join(node.root, "workitems/job/job-1/task3/.script"))).toBe(false);
});

test("startBefore is the server's time, whatever the node's clock says", async () => {
  await using node = await startTestNode();
  const { server } = node;
  server.leadMs = 10 * HOUR_MS;
  server.orderScript(1, "echo ran", { startBefore: server.time() - 1 });
  expect(await refusal(node, 1)).toStartWith("StartTooLate The start came too late");
  server.orderScript(2, "echo ran");
  expect(output(await server.resultOf(2))).toBe("ran\n");
  server.leadMs = -10 * HOUR_MS;
  server.orderScript(3, "echo ran");
  expect(output(await server.resultOf(3))).toBe("ran\n");
  server.orderScript(4, "echo ran", { startBefore: server.time() - 1 });
  expect(await refusal(node, 4)).toStartWith("StartTooLate");
});

test("an agent that comes back after the bound runs nothing of what it was told before", async () => {
  await using node = await startTestNode();
  const { server } = node;
  server.scriptStatuses.push(...Array(1_000).fill(503));
  server.orderScript(1, "touch $STINT_NODE_SHARED_DIR/ran");
  await until(() => server.authorizations.length > 0 || undefined);
  await node.agent.stop();
  server.scriptStatuses.length = 0;
  server.leadMs = HOUR_MS;
  await node.restart();
  expect(await refusal(node, 1)).toStartWith("StartTooLate");
  expect(readdirSync(join(node.root, "shared"))).toEqual([]);
});

test("an agent that dies meanwhile starts a script once, and finds its end", async () => {
  await using node = await startTestNode();
  const count = join(node.root, "shared/count");
  const script =
    'echo x >> "$STINT_NODE_SHARED_DIR/count"; until [ -e "$STINT_NODE_SHARED_DIR/go" ]; do sleep 0.01; done; exit 4';
  node.server.orderScript(1, script);
  await until(() => existsSync(count) || undefined);
  await node.restart();
  writeFileSync(join(node.root, "shared/go"), "");
  const { outcome } = await node.server.resultOf(1);
  expect(outcome).toEqual({ state: "exited", exitCode: 4 });
  expect(readFileSync(count, "utf8")).toBe("x\n");
});

test.each([
  ["a word without a value", "echo\necho @STINT.LOST@\n", "deploy.sh, line 2: @STINT.LOST@"],
  ["a file token", "echo @STINT.FILE_TOKEN@", "not given by this server"],
  [
    "an interpreter that is not there",
    "#!/no/such/python\n",
    "/no/such/python, which is no program",
  ],
  ["lines of Windows", "#!/bin/sh\r\necho\r\n", "CR LF"],
])("%s: the script is not started, and it is said why", async (_, script, reason) => {
  await using node = await startTestNode();
  node.server.orderScript(1, script);
  const said = await refusal(node, 1);
  expect(said).toStartWith("ScriptNotRunnable ");
  expect(said).toInclude(reason);
});

test("its time on the node ends a script, fetching included, and so does a stop", async () => {
  await using node = await startTestNode();
  const { server } = node;
  server.orderScript(1, "sleep 600", { command: { maxWallClockMs: 200 } });
  expect((await server.resultOf(1)).outcome).toMatchObject({
    state: "killed",
    reason: "wallClock",
  });
  server.scriptStatuses.push(...Array(1_000).fill(503));
  server.orderScript(2, "echo", { command: { maxWallClockMs: 200 } });
  expect(await refusal(node, 2)).toStartWith("TaskEnded");
  server.orderScript(3, "echo");
  server.order({ kind: "stop", execution: 3, graceMs: 0 });
  expect(await refusal(node, 3)).toStartWith("TaskEnded");
});

test.each(["auto", "off"] as const)(
  "what a script leaves in the background goes on, unless it was stopped (groups %s)",
  async (cgroups) => {
    await using node = await startTestNode({ cgroups });
    const shared = join(node.root, "shared");
    const service = (name: string) =>
      `setsid sleep 600 >/dev/null 2>&1 & echo $! > "$STINT_NODE_SHARED_DIR/${name}"`;
    const pidOf = (name: string) => Number(readFileSync(join(shared, name), "utf8"));
    const isRunning = (pid: number) => existsSync(`/proc/${pid}/exe`);
    node.server.orderScript(1, service("left"));
    expect(output(await node.server.resultOf(1))).toBe("");
    node.server.orderScript(2, `${service("stopped")}; exec sleep 600`);
    await until(() => (existsSync(join(shared, "stopped")) && pidOf("stopped") > 0) || undefined);
    node.server.order({ kind: "stop", execution: 2, graceMs: 50 });
    await node.server.resultOf(2);
    expect(isRunning(pidOf("stopped"))).toBe(false);
    await node.restart();
    expect(isRunning(pidOf("left"))).toBe(true);
  },
);

test("the control group of what a script left goes with the last of it", async () => {
  await using node = await startTestNode();
  node.server.orderScript(1, "sleep 600 >/dev/null 2>&1 & echo $!");
  const pid = Number(output(await node.server.resultOf(1)));
  const parent = nodeGroups(node.options).parent;
  // Where there are no groups there is nothing to tidy.
  if (parent === null) return;
  const isThere = () => existsSync(join(parent, "1"));
  expect(isThere()).toBe(true);
  process.kill(pid, "SIGKILL");
  await until(() => !readFileSync(join(parent, "1", "cgroup.procs"), "utf8").trim() || undefined);
  node.server.orderScript(2, "true");
  await node.server.resultOf(2);
  expect(isThere()).toBe(false);
});

test("an argument that no program can be given is refused", async () => {
  await using node = await startTestNode();
  node.server.orderScript(1, "echo", { arguments: ["a\0b"] });
  expect(await refusal(node, 1)).toStartWith("ScriptNotRunnable Expected arguments without");
});

test("what a script says beyond the bounds of a task's output is cut the same way", async () => {
  await using node = await startTestNode();
  node.server.orderScript(1, "head -c 20000 /dev/zero");
  const { stdout } = await node.server.resultOf(1);
  expect(stdout).toMatchObject({ sizeBytes: 20_000, place: { kind: "node" } });
  await until(() => node.server.uploads.get("1/stdout")?.length === 20_000 || undefined);
});
