import { expect, test } from "bun:test";
import type { ErrorAnswer } from "../../protocol/api/answer/error.ts";
import { joinNode } from "./joinRoute.ts";

/** A join that is refused before anything is looked up. */
async function refused(body: string, headers: Record<string, string> = {}) {
  const parts = {} as Parameters<typeof joinNode>[1];
  const request = new Request("http://test/join", { method: "POST", body, headers });
  const response = await joinNode(request, parts);
  return { status: response.status, ...((await response.json()) as ErrorAnswer) };
}

test("a join that does not fit is refused like any request, by its first mistake", async () => {
  expect(await refused("{}", { "x-request-id": "mine-1" })).toEqual({
    status: 400,
    error: {
      code: "MissingRequiredProperty",
      message: "Expected text as joinToken and got nothing.",
      field: "joinToken",
      expected: "text",
      fix: "Add joinToken.",
    },
    requestId: "mine-1",
  });
  expect((await refused("nothing")).error.code).toBe("InvalidRequestBody");
  const given = { joinToken: "t", guid: "g", publicKey: "", nodeName: "n", slots: 257 };
  expect((await refused(JSON.stringify(given))).error.message).toBe(
    "Expected a whole number from 0 to 256 as slots and got 257.",
  );
});
