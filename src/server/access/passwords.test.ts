import { expect, test } from "bun:test";
import { Unavailable } from "../routes/context.ts";
import { PASSWORD_COST, Passwords } from "./passwords.ts";

test("hashes are argon2id of the cost that OWASP asks for", async () => {
  const passwords = new Passwords(PASSWORD_COST);
  const hash = await passwords.hash("secret-1");
  expect(hash).toStartWith("$argon2id$v=19$m=19456,t=2,p=1$");
  expect(await passwords.isRight("secret-1", hash)).toBe(true);
  expect(await passwords.isRight("secret-2", hash)).toBe(false);
  expect(await passwords.isRight("secret-1", null)).toBe(false);
});

test("of a flood some wait, the others are told to come again, and all goes on afterwards", async () => {
  const passwords = new Passwords({ memoryKib: 8, passes: 1 });
  const all = await Promise.allSettled(
    Array.from({ length: 200 }, () => passwords.hash("secret-1")),
  );
  const refused = all.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  // Two at work, of which one is the decoy, and 50 that wait.
  expect(refused).toHaveLength(200 - 51);
  expect(refused.every((reason) => reason instanceof Unavailable)).toBe(true);
  expect(await passwords.hash("secret-1")).toStartWith("$argon2id$");
});
