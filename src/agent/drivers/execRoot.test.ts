import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isEnterFailure } from "../exec/enteredCommand.ts";
import { mayMount, rootedMounts, WHO_MAY_MOUNT } from "../fixtures/mounts.ts";
import { until } from "../fixtures/until.ts";
import { readShimIdentity } from "../shim/identity.ts";
import {
  Bench,
  type BenchOptions,
  type ConformanceSubject,
  SELF_COMMAND,
} from "./conformance/bench.ts";
import { type Driver, isStartFailure, type MemberStart } from "./driver.ts";
import { isolationNotes, newExecDriver } from "./execDriver.ts";
import { ExecRoots, lookIn } from "./execRoot.ts";

const isAble = mayMount();
/** Nobody's on any machine of tests. */
const UID = 713_000;
const TIMEOUT_MS = 60_000;

const shell = (script: string) => ({ command: "/bin/sh", args: ["-c", script] });

const EXEC: ConformanceSubject = {
  make: newExecDriver,
  shell,
  missingProgram: {},
  wrong: [],
  hasLimits: true,
  local: () => "/local",
  workDir: { config: {}, pwd: ({ directories }) => directories.member },
};

test("where no root can be made, members have the node's, and are told why", async () => {
  const roots = new ExecRoots({
    wish: "auto",
    place: "/proc/not/there",
    records: "/proc/not/there",
    shown: [],
    hidden: [],
    selfCommand: [],
  });
  await roots.try();
  expect(roots.shortcoming).toStartWith("it sees the node's whole file system, as the agent ");
  const member = "/job/main";
  const own = { local: `${member}/local`, secrets: `${member}/secrets`, tmp: `${member}/tmp` };
  const directories = { alloc: "/job/alloc", member, ...own };
  expect(roots.rootOf({ directories, mounts: [] })).toBeNull();
  const [first, ...others] = isolationNotes([], false, roots.shortcoming);
  expect(first).toBe("Isolated by its user and its control group.");
  expect(others).toEqual([`Not isolated: ${roots.shortcoming}.`]);
});

test("a root may be required, and may be off", async () => {
  const options = {
    place: "/proc/not/there",
    records: "/proc/not/there",
    shown: [],
    hidden: [],
    selfCommand: [],
  };
  const required = new ExecRoots({ ...options, wish: "required" });
  await required.try();
  expect(required.refusal).toStartWith("Expected to give the task a root directory of its own");
  const off = new ExecRoots({ ...options, wish: "off" });
  await off.try();
  expect([off.refusal, off.shortcoming]).toEqual([
    null,
    "it sees the node's whole file system, as the agent's configuration has execRoot off",
  ]);
});

test("a program of a member is looked for where the member will find it", () => {
  const base = mkdtempSync(join(tmpdir(), "stint-look-"));
  const tool = (name: string) => {
    mkdirSync(dirname(join(base, name)), { recursive: true });
    writeFileSync(join(base, name), "", { mode: 0o755 });
    return join(base, name);
  };
  const shown = [tool("srv/tool"), join(base, "agent/applications"), join(base, "usr")];
  tool("agent/applications/x");
  tool("agent/key");
  tool("usr/bin/id");
  tool("usr/data/key");
  tool("job/main/local/a/b");
  symlinkSync("a/b", join(base, "job/main/local/inside"));
  symlinkSync("/not/there", join(base, "job/main/local/nowhere"));
  symlinkSync("/etc/passwd", join(base, "job/main/local/outside"));
  const member = join(base, "job/main");
  const own = [
    { start: "/", names: null, destination: "/empty", readOnly: false },
    { start: member, names: ["local"], destination: "/local", readOnly: false },
    { start: member, names: [], destination: "/own", readOnly: false },
  ];
  const hidden = [join(base, "usr/data"), join(base, "agent")];
  const root = { place: "/data/root", shown, hidden, own };
  const look = (paths: readonly string[]) => paths.map((path) => lookIn(root, path));
  const nodes = ["usr/bin/id", "srv/tool", "agent/applications/x"].map((name) => join(base, name));
  // Of what links of the task lead to nothing is told.
  const found = [...nodes, "/local/a/b", "/own/local/a/b", "/local/inside"];
  const unknown = ["/local/nowhere", "/local/outside", "/own/local/outside"];
  expect(look([...found, ...unknown])).toEqual([...found, ...unknown].map(() => "program"));
  expect(look(["/local/a", "/own/local"])).toEqual(["other", "other"]);
  const none = ["srv/tools", "usr/data/key", "agent/key"].map((name) => join(base, name));
  expect(look([...none, "/empty/other", "/localhost", "/root", "/local/x"])).toEqual(
    Array.from({ length: 7 }, () => "missing"),
  );
  rmSync(base, { recursive: true });
});

