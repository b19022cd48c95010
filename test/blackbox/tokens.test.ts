import { expect, test } from "bun:test";
import { ApiError } from "../../src/client/apiError.ts";
import { type Client, createClient } from "../../src/client/client.ts";
import { useSandbox } from "./harness/sandbox.ts";
import { startServer } from "./harness/server.ts";

const sandbox = useSandbox();

async function statusOf(client: Client): Promise<number> {
  try {
    await client.pools.list();
    return 200;
  } catch (error) {
    if (error instanceof ApiError) return error.status;
    throw error;
  }
}

test("the administrator's token is changed, and the old one is good for nothing from then on", async () => {
  const server = await startServer(sandbox, { words: ["--local-nodes", "off"] });
  expect(await statusOf(server.client)).toBe(200);
  const next = await server.client.tokens.createApiToken({ name: "next", role: 0 });
  const other = createClient({ url: server.url, token: next.token });
  const { items } = await other.tokens.listApiTokens();
  const old = items.find(({ name }) => name === "administrator");
  await other.tokens.revokeApiToken(old?.id ?? "");
  expect(await statusOf(server.client)).toBe(401);
  await expect(other.tokens.revokeApiToken(next.id)).rejects.toThrow("this request came with");
  await server.end();
  const again = await startServer(sandbox, { data: server.data, words: ["--local-nodes", "off"] });
  expect(again.token).not.toBe(server.token);
  expect(await statusOf(again.client)).toBe(200);
  expect(await statusOf(createClient({ url: again.url, token: server.token }))).toBe(401);
  expect(await statusOf(createClient({ url: again.url, token: next.token }))).toBe(200);
  await again.end();
});
