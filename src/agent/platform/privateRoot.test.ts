import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { SELF_COMMAND } from "../drivers/conformance/bench.ts";
import { mayMount, rootedMounts, WHO_MAY_MOUNT } from "../fixtures/mounts.ts";
import { until } from "../fixtures/until.ts";
import type { Elsewhere } from "../starter/order.ts";
import { elsewhere } from "../starter/startElsewhere.ts";
import type { PrivateRoot } from "./privateRoot.ts";
import { kernelBootId } from "./processIdentity.ts";
import { identityOf } from "./processSession.ts";
import type { ProgramStart } from "./startPlace.ts";

const isAble = mayMount();
const BOOT = kernelBootId();
const NOBODY = { uid: 65_534, gid: 65_534, groups: [] };

function startIn(where: Elsewhere, argv: readonly string[], more: Partial<ProgramStart> = {}) {
  const { PATH = "" } = Bun.env;
  const program = { program: argv[0] ?? "", argv, env: { PATH }, cwd: "/" };
  const as = { uid: null, gid: null, user: null, groups: null };
  return elsewhere(where, SELF_COMMAND).start(
    { ...program, ...as, ...more },
    false,
    ({ words, options, further }) =>
      Bun.spawn(words, { ...options, stdio: ["ignore", "pipe", "ignore", ...further] }),
  );
}

