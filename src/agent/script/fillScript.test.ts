import { expect, test } from "bun:test";
import type { ScriptOrder } from "../../model/fleet/run.ts";
import { fillScript, type ScriptValues } from "./fillScript.ts";

const WORK: ScriptOrder = {
  instanceNo: 7,
  definitionId: "deploy",
  script: { name: "a.sh", sha256: "0".repeat(64), sizeBytes: 1, words: [] },
  arguments: [],
  startWithinMs: 1,
  attributes: { HOME: "/home/tomcat", "a.b": "x" },
};

type Changes = Partial<ScriptOrder & Pick<ScriptValues, "fileTokens" | "rootDirectory">>;

function filled(script: string, more: Changes = {}) {
  const { fileTokens = {}, rootDirectory = "/root dir", ...work } = more;
  const node = { guid: "guid-1", nodeId: "web-1", fileTokens, rootDirectory };
  return fillScript(script, { ...node, work: { ...WORK, ...work } });
}

function text(script: string, more: Changes = {}): string {
  const made = filled(script, more);
  if (!made.ok) throw new Error(made.mistake);
  return made.script;
}

test("what is built in is the node's, the run's and the definition's, in both spellings", () => {
  const words = ["AGENT_GUID", "NODE_ID", "TASK_ID", "TASK_INSTANCE_NO", "HOME", "a.b"];
  const values = "guid-1 web-1 deploy 7 /home/tomcat x";
  for (const name of ["OPM_ATTR", "STINT"]) {
    expect(text(words.map((word) => `@${name}.${word}@`).join(" "))).toBe(values);
  }
});

test("a value is put in once: words in it are text", () => {
  const attributes = { A: "@STINT.B@", B: "b", C: "$& $1 $$" };
  expect(text("@STINT.A@@STINT.C@", { attributes })).toBe("@STINT.B@$& $1 $$");
});

test("bytes that are no text stay, and values come as UTF-8", () => {
  const bytes = Buffer.from([0xc7, 0xd1, 0, 0xff, 13, 10]);
  const script = `${bytes.toString("latin1")}@STINT.A@`;
  const made = Buffer.from(text(script, { attributes: { A: "한" } }), "latin1");
  expect(made).toEqual(Buffer.concat([bytes, Buffer.from("한")]));
});

test("a file token is what the server gave for its very word", () => {
  const fileTokens = { FILE_TOKEN: "t1", "FILE_TOKEN/10M": "t2" };
  expect(text("@STINT.FILE_TOKEN@ @OPM_ATTR.FILE_TOKEN/10M@", { fileTokens })).toBe("t1 t2");
  expect(filled("\n@STINT.FILE_TOKEN/20M@", { fileTokens })).toMatchObject({
    mistake:
      "a.sh, line 2: @STINT.FILE_TOKEN/20M@ stands for a file token, which is not given by this server.",
  });
});

test("a file tool is its whole call, as one word of a shell, with the token in the environment", () => {
  const words = "@OPM_ATTR.FILE_LS@ @STINT.FILE_PUT@ @STINT.FILE_GET@";
  const calls = ["fls", "fput", "fget"].map((name) => `/r/tools/stint-${name}`);
  expect(text(words, { rootDirectory: "/r", fileTokens: { FILE_TOKEN: "t1" } })).toBe(
    calls.join(" "),
  );
  expect(text("@STINT.FILE_LS@", { rootDirectory: "/a'b c" })).toBe("'/a'\\''b c/tools/stint-fls'");
});

test.each([
  ["@STINT.FILE_TOKEN@", "not given by this server"],
  ["@STINT.toString@", "no node group"],
  ["@STINT.FILE_TOKEN/25H@", "at most 24 hours"],
])("%s without a value is a mistake that names its line", (word, reason) => {
  const made = filled(`echo\n\necho ${word}\n`);
  expect(made.ok ? "" : made.mistake).toStartWith(`a.sh, line 3: ${word} `);
  expect(made.ok ? "" : made.mistake).toInclude(reason);
});
