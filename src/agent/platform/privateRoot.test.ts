import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { MAY_NOT_MOUNT, mayMount, rootedMounts } from "../fixtures/mounts.ts";
import { until } from "../fixtures/until.ts";
import { WITHOUT_FILES } from "./namespaces.ts";
import { inPrivateRoot, type PrivateRoot, RootError } from "./privateRoot.ts";
import { kernelBootId, readProcessStat } from "./processIdentity.ts";
import { inNewRoot, whereRuns } from "./startPlace.ts";

const AT_ROOT = { group: null, cwd: "/", user: null } as const;
const isAble = mayMount();

function attempt(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

test.skipIf(isAble)(MAY_NOT_MOUNT, () => undefined);

describe.skipIf(!isAble)("as root", () => {
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

  /** What cannot be the same if this thread stayed elsewhere. */
  function surroundings() {
    return {
      mounts: rootedMounts(),
      namespace: readlinkSync("/proc/thread-self/ns/mnt"),
      root: statSync("/").ino,
      cwd: process.cwd(),
      relative: statSync(".").ino,
    };
  }

  const visible = { hidden: [] as string[] };

  async function said(script: string, more: Partial<PrivateRoot> = visible): Promise<string[]> {
    const child = inNewRoot({ ...root, ...more }).run(AT_ROOT, () =>
      Bun.spawn(["/bin/sh", "-c", script], { cwd: "/", stdout: "pipe", stderr: "ignore" }),
    );
    return (await new Response(child.stdout).text()).split("\n").filter(Boolean);
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
      const look = `stat -c %a ${base} /usr /dev /local/..`;
      const [foreign] = await said(`stat -c %a ${base}`);
      expect(foreign).toBe("755");
      expect((await said(look)).slice(1)).toEqual(["755", "755", "755"]);
      expect(await said("umask")).toEqual(["0077"]);
    } finally {
      process.umask(mask);
    }
  });

  test("a directory that the process has replaced by a link is not followed", () => {
    const before = surroundings();
    const own = join(base, "replaced");
    mkdirSync(own);
    symlinkSync("/root", join(own, "local"));
    const directories = [{ start: own, names: ["local"], destination: "/local", readOnly: false }];
    expect(() => inPrivateRoot({ ...root, own: directories }, () => undefined)).toThrow(
      `expected a directory ${own}/local for /local, and it is none`,
    );
    expect(surroundings()).toEqual(before);
  });

  test("the thread is back where it was, whatever became of the start, and the node has no mount more", async () => {
    const before = surroundings();
    await said("true");
    expect(() =>
      inPrivateRoot(root, () => {
        throw new Error("not started");
      }),
    ).toThrow("not started");
    for (const [place, code] of [
      ["/not/there", "ENOENT"],
      ["/etc/passwd", "ENOTDIR"],
    ]) {
      const failed = attempt(() => inPrivateRoot({ ...root, place: place ?? "" }, () => undefined));
      expect(failed).toBeInstanceOf(RootError);
      expect(failed).toMatchObject({ code });
    }
    expect(surroundings()).toEqual(before);
  });

  test("no thread that opens files stays there, however much goes on at the time", async () => {
    const own = readlinkSync("/proc/self/ns/mnt");
    for (let round = 0; round < 50; round += 1) {
      const reading = Array.from({ length: 8 }, () => Bun.file("/etc/passwd").text());
      // Garbage there makes the engine start threads, which stay.
      inPrivateRoot(root, () => Array.from({ length: 50_000 }, (_, index) => ({ index })));
      expect(await said("echo here")).toEqual(["here"]);
      await Promise.all(reading);
    }
    const strays = readdirSync("/proc/self/task").filter((thread) => {
      const path = `/proc/self/task/${thread}`;
      return (
        readlinkSync(`${path}/ns/mnt`) !== own &&
        !WITHOUT_FILES.test(readFileSync(`${path}/comm`, "utf8"))
      );
    });
    expect(strays).toEqual([]);
  });

  test("a process is joined where it is, and no other that has its number by now", async () => {
    const first = inNewRoot({ ...root, hidden: [] }).run(AT_ROOT, () =>
      Bun.spawn(["/bin/sh", "-c", "echo > /tmp/mark; echo ready; exec sleep 60"], {
        cwd: "/",
        stdout: "pipe",
      }),
    );
    await first.stdout.getReader().read();
    const startTicks = readProcessStat(first.pid)?.startTicks ?? 0;
    const identity = { bootId: kernelBootId(), pid: first.pid, startTicks };
    const look = (run: typeof identity) =>
      whereRuns(run, run.bootId).run(AT_ROOT, () =>
        Bun.spawnSync(["/bin/ls", "/tmp"], { cwd: "/" }).stdout.toString(),
      );
    expect(look(identity)).toBe("mark\n");
    const other = { ...identity, startTicks: startTicks + 1 };
    expect(() => look(other)).toThrow("the task has ended");
    expect(() => whereRuns(identity, "another boot").run(AT_ROOT, () => "joined")).toThrow(
      "has ended",
    );
    first.kill("SIGKILL");
    await first.exited;
    expect(() => look(identity)).toThrow();
  });

  test("a process that has made itself root of file systems of its own is not joined", async () => {
    const words = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"];
    const child = inNewRoot({ ...root, hidden: [] }).run(AT_ROOT, () =>
      Bun.spawn(
        [...words, "/usr/bin/unshare", "--user", "--map-root-user", "--mount", "sleep", "60"],
        {
          cwd: "/",
          stdio: ["ignore", "ignore", "ignore"],
        },
      ),
    );
    const own = readlinkSync("/proc/self/ns/user");
    await until(() => (readlinkSync(`/proc/${child.pid}/ns/user`) === own ? undefined : true));
    const startTicks = readProcessStat(child.pid)?.startTicks ?? 0;
    const identity = { bootId: kernelBootId(), pid: child.pid, startTicks };
    expect(() => whereRuns(identity, identity.bootId).run(AT_ROOT, () => "joined")).toThrow(
      "user namespace of its own",
    );
    child.kill("SIGKILL");
  });

  test("a process whose starter was killed keeps its root, and takes it along", async () => {
    const before = surroundings();
    const script = `
      import { inNewRoot } from ${JSON.stringify(join(import.meta.dir, "startPlace.ts"))};
      const child = inNewRoot(${JSON.stringify({ ...root, hidden: [] })}).run(${JSON.stringify(AT_ROOT)}, () =>
        Bun.spawn(["/bin/sleep", "60"], { cwd: "/", stdio: ["ignore", "ignore", "ignore"], detached: true }));
      console.log(child.pid);
      process.kill(process.pid, "SIGKILL");`;
    const starter = Bun.spawnSync([process.execPath, "-e", script]);
    const pid = Number(starter.stdout.toString());
    expect(readdirSync(`/proc/${pid}/root`)).toContain("local");
    expect(surroundings().mounts).toEqual(before.mounts);
    process.kill(pid, "SIGKILL");
    expect(surroundings()).toEqual(before);
  });
});
