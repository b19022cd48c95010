import { describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { asUser, groupsOfUser } from "./asUser.ts";

const NOBODY = { uid: 65_534, gid: 65_534, name: "nobody", loadGroups: true };
const ENVIRONMENT = { PATH: "/usr/bin:/bin", LD_PRELOAD: "/nowhere.so", SECRET: "s" };

test("what is started as root sees nothing that would have it load the task's files", () => {
  const { program, argv, env } = asUser(NOBODY, "/usr/bin/id", ["id", "-u"], {
    ...ENVIRONMENT,
    LC_ALL: "C",
    TZDIR: "/x",
  });
  expect(program).toBe("/usr/bin/setpriv");
  expect(env).toEqual({ PATH: "/usr/bin:/bin", SECRET: "s" });
  expect(argv.slice(4)).toEqual([
    "--",
    "/usr/bin/env",
    "--",
    ...["LD_PRELOAD=/nowhere.so", "LC_ALL=C", "TZDIR=/x"],
    "/usr/bin/id",
    "-u",
  ]);
});

test("without such variables nothing is put between", () => {
  const { argv } = asUser(NOBODY, "/usr/bin/id", ["id"], { PATH: "/usr/bin" });
  expect(argv.slice(4)).toEqual(["--", "/usr/bin/id"]);
});

test("a program of the agent's own user has its environment as it is", () => {
  const user = { uid: null, gid: null, name: null, loadGroups: false };
  expect(asUser(user, "/usr/bin/id", ["id"], ENVIRONMENT)).toMatchObject({
    program: "/usr/bin/id",
    env: ENVIRONMENT,
  });
});

test("the node is asked for a user's groups", async () => {
  expect(await groupsOfUser("root")).toContain(0);
  expect(groupsOfUser("no-such-user")).rejects.toThrow("id -G no-such-user");
});

test("where groups are known no program gives them", () => {
  const { program, user, env } = asUser(NOBODY, "/usr/bin/id", ["id"], ENVIRONMENT, [65_534, 7]);
  expect([program, env]).toEqual(["/usr/bin/id", ENVIRONMENT]);
  expect(user).toEqual({ uid: 65_534, gid: 65_534, groups: [65_534, 7] });
});

describe.skipIf(process.getuid?.() !== 0)("as root", () => {
  const output = async (program: string, words: readonly string[]) => {
    const { program: executable, argv, env } = asUser(NOBODY, program, words, ENVIRONMENT);
    const child = Bun.spawn([executable, ...argv.slice(1)], {
      env: { ...env },
      stdout: "pipe",
      stderr: "pipe",
    });
    return {
      stdout: await new Response(child.stdout).text(),
      stderr: await new Response(child.stderr).text(),
    };
  };

  test("only the program itself is linked with what the task asks for, as the user", async () => {
    const { stdout, stderr } = await output("/bin/sh", ["sh", "-c", "echo $LD_PRELOAD; exit"]);
    expect(stdout).toBe("/nowhere.so\n");
    expect(stderr.match(/LD_PRELOAD cannot be preloaded/g)).toHaveLength(1);
  });

  test("a program whose path has a = in it is started all the same", async () => {
    const directory = mkdtempSync("/tmp/stint-a=b-");
    const program = join(directory, "id");
    cpSync("/usr/bin/id", program);
    await Bun.$`chmod 755 ${directory}`.quiet();
    const { stdout } = await output(program, ["id", "-u"]);
    rmSync(directory, { recursive: true });
    expect(stdout).toBe("65534\n");
  });
});
