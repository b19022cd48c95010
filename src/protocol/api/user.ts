import { z } from "@hono/zod-openapi";
import { integer, oneOf, patch, record, text, where } from "./field.ts";
import { wholeNumber } from "./query.ts";

const OBJECT_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;
const FREE_TEXT_MAX_LENGTH = 1_000;
const NAME_MAX_LENGTH = 128;
/** Argon2 takes any; longer ones would only cost time. */
const PASSWORD_MAX_LENGTH = 1_000;
const PASSWORD_MIN_LENGTH = 8;

/** Of users and groups. */
export const OBJECT_ID = where(z.string(), (id) => OBJECT_ID_PATTERN.test(id), {
  code: "InvalidPropertyValue",
  expected:
    "1 to 64 characters out of A-Z, a-z, 0-9, '.', '_', '@' and '-', the first a letter or digit",
}).openapi({ pattern: OBJECT_ID_PATTERN.source });

/** May be empty. */
export const FREE_TEXT = where(
  z.string(),
  (value) => value.length <= FREE_TEXT_MAX_LENGTH && !value.includes("\0"),
  {
    code: "InvalidPropertyValue",
    expected: `text of at most ${FREE_TEXT_MAX_LENGTH} characters without NUL`,
  },
).openapi({ maxLength: FREE_TEXT_MAX_LENGTH });

const EMAIL = where(z.string(), (value) => /^[^\s@]+@[^\s@]+$/.test(value) && value.length <= 254, {
  code: "InvalidPropertyValue",
  expected: "an e-mail address",
}).openapi({ format: "email" });

const PASSWORD = where(
  z.string(),
  (value) => value.length >= PASSWORD_MIN_LENGTH && value.length <= PASSWORD_MAX_LENGTH,
  {
    code: "InvalidPropertyValue",
    expected: `a password of ${PASSWORD_MIN_LENGTH} to ${PASSWORD_MAX_LENGTH} characters`,
  },
).openapi({ format: "password" });

export const SWITCH = oneOf(["enable", "disable"]);

const PROFILE = {
  name: text(NAME_MAX_LENGTH),
  phone: text(NAME_MAX_LENGTH),
  email: EMAIL,
};

export const USER_ADD = record({
  id: OBJECT_ID,
  ...PROFILE,
  description: FREE_TEXT.optional(),
  password: PASSWORD,
}).openapi("UserAdd");

const ROLE = integer(0, 3).openapi({
  description: "0 administrator, 1 manager, 2 operator, 3 guest.",
});

export const USER_PATCH = patch({
  newId: OBJECT_ID.optional(),
  name: PROFILE.name.optional(),
  phone: PROFILE.phone.optional(),
  email: PROFILE.email.optional(),
  description: FREE_TEXT.optional(),
  role: ROLE.optional(),
  status: SWITCH.optional(),
}).openapi("UserPatch");

export const PASSWORD_PUT = record({ password: PASSWORD }).openapi("PasswordPut");

export const LOGIN = record({
  id: z.string(),
  password: z.string().max(PASSWORD_MAX_LENGTH).openapi({ format: "password" }),
}).openapi("Login");

/** Lists that people page through by row numbers (OPMATE CLI 1); limit 0: everything. */
export const ROWS_FIELDS = {
  limit: wholeNumber(0, 1_000_000).optional(),
  offset: wholeNumber(0, 1_000_000_000).optional(),
};

export const USERS_QUERY = record({
  ...ROWS_FIELDS,
  id: z.string().optional().openapi({ description: "Part of the id." }),
  name: z.string().optional().openapi({ description: "Part of the name." }),
  role: wholeNumber(0, 3).optional(),
  status: SWITCH.optional(),
});
