import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findServer, type Place } from "./connection.ts";
import { TestFolder } from "./testCli.ts";

function serverFile(folder: string, content: unknown): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, "server.json");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

function place(folder: TestFolder, given: Partial<Place> = {}): Place {
  const { env, ...rest } = given;
  return {
    server: undefined,
    tokenFile: undefined,
    currentFolder: join(folder.path, "here"),
    ...rest,
    env: { HOME: join(folder.path, "home"), ...env },
  };
}

test("the option comes before the variable, and that before files", async () => {
  using folder = new TestFolder();
  serverFile(join(folder.path, "here", ".stint"), { url: "http://127.0.0.1:1", token: "file" });
  const env = { STINT_SERVER: "http://variable", STINT_TOKEN: "variable" };
  expect(await findServer(place(folder, { server: "http://option", env }))).toEqual({
    url: "http://option",
    token: "variable",
    source: "--server",
    login: null,
  });
  expect(await findServer(place(folder, { env }))).toEqual({
    url: "http://variable",
    token: "variable",
    source: "STINT_SERVER",
    login: null,
  });
});

test("files are looked for here, in STINT_DATA and at home, in this order", async () => {
  using folder = new TestFolder();
  const env = { STINT_DATA: join(folder.path, "data") };
  const home = serverFile(join(folder.path, "home", ".stint"), { url: "http://home", token: "h" });
  expect(await findServer(place(folder, { env }))).toMatchObject({ source: home, token: "h" });
  const data = serverFile(join(folder.path, "data"), { url: "http://data", token: "d" });
  expect(await findServer(place(folder, { env }))).toMatchObject({ source: data, token: "d" });
  const here = serverFile(join(folder.path, "here", ".stint"), { url: "http://here", token: "e" });
  expect(await findServer(place(folder, { env }))).toMatchObject({ source: here, token: "e" });
});

test("a token file is read, and comes first", async () => {
  using folder = new TestFolder();
  const tokenFile = join(folder.path, "token");
  writeFileSync(tokenFile, "  secret\n");
  const env = { STINT_SERVER: "http://s", STINT_TOKEN: "variable" };
  expect(await findServer(place(folder, { tokenFile, env }))).toMatchObject({ token: "secret" });
  const missing = place(folder, { tokenFile: join(folder.path, "nothing"), env });
  expect(findServer(missing)).rejects.toThrow("Expected a token in the file");
});

test("a file's token goes to the server that it names, and to no other", async () => {
  using folder = new TestFolder();
  serverFile(join(folder.path, "here", ".stint"), { url: "http://127.0.0.1:1", token: "file" });
  const same = await findServer(place(folder, { server: "http://127.0.0.1:1/" }));
  expect(same.token).toBe("file");
  const other = await findServer(place(folder, { server: "http://127.0.0.1:2" }));
  expect(other.token).toBeUndefined();
});

test("STINT_TOKEN is not sent to a server on another machine that only a file names", async () => {
  using folder = new TestFolder();
  const env = { STINT_TOKEN: "variable" };
  serverFile(join(folder.path, "here", ".stint"), { url: "http://elsewhere" });
  expect((await findServer(place(folder, { env }))).token).toBeUndefined();
  serverFile(join(folder.path, "here", ".stint"), { url: "http://127.0.0.1:1" });
  expect((await findServer(place(folder, { env }))).token).toBe("variable");
});

test("what is no URL and what is no server file is refused by name", async () => {
  using folder = new TestFolder();
  expect(findServer(place(folder, { server: "localhost:80" }))).rejects.toThrow(
    "Expected a URL as --server and got localhost:80.",
  );
  const path = serverFile(join(folder.path, "here", ".stint"), "{broken");
  expect(findServer(place(folder))).rejects.toThrow(`in ${path} and got something else`);
});
