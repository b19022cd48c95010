import type { DigestAlgorithm } from "../options.ts";
import type { Given, HclFunction } from "./given.ts";

function digest(algorithm: DigestAlgorithm): HclFunction {
  return {
    signature: `${algorithm}(text)`,
    does: `the ${algorithm.toUpperCase().replace("SHA", "SHA-")} digest in hexadecimal digits`,
    least: 1,
    most: 1,
    apply: (given) => given.port(given.options.digest, "digests")(algorithm, given.text(0)),
  };
}

function uuid(given: Given): string {
  const digits = Array.from({ length: 32 }, () => Math.floor(given.options.random() * 16));
  digits[12] = 4;
  digits[16] = 8 + ((digits[16] ?? 0) % 4);
  const text = digits.map((digit) => digit.toString(16)).join("");
  return [
    text.slice(0, 8),
    text.slice(8, 12),
    text.slice(12, 16),
    text.slice(16, 20),
    text.slice(20),
  ].join("-");
}

const DEFAULT_BCRYPT_COST = 10;

export const DIGEST_FUNCTIONS: Readonly<Record<string, HclFunction>> = {
  md5: digest("md5"),
  sha1: digest("sha1"),
  sha256: digest("sha256"),
  sha512: digest("sha512"),
  bcrypt: {
    signature: "bcrypt(text, cost)",
    does: "the bcrypt hash; cost 10 if none is given",
    least: 1,
    most: 2,
    apply: (given) => {
      const cost = given.count === 2 ? given.integer(1) : DEFAULT_BCRYPT_COST;
      if (cost < 4 || cost > 15)
        return given.fail(1, `expected a cost from 4 to 15, found ${cost}`);
      return given.port(given.options.bcrypt, "bcrypt")(given.text(0), cost);
    },
  },
  uuidv4: {
    signature: "uuidv4()",
    does: "a random UUID",
    least: 0,
    most: 0,
    apply: uuid,
  },
};