describe.skipIf(!isAble)(WHO_MAY_MOUNT, () => {
  let tools: string;
  let bench: Bench;
  let main: MemberStart;

  // Not in /tmp, which members have for themselves.
  beforeAll(async () => {
    tools = mkdtempSync("/var/tmp/stint-tools-");
    chmodSync(tools, 0o755);
    writeFileSync(join(tools, "tool"), "#!/bin/sh\necho tool\n", { mode: 0o755 });
    bench = newBench({ shown: [tools] });
    mkdirSync(join(bench.base, "data"), { recursive: true });
    writeFileSync(join(bench.base, "data", "key"), "secret");
    main = await bench.startedShell("echo mine > /tmp/mark; echo ready; sleep 60");
    await bench.said(main, "ready");
  }, TIMEOUT_MS);

  afterAll(async () => {
    await bench[Symbol.asyncDispose]();
    rmSync(tools, { recursive: true });
  });

  function newBench(options: BenchOptions = {}): Bench {
    return new Bench(EXEC, { parent: "/var/tmp", uid: UID, ...options });
  }

  /** What a member that runs the script says. */
  async function saidBy(script: string, where = bench): Promise<string[]> {
    const start = await where.startedShell(script);
    await where.end(start);
    return where.read(start, "stdout").split("\n").filter(Boolean);
  }

  test("a job can ask for a root of its own", async () => {
    const { attributes } = await bench.driver.fingerprint();
    expect(attributes["driver.exec.root"]).toBe("private");
    const launch = bench.driver.command(bench.startOf(shell("true")));
    if (isStartFailure(launch)) throw new Error(launch.message);
    expect(launch.notes).toEqual([
      "Isolated by its user, its control group and a root directory of its own.",
      ...bench.groups.shortcomings.map((shortcoming) => `Not isolated: ${shortcoming}.`),
    ]);
  });

  test("a member sees neither the agent's directory nor another member's", async () => {
    const { member, alloc } = main.directories;
    const foreign = [join(bench.base, "data"), member, bench.base, "/root", "/home", "/var/lib"];
    const look = foreign.map((path) => `ls ${path}/* 2> /dev/null`).join("; ");
    // Of the way to its own directories nothing but these is there.
    const start = await bench.startedShell(
      `${look}; ls ${bench.base}/task; cat ${alloc}/../../data/key`,
    );
    await bench.end(start);
    const own = `member-${start.key - 2 ** 50}`;
    const said = bench.read(start, "stdout").split("\n").filter(Boolean);
    expect(said.filter((line) => !line.endsWith(":"))).toEqual(["alloc", own, "alloc", own]);
    expect(bench.read(start, "stderr")).toContain("No such file");
  });

  test("a member writes to its own directories and nowhere else, under each of their names", async () => {
    const start = bench.startOf(shell(""));
    const { alloc, local, secrets, tmp, member } = start.directories;
    const write = (path: string) => `(echo ${path} > ${path}) 2> /dev/null && echo ${path}`;
    const own = ["/alloc/a", "/local/l", "/secrets/s", "/tmp/t", `${member}/m`, `${alloc}/b`];
    const others = ["/usr/x", "/etc/x", "/x", "/dev/x", "/sys/x", `${bench.base}/x`, `${tools}/x`];
    const script = `${[...others, ...own].map(write).join("; ")}; : > /dev/null; : > /dev/shm/x`;
    expect(await bench.run({ ...start, config: shell(script) })).toBeNull();
    expect((await bench.end(start)).exitCode).toBe(0);
    expect(bench.read(start, "stdout").split("\n").filter(Boolean)).toEqual(own);
    const written = [`${alloc}/a`, `${local}/l`, `${secrets}/s`, `${tmp}/t`, `${member}/m`];
    expect(written.map((path) => readFileSync(path, "utf8"))).toEqual(
      own.slice(0, 5).map((path) => `${path}\n`),
    );
  });

  test("a member's memory is its own from the first moment, whatever it took to get there", async () => {
    // The least that a job may ask for.
    const limits = { memoryBytes: 10 * 1024 * 1024 };
    const start = await bench.startedShell("echo small", { limits });
    expect((await bench.end(start)).exitCode).toBe(0);
    expect(bench.read(start, "stdout")).toBe("small\n");
    const peakBytes = bench.exits.get(start.key)?.peakMemoryBytes ?? 0;
    expect(peakBytes).toBeLessThan(limits.memoryBytes);
  });

  test("a member sees its own user's processes alone", async () => {
    const pids = "ls /proc | grep '^[0-9]' | while read p; do stat -c %u /proc/$p; done | sort -u";
    expect(await saidBy(pids)).toEqual([String(UID)]);
    expect(await saidBy(`ls /proc/${process.pid} /proc/1`)).toEqual([]);
  });

  test("what the agent's options add is seen, and cannot be written; else its programs are not there", async () => {
    const tool = join(tools, "tool");
    expect(await saidBy(`${tool}; echo x 2> /dev/null >> ${tool}`)).toEqual(["tool"]);
    await using without = newBench();
    const refused = await without.run(without.startOf({ command: tool }));
    expect(refused).toMatchObject({ isRecoverable: false, isMissing: true });
    expect(refused?.message).toContain("--exec-root");
  });

  test("a volume is where the job wants it, and nowhere near what the task has already", async () => {
    const source = mkdtempSync(join(tools, "volume-"));
    chmodSync(source, 0o777);
    writeFileSync(join(source, "given"), "of the node\n");
    const mounts = [
      { source, destination: "/data/", readOnly: false },
      { source, destination: "/srv/read", readOnly: true },
    ];
    const script =
      "cat /srv/read/given; echo made > /data/made; echo no 2> /dev/null > /srv/read/no; ls /srv/read";
    const start = await bench.startedShell(script, { mounts });
    await bench.end(start);
    expect(bench.read(start, "stdout")).toBe("of the node\ngiven\nmade\n");
    const { member, local } = main.directories;
    const taken = [
      "/usr",
      "/usr/bin",
      "/bin/x",
      "/dev/x",
      "/proc",
      "/",
      "/local/x",
      "/var",
      "/tmp/x",
    ];
    for (const destination of [...taken, dirname(member), `${local}/x`, "/data/x"]) {
      const both = [
        { source, destination: "/data", readOnly: true },
        { source, destination, readOnly: true },
      ];
      const again = bench.startOf(shell("true"), { mounts: both, directories: main.directories });
      const refused = await bench.run(again);
      expect(refused).toMatchObject({ isRecoverable: false });
      expect(refused?.message).toContain(`given "${destination}"`);
    }
  });

  test(
    "no working directory leads out of the root, nor where the user may not go",
    async () => {
      const closed = join(tools, "closed");
      mkdirSync(join(closed, "inner"), { recursive: true });
      chmodSync(join(closed, "inner"), 0o755);
      chmodSync(closed, 0o700);
      const { local } = main.directories;
      symlinkSync(`/proc/${process.pid}/root/var`, join(local, "out"));
      symlinkSync("/local", join(local, "in"));
      const out = [
        ...[`/proc/${process.pid}/root`, `/proc/${process.pid}/cwd`, "local/out", "/local/out/tmp"],
        ...[closed, join(closed, "inner"), "/not/there", "/etc/passwd"],
      ];
      const command = ["/bin/pwd"];
      for (const path of out) {
        const config = { ...shell("pwd"), work_dir: path };
        const refused = await bench.run({
          ...bench.startOf(config),
          directories: main.directories,
        });
        expect(refused?.message).toContain("that its user may enter");
        const beside = { ...main, config };
        const result = await bench.driver.execute(beside, bench.process(main), command, TIMEOUT_MS);
        expect(result).toMatchObject({ state: "failed" });
        for (const terminal of path === closed ? [null, { columns: 80, rows: 24, type: "" }] : []) {
          const entered = await bench.driver.enter(beside, bench.process(main), {
            command,
            terminal,
            hasStdin: false,
            signal: new AbortController().signal,
            take: async () => undefined,
          });
          expect(entered).toMatchObject({ code: "CommandLaunchFailed" });
        }
      }
      const inside = { ...main, config: { ...shell("pwd"), work_dir: "local/in" } };
      const again = { ...bench.startOf(inside.config), directories: main.directories };
      expect(await bench.run(again)).toBeNull();
      await bench.end(again);
      expect(bench.read(again, "stdout")).toBe("/local\n");
      const result = await bench.driver.execute(inside, bench.process(main), command, TIMEOUT_MS);
      expect(result).toEqual({ state: "exited", exitCode: 0, output: "/local\n" });
    },
    TIMEOUT_MS,
  );

  test("a user's groups are those that the node knows, and given by nothing that begins as root among the task's files", async () => {
    const uid = UID + 1;
    let groups: readonly number[] | null = [uid, uid + 1];
    await using named = newBench({
      users: {
        allowed: { admin: false, accounts: null, named: ["web"] },
        passwd: () => `web:x:${uid}:${uid}::/:/bin/sh`,
        groupsOf: async () => groups ?? Promise.reject(new Error("nobody answers")),
      },
    });
    const wish = { user: "web" };
    const start = await named.startedShell("id -G; echo ready; sleep 60", wish);
    await named.said(start, `${uid} ${uid + 1}\nready\n`);
    const command = ["/usr/bin/id", "-G"];
    const result = await named.driver.execute(start, named.process(start), command, TIMEOUT_MS);
    expect(result).toMatchObject({ output: `${uid} ${uid + 1}\n` });
    const source = mkdtempSync(join(tools, "volume-"));
    const mounts = [{ source, destination: "/data", readOnly: true }];
    const beside = named.startOf(shell("id -G; ls -d /data"), { ...wish, mounts });
    expect(await named.run(beside)).toBeNull();
    await named.end(beside);
    expect(named.read(beside, "stdout")).toBe(`${uid} ${uid + 1}\n/data\n`);
    groups = null;
    const unknown = await named.run(named.startOf(shell("id -G"), wish));
    expect(unknown).toMatchObject({ isRecoverable: true });
    expect(unknown?.message).toContain("nobody answers");
  });

  test("a program in one of its directories runs, under each of its names", async () => {
    const start = bench.startOf(shell("true"));
    const { local, member } = start.directories;
    writeFileSync(join(local, "own"), "#!/bin/sh\necho own $0\n", { mode: 0o755 });
    symlinkSync("/local/own", join(local, "linked"));
    for (const command of ["local/own", "/local/own", join(local, "own"), "local/linked"]) {
      const again = { ...bench.startOf({ command }), directories: start.directories };
      expect(await bench.run(again)).toBeNull();
      await bench.end(again);
      const path = command.startsWith("/") ? command : join(member, command);
      expect(bench.read(again, "stdout")).toBe(`own ${path}\n`);
    }
  });

  test("checks and commands of people see the member's root", async () => {
    const script = `cat /tmp/mark; pwd; ls ${bench.base}; id -u`;
    const seen = `mine\n${main.directories.member}\ntask\n${UID}\n`;
    const command = ["/bin/sh", "-c", script];
    const process = bench.process(main);
    const result = await bench.driver.execute(main, process, command, TIMEOUT_MS);
    expect(result).toEqual({ state: "exited", exitCode: 0, output: seen });
    const entered = (terminal: Parameters<Driver["enter"]>[2]["terminal"], words: string[]) =>
      saidBeside(terminal, words);
    expect(await entered(null, command)).toBe(seen);
    symlinkSync("/bin/echo", join(main.directories.local, "say"));
    expect(await entered(null, ["local/say", "linked"])).toBe("linked\n");
    const typed = await entered({ columns: 80, rows: 24, type: "" }, [
      "/bin/sh",
      "-c",
      `tty; ${script}`,
    ]);
    expect(typed).toBe(`/dev/console\n${seen}`.replaceAll("\n", "\r\n"));
  });

  async function saidBeside(
    terminal: Parameters<Driver["enter"]>[2]["terminal"],
    command: string[],
  ): Promise<string> {
    let said = "";
    const entered = await bench.driver.enter(main, bench.process(main), {
      command,
      terminal,
      hasStdin: false,
      signal: new AbortController().signal,
      take: async (_, bytes) => {
        said += Buffer.from(bytes).toString();
      },
    });
    if (isEnterFailure(entered)) throw new Error(entered.message);
    expect(await entered.ended).toBe(0);
    return said;
  }

  test.each(["-sys_ptrace", "-sys_ptrace,-sys_admin"])(
    "an agent with the rights %s has members with roots that it can enter, or the node's",
    (rights) => {
      const script = `
      import { Bench } from ${JSON.stringify(join(import.meta.dir, "conformance/bench.ts"))};
      import { newExecDriver } from ${JSON.stringify(join(import.meta.dir, "execDriver.ts"))};
      const subject = { make: newExecDriver, shell: (script) => ({ command: "/bin/sh", args: ["-c", script] }) };
      const bench = new Bench(subject, { parent: "/var/tmp", uid: ${UID} });
      const main = await bench.startedShell("echo ready; sleep 60");
      await bench.said(main, "ready");
      const { attributes } = await bench.driver.fingerprint();
      const result = await bench.driver.execute(main, bench.process(main), ["/bin/echo", "checked"], 10_000);
      console.log(attributes["driver.exec.root"], result.output);
      await bench[Symbol.asyncDispose]();
      process.exit(0);`;
      const words = ["setpriv", `--bounding-set=${rights}`, process.execPath, "-e", script];
      const { stdout, stderr } = Bun.spawnSync(words, { timeout: 20_000 });
      expect([stdout.toString(), stderr.toString()]).toEqual(["shared checked\n\n", ""]);
    },
    TIMEOUT_MS,
  );

  test("what keeps a node from giving roots may pass", async () => {
    const base = mkdtempSync("/var/tmp/stint-roots-");
    const place = join(base, "place");
    writeFileSync(place, "");
    const roots = new ExecRoots({
      place,
      records: join(base, "records"),
      wish: "auto",
      shown: [],
      hidden: [],
      selfCommand: SELF_COMMAND,
    });
    await roots.try();
    expect(roots.shortcoming).toContain("EEXIST");
    rmSync(place);
    await roots.try();
    expect(roots.shortcoming).toBeNull();
    rmSync(base, { recursive: true });
  });

  test("a member in a node below /tmp has an empty one, in memory", async () => {
    await using low = newBench({ parent: tmpdir() });
    const start = await low.startedShell(
      "ls /tmp; echo x > /tmp/x; ls -A /local; echo y > /local/y",
    );
    await low.end(start);
    const way = low.base.split("/")[2];
    expect(low.read(start, "stdout")).toBe(`${way}\n`);
    expect(readFileSync(join(start.directories.local, "y"), "utf8")).toBe("y\n");
  });

  test("a killed shim leaves members as they are, and no mount on the node", async () => {
    const before = rootedMounts();
    await using other = newBench();
    const start = await other.startedShell(
      "echo ready; while sleep 0.05; do echo on > /tmp/on; done",
    );
    await other.said(start, "ready");
    expect(rootedMounts()).toEqual(before);
    const [shimName = ""] = readdirSync(join(other.base, "shims"));
    const shim = readShimIdentity(join(other.base, "shims", shimName));
    process.kill(shim?.pid ?? 0, "SIGKILL");
    const on = join(start.directories.tmp, "on");
    rmSync(on, { force: true });
    await until(() => Bun.file(on).size > 0 || undefined);
    await other.driver.kill(start, other.process(start));
    await until(() => other.groups.members(start.key)?.length === 0 || undefined);
    expect(rootedMounts()).toEqual(before);
  });
});
