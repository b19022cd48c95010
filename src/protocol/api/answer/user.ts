import { z } from "@hono/zod-openapi";
import { TIME } from "../field.ts";

const WHO = z
  .string()
  .openapi({ description: "Id of a user; absent: nobody, or one who is gone." });

/** When and by whom something was made and changed last. */
export const STAMPS = {
  creationTime: TIME,
  createdBy: WHO.optional(),
  updateTime: TIME.optional(),
  updatedBy: WHO.optional(),
};

export const USER = z
  .object({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    phone: z.string(),
    role: z.int().openapi({ description: "0 administrator, 1 manager, 2 operator, 3 guest." }),
    status: z.enum(["enable", "disable"]),
    description: z.string(),
    lastLoginTime: TIME.optional(),
    ...STAMPS,
  })
  .openapi("User");
export type User = z.output<typeof USER>;

/** A part of a list, with how many fit the filter in all. */
export function rowsOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), total: z.int() });
}

export const SESSION = z
  .object({
    userId: z.string(),
    role: z.int(),
    token: z.string(),
    expirationTime: TIME,
    previousLoginTime: TIME.optional(),
  })
  .openapi("Session");
export type Session = z.output<typeof SESSION>;
