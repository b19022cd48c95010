import { expect, test } from "bun:test";
import { aDefinition } from "../fleetFixtures.ts";
import { FakeServer, ran } from "../testCli.ts";

const OLD = aDefinition();
const SHA256 = "b".repeat(64);
const WORKING = aDefinition({
  revision: 0,
  osUser: "tomcat",
  script: { name: "disk.sh", sha256: SHA256, sizeBytes: 20 },
});
const REVISIONS: Readonly<Record<string, unknown>> = {
  0: WORKING,
  1: OLD,
  2: aDefinition({ revision: 2 }),
};

const server = new FakeServer({
  "GET /definitions/diskusage": ({ query }: { query: Record<string, string> }) =>
    REVISIONS[query["revision"] ?? "1"],
  "GET /definitions/young": aDefinition({ revision: 0, runningRevision: 0 }),
  [`GET /scripts/${OLD.script.sha256}`]: () => new Response("#!/bin/sh\ndf\n"),
  [`GET /scripts/${SHA256}`]: () => new Response(new Uint8Array([35, 33, 0x2f, 0xc7, 0xd1, 10])),
});
const diff = (words: string) => ran(["task", "diff", ...words.split(" ")], server);

test("what runs is compared with the working copy, in the scripts' character set", async () => {
  const { exitCode, stdout } = await diff("-id diskusage -se cp949 -wd 63");
  expect(exitCode).toBe(0);
  expect(stdout).toBe(`- OS USER: root
+ OS USER: tomcat

disk.sh (revision 1)             disk.sh (working copy)
------------------------------   ------------------------------
#!/bin/sh                      | #!/한
df                             <
`);
  const json = JSON.parse((await diff("diskusage -se euc-kr --json")).stdout);
  expect(json).toEqual({
    before: OLD,
    after: WORKING,
    script: [
      { kind: "removed", line: "#!/bin/sh" },
      { kind: "removed", line: "df" },
      { kind: "added", line: "#!/한" },
    ],
  });
});

test.each(["-id diskusage -rv 1 2", "diskusage --revision 1 2", "diskusage -rv 1 -wi 2"])(
  "two revisions are named by %s",
  async (words) => {
    const before = server.requests.length;
    expect((await diff(words)).stdout).toBe("The scripts are the same.\n");
    const asked = server.requests.slice(before).flatMap(({ query }) => query["revision"] ?? []);
    expect(asked.sort()).toEqual(["1", "2"]);
  },
);

test("nothing to compare with and an unknown character set are told", async () => {
  const young = await diff("young");
  expect([young.exitCode, young.stdout]).toEqual([1, ""]);
  expect(young.stderr).toContain("Task young has no revision yet to compare");
  expect((await diff("diskusage -se klingon")).exitCode).toBe(2);
});
