import { afterEach, beforeEach, expect, test } from "bun:test";
import { SCRIPT_MAX_BYTES } from "../../model/limits.ts";
import { TestApi } from "../routes/testApi.ts";

let api: TestApi;
beforeEach(async () => {
  api = await TestApi.open();
});
afterEach(() => api.close());

function role(level: number): RequestInit {
  return { headers: { authorization: `Bearer ${level}` } };
}

function upload(name: string, content: Uint8Array | string, init: RequestInit = role(2)) {
  const body = new Blob([new Uint8Array(Buffer.from(content as string))]);
  return api.request("POST", `/scripts?name=${encodeURIComponent(name)}`, undefined, {
    ...init,
    body,
  });
}

async function code(response: Response): Promise<string> {
  return `${response.status} ${JSON.parse(await response.text()).error.code}`;
}

test("a script is stored under its hash, and read back byte for byte", async () => {
  const content = Buffer.concat([
    Buffer.from("#!/bin/sh\necho @STINT.HOME@ @STINT.TASK_ID@ @OPM_ATTR.HOME@ "),
    Buffer.from([0, 255, 254, 13, 10]),
  ]);
  const response = await upload("hi.sh", content);
  expect(response.status).toBe(201);
  const sha256 = new Bun.CryptoHasher("sha256").update(content).digest("hex");
  const words = ["HOME", "TASK_ID"];
  expect(await response.json()).toEqual({
    name: "hi.sh",
    sha256,
    sizeBytes: content.length,
    words,
  });
  const read = await api.request("GET", `/scripts/${sha256.toUpperCase()}`, undefined, role(3));
  expect(await read.bytes()).toEqual(new Uint8Array(content));
});

test("a second upload of the same script is the same script", async () => {
  const first = (await (await upload("a.sh", "echo")).json()) as object;
  const second = await (await upload("b.sh", "echo")).json();
  expect(second).toEqual({ ...first, name: "b.sh" });
  expect(await api.blobs.list("scripts/", null, 10)).toHaveLength(1);
});

test("whoever may not create tasks stores nothing", async () => {
  expect(await code(await upload("a.sh", "echo", role(3)))).toBe("403 InsufficientPermissions");
  expect((await upload("a.sh", "echo", { headers: { authorization: "" } })).status).toBe(401);
  expect(await api.blobs.list("scripts/", null, 10)).toEqual([]);
});

test("what no node could run is refused, and nothing is kept of it", async () => {
  expect(await code(await upload("a.bat", "echo"))).toBe("400 ScriptRefused");
  expect(await code(await upload("a.sh", "echo\r\n"))).toBe("400 ScriptRefused");
  expect(await code(await upload("a/b.sh", "echo"))).toBe("400 ScriptRefused");
  const large = "x".repeat(SCRIPT_MAX_BYTES + 1);
  expect(await code(await upload("a.sh", large))).toBe("413 RequestBodyTooLarge");
  expect(await api.blobs.list("scripts/", null, 10)).toEqual([]);
});

test("an unknown hash, and what is no hash, is not found", async () => {
  for (const hash of ["0".repeat(64), "..%2Ffiles%2Fa", "short"]) {
    expect(await api.refusal("GET", `/scripts/${hash}`)).toMatchObject({
      status: 404,
      code: "ScriptNotFound",
    });
  }
});