describe.skipIf(!isAble)(WHO_MAY_MOUNT, () => {
  let base: string;
  let root: PrivateRoot;

  beforeAll(() => {
    // Not in /tmp, which the process has for itself.
    base = mkdtempSync("/var/tmp/stint-root-");
    for (const name of ["place", "own/local", "foreign"]) {
      mkdirSync(join(base, name), { recursive: true });
    }
    writeFileSync(join(base, "foreign", "secret"), "");
    root = {
      place: join(base, "place"),
      shown: ["/bin", "/etc", "/lib", "/lib64", "/usr", "/not/there"],
      hidden: ["/usr/bin", base],
      own: [
        { start: "/", names: null, destination: "/tmp", readOnly: false },
        { start: join(base, "own"), names: ["local"], destination: "/local", readOnly: false },
        { start: join(base, "own"), names: [], destination: join(base, "own"), readOnly: false },
      ],
    };
  });

  afterAll(() => rmSync(base, { recursive: true }));

  const inRoot = (more: Partial<PrivateRoot> = {}): Elsewhere => ({
    kind: "newRoot",
    root: { ...root, hidden: [], ...more },
  });

  async function said(
    script: string,
    changes: Partial<PrivateRoot> = {},
    more: Partial<ProgramStart> = {},
  ): Promise<string[]> {
    const { child, begun } = startIn(inRoot(changes), ["/bin/sh", "-c", script], more);
    const text = await new Response(child.stdout).text();
    expect(await begun).toBeNull();
    return text.split("\n").filter(Boolean);
  }

  test("nothing but what the root is made of is seen, and only what is the process's own is written", async () => {
    expect(await said("ls /")).toEqual(
      ["bin", "dev", "etc", "lib", "lib64", "local", "proc", "tmp", "usr", "var"].filter(
        (name) => name !== "lib64" || readdirSync("/").includes(name),
      ),
    );
    expect(await said(`ls ${base}; ls ${root.place} ${base}/foreign`)).toEqual(["own"]);
    const write = (path: string) => `(: > ${path}) 2> /dev/null && echo ${path}`;
    const own = ["/tmp/x", "/local/x", `${base}/own/x`];
    const others = ["/x", "/usr/x", "/etc/x", `${base}/x`, `${root.place}/x`];
    expect(await said([...others, ...own].map(write).join(";"))).toEqual(own);
    expect(readdirSync(join(base, "own")).sort()).toEqual(["local", "x"]);
    expect(readdirSync(join(base, "own", "local"))).toEqual(["x"]);
  });

  test("what is hidden may be a file", async () => {
    const secret = join(base, "foreign/secret");
    writeFileSync(secret, "key");
    const shown = [...root.shown, base];
    const look = `cat ${secret}`;
    expect(await said(look, { shown, hidden: [] })).toEqual(["key"]);
    expect(
      await said(`${look}; test -e ${secret} && echo there`, { shown, hidden: [secret] }),
    ).toEqual(["there"]);
    writeFileSync(secret, "");
  });

  test("what is hidden is empty, also where it is below what is shown", async () => {
    const shown = [...root.shown, base];
    expect(await said(`ls ${base}/foreign`, { shown, hidden: [] })).toEqual(["secret"]);
    expect(await said(`ls ${base}; ls ${base}/foreign`, { shown, hidden: [base] })).toEqual([
      "own",
    ]);
  });

  test("what is shown may be a file, a link, and below what is shown already", async () => {
    symlinkSync("foreign", join(base, "link"));
    const more = [
      "/etc/passwd",
      "/usr/bin/sh",
      "/usr/bin",
      join(base, "link"),
      join(base, "foreign/secret"),
    ];
    const shown = [...root.shown, ...more];
    expect(await said(`ls ${base}/link/; wc -l < /etc/passwd`, { shown, hidden: [] })).toEqual([
      "secret",
      String(readFileSync("/etc/passwd", "utf8").split("\n").length - 1),
    ]);
    rmSync(join(base, "link"));
  });

  test("no file of the node is open in the process, nor are terminals of others there", async () => {
    // The directory that is being listed is open, too.
    expect(await said("exec ls /proc/self/fd")).toEqual(["0", "1", "2", "3"]);
    expect(await said("ls /dev/pts")).toEqual(["ptmx"]);
    expect(await said("cat /dev/zero | head -c 3 | wc -c; cat < /dev/null | wc -c")).toEqual([
      "3",
      "0",
    ]);
  });

  test("directories of the root can be entered, whatever the agent leaves to others", async () => {
    const mask = process.umask(0o077);
    try {
      expect(await said(`stat -c %a ${base} /usr /dev /local/..`)).toEqual(
        Array.from({ length: 4 }, () => "755"),
      );
      expect(await said("umask")).toEqual(["0077"]);
    } finally {
      process.umask(mask);
    }
  });

  test("what a process has from its parent is what it has on the node, but for its root", async () => {
    const look = "cat /proc/self/status /proc/self/limits; ulimit -a; cat /proc/self/timerslack_ns";
    const { PATH = "" } = Bun.env;
    const options = { detached: true, env: { PATH }, cwd: "/" } as const;
    const own = Bun.spawn(["/bin/sh", "-c", look], {
      ...options,
      stdio: ["ignore", "pipe", "ignore"],
    });
    // Numbers and sizes of this one process, and the one thing that is to differ.
    const isShared = (line: string) =>
      line !== "" &&
      !/^(Tgid|Ngid|Pid|PPid|NS\w+|Vm\w+|Rss\w+|HugetlbPages|\w*ctxt_switches|SigQ|NoNewPrivs):?/.test(
        line,
      );
    const there = (await new Response(own.stdout).text()).split("\n").filter(isShared);
    expect((await said(look)).filter(isShared)).toEqual(there);
    expect(there.length).toBeGreaterThan(30);
    expect(await said("grep NoNewPrivs /proc/self/status")).toEqual(["NoNewPrivs:\t1"]);
  });

  test("a process is its user and no other from its first moment", async () => {
    const look = "grep -E '^(Uid|Gid|Groups|Cap...):' /proc/self/status; env";
    const user = { ...NOBODY, groups: [65_534, 7] };
    const env = { LD_PRELOAD: "", BUN_OPTIONS: "--version", WORD: "a=b c" };
    const lines = await said(look, {}, { user, env });
    expect(lines.filter((line) => !line.startsWith("CapBnd")).sort()).toEqual(
      [
        ...["Uid", "Gid"].map((name) => `${name}:\t65534\t65534\t65534\t65534`),
        "Groups:\t7 65534 ",
        ...["Inh", "Prm", "Eff", "Amb"].map((name) => `Cap${name}:\t0000000000000000`),
        ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
        "PWD=/",
      ].sort(),
    );
  });

  test("why a process could not begin is told, and at whom it lies", async () => {
    const own = join(base, "replaced");
    mkdirSync(own);
    symlinkSync("/root", join(own, "local"));
    const replaced = [{ start: own, names: ["local"], destination: "/local", readOnly: false }];
    const why = (where: Elsewhere, more: Partial<ProgramStart> = {}) =>
      startIn(where, ["/bin/true"], { user: NOBODY, ...more }).begun;
    expect(await why(inRoot({ own: replaced }))).toEqual({
      by: "task",
      reason: expect.stringContaining(
        `expected a directory ${own}/local for /local, and it is none`,
      ),
    });
    for (const [place, code] of [
      ["/not/there", "ENOENT"],
      ["/etc/passwd", "ENOTDIR"],
    ] as const) {
      expect(await why(inRoot({ place }))).toEqual({
        by: "node",
        reason: expect.stringMatching(new RegExp(`of its own could not be made .*${code}`)),
      });
    }
    const cwd = "/not/there";
    const reason = "there is no directory /not/there that its user may enter";
    expect(await why(inRoot(), { cwd })).toEqual({ by: "task", reason });
    expect(await why(inRoot(), { program: "/not/there" })).toMatchObject({
      by: "task",
      reason: "starting /not/there: ENOENT",
    });
    expect(await why(inRoot(), { program: "/etc/passwd" })).toMatchObject({
      reason: "starting /etc/passwd: EACCES",
    });
    const groups = { first: "/not/there", further: [], peakMemoryPath: null, cpuStatPath: null };
    expect(await why(inRoot(), { groups })).toMatchObject({ by: "node" });
  });

  test("a start that is killed, or waits for a volume that does not answer, is told", async () => {
    const slow = join(base, "slow");
    // Reading the order from it never ends.
    const stuck = [process.execPath, "-e", "await Bun.sleep(600_000)"];
    writeFileSync(slow, "");
    const start = (timeoutMs: number) =>
      elsewhere(inRoot(), stuck, timeoutMs).start(
        {
          ...{ program: "/bin/true", argv: ["true"], env: {}, cwd: "/" },
          ...{ uid: null, gid: null, user: null, groups: null },
        },
        false,
        ({ words, options, further }) =>
          Bun.spawn(words, { ...options, stdio: ["ignore", "ignore", "ignore", ...further] }),
      );
    const late = start(50);
    expect(await late.begun).toMatchObject({
      by: "node",
      reason: expect.stringContaining("did not begin within 0.05 s"),
    });
    await late.child.exited;
    expect(late.child.signalCode).toBe("SIGKILL");
    const killed = start(60_000);
    killed.child.kill("SIGKILL");
    expect(await killed.begun).toEqual({ by: "node", reason: "its start ended with SIGKILL" });
  });

  test("a process begins for nobody whose starter is gone", async () => {
    const mark = join(base, "own", "begun");
    const script = `
      import { elsewhere } from ${JSON.stringify(join(import.meta.dir, "../starter/startElsewhere.ts"))};
      const where = ${JSON.stringify(inRoot())};
      const start = ${JSON.stringify({
        ...{ program: "/bin/sh", argv: ["sh", "-c", `echo > ${mark}`], env: {}, cwd: "/" },
        ...{ uid: null, gid: null, user: null, groups: null },
      })};
      const { child } = elsewhere(where, ${JSON.stringify(SELF_COMMAND)}).start(start, false, ({ words, options, further }) =>
        Bun.spawn(words, { ...options, stdio: ["ignore", "ignore", "ignore", ...further] }));
      process.kill(child.pid, "SIGSTOP");
      console.log(child.pid);
      process.kill(process.pid, "SIGKILL");`;
    const starter = Bun.spawnSync([process.execPath, "-e", script]);
    const pid = Number(starter.stdout.toString());
    process.kill(pid, "SIGCONT");
    await until(() => (identityOf(pid, BOOT) === null ? true : undefined));
    expect(readdirSync(join(base, "own"))).not.toContain("begun");
  });

  test("a process is joined where it is, and no other that has its number by now", async () => {
    const first = startIn(inRoot(), [
      ...["/bin/sh", "-c", "echo > /tmp/mark; echo ready; exec sleep 60"],
    ]).child;
    await first.stdout.getReader().read();
    const identity = identityOf(first.pid, BOOT);
    if (identity === null) throw new Error("expected it to run");
    const look = async (run: typeof identity, bootId = BOOT) => {
      const where = { kind: "beside", process: run, bootId } as const;
      const { child, begun } = startIn(where, ["/bin/ls", "/tmp"]);
      const [text, failure] = await Promise.all([new Response(child.stdout).text(), begun]);
      return failure?.reason ?? text;
    };
    expect(await look(identity)).toBe("mark\n");
    const other = { ...identity, startTicks: identity.startTicks + 1 };
    expect(await look(other)).toBe("the task has ended");
    expect(await look(identity, "another boot")).toBe("the task has ended");
    first.kill("SIGKILL");
    await first.exited;
    expect(await look(identity)).toContain("ENOENT");
  });

  test("a process that has made itself root of file systems of its own is not joined", async () => {
    const words = ["/usr/bin/unshare", "--user", "--map-root-user", "--mount", "sleep", "60"];
    const { child } = startIn(inRoot(), words, { user: NOBODY });
    const own = readlinkSync("/proc/self/ns/user");
    await until(() => (readlinkSync(`/proc/${child.pid}/ns/user`) === own ? undefined : true));
    const identity = identityOf(child.pid, BOOT);
    if (identity === null) throw new Error("expected it to run");
    const where = { kind: "beside", process: identity, bootId: BOOT } as const;
    expect((await startIn(where, ["/bin/true"]).begun)?.reason).toContain(
      "user namespace of its own",
    );
    child.kill("SIGKILL");
    await child.exited;
  });

  test("the node has no mount more, whatever became of a start", async () => {
    const before = rootedMounts();
    await said("true");
    await startIn(inRoot({ place: "/not/there" }), ["/bin/true"]).begun;
    const { child, begun } = startIn(inRoot(), ["/bin/sleep", "60"]);
    expect(await begun).toBeNull();
    expect(readdirSync(`/proc/${child.pid}/root`)).toContain("local");
    expect(rootedMounts()).toEqual(before);
    child.kill("SIGKILL");
    await child.exited;
    expect(rootedMounts()).toEqual(before);
  });
});
