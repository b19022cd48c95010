import { afterEach, beforeEach, expect, test } from "bun:test";
import { TestApi } from "../routes/testApi.ts";
import { person } from "./testPeople.ts";

let api: TestApi;
let owner: RequestInit;
let manager: RequestInit;
beforeEach(async () => {
  api = await TestApi.open();
  await api.json("POST", "/pools", { id: "fleet", provider: "none", accepts: ["fleet"] });
  await api.addNode("n1", "fleet");
  owner = await person(api, "kim", 2);
  manager = await person(api, "ma", 1);
});
afterEach(() => api.close());

async function define(script: string | Buffer<ArrayBuffer>): Promise<void> {
  const made = await api.request("POST", "/scripts?name=disk.sh", undefined, {
    ...owner,
    body: script,
  });
  const { name, sha256 } = JSON.parse(await made.text());
  await api.json("POST", "/definitions", { id: "t", script: { name, sha256 } }, owner);
}

const SCRIPT = "#!/bin/sh\nrm -r x # rm\n  /sbin/shutdown now\n";
const CHECK = "/definitions/t/restricted-commands";
const REQUEST = "/definitions/t/approval/request";
const ACCEPT = "/definitions/t/approval/accept";

test("words are registered by administrators and listed for everybody", async () => {
  const put = { class: "risk", description: "deletes files" };
  expect(await api.refusal("PUT", "/restricted-commands/rm", put, manager)).toMatchObject({
    status: 403,
  });
  expect(await api.json("PUT", "/restricted-commands/rm", put)).toMatchObject({
    ...{ word: "rm", class: "risk", description: "deletes files", createdBy: "admin" },
  });
  await api.json("PUT", "/restricted-commands/dd", { class: "forbidden" });
  await api.json("PUT", "/restricted-commands/rm", { class: "forbidden" });
  const list = await api.json("GET", "/restricted-commands", undefined, owner);
  expect(list).toMatchObject({
    items: [{ word: "dd" }, { word: "rm", class: "forbidden", description: "deletes files" }],
    total: 2,
  });
  expect(await api.json("GET", "/restricted-commands?word=D&class=forbidden")).toMatchObject({
    total: 1,
  });
  expect(await api.refusal("PUT", "/restricted-commands/rm%20x", put)).toMatchObject({
    status: 400,
    field: "word",
  });
  expect(await api.refusal("PUT", "/restricted-commands/rm", { class: "x" })).toMatchObject({
    status: 400,
  });
  await api.json("DELETE", "/restricted-commands/dd");
  expect(await api.refusal("DELETE", "/restricted-commands/dd")).toMatchObject({
    code: "RestrictedCommandNotFound",
  });
});

test("a check tells every place with its line; a forbidden one keeps the script from approval", async () => {
  await define(SCRIPT);
  await api.json("PUT", "/restricted-commands/rm", { class: "risk" });
  await api.json("PUT", "/restricted-commands/shutdown", { class: "forbidden" });
  expect(await api.json("GET", CHECK, undefined, manager)).toEqual({
    revision: 0,
    scriptName: "disk.sh",
    encoding: "utf-8",
    items: [
      { word: "rm", class: "risk", line: 2, column: 1, text: "rm -r x # rm" },
      { word: "shutdown", class: "forbidden", line: 3, column: 3, text: "/sbin/shutdown now" },
    ],
    total: 2,
  });
  const asked = { approverId: "ma" };
  expect(await api.refusal("POST", REQUEST, asked, owner)).toMatchObject({
    status: 409,
    code: "ForbiddenCommand",
    message: expect.stringContaining("has shutdown (line 3, column 3)."),
  });
  await api.json("PUT", "/restricted-commands/shutdown", { class: "risk" });
  await api.json("POST", REQUEST, asked, owner);
  await api.json("PUT", "/restricted-commands/rm", { class: "forbidden" });
  expect(await api.refusal("POST", ACCEPT, undefined, manager)).toMatchObject({
    code: "ForbiddenCommand",
  });
  await api.json("DELETE", "/restricted-commands/rm");
  expect(await api.json("POST", ACCEPT, undefined, manager)).toMatchObject({ runningRevision: 1 });
  // What was approved runs on, and a check of it says what is forbidden by now.
  await api.json("PUT", "/restricted-commands/rm", { class: "forbidden" });
  expect(await api.json("GET", CHECK)).toMatchObject({ revision: 1, total: 2 });
  expect(await api.refusal("GET", `${CHECK}?revision=7`)).toMatchObject({ status: 404 });
});

test("scripts are read in the character set that fits, or that is named", async () => {
  // "삭제 rm" in CP949, behind a letter that only CP949 has beside EUC-KR.
  const bytes = [0xbb, 0xe8, 0xc1, 0xa6, 0x81, 0x41, 0x20, 0x72, 0x6d, 0x0a];
  await define(Buffer.from([...Buffer.from("#!/bin/sh\necho "), ...bytes]));
  await api.json("PUT", "/restricted-commands/rm", { class: "risk" });
  const found = { encoding: "euc-kr", items: [{ word: "rm", line: 2, column: 10 }] };
  for (const query of ["", "?encoding=cp949", "?encoding=EUC-KR"]) {
    expect(await api.json("GET", CHECK + query)).toMatchObject(found);
  }
  expect(await api.json("GET", `${CHECK}?encoding=latin1`)).toMatchObject({
    items: [{ line: 2, column: 13 }],
  });
  expect(await api.refusal("GET", `${CHECK}?encoding=klingon`)).toMatchObject({
    status: 400,
    field: "encoding",
  });
});
