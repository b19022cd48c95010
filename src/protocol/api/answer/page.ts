import { z } from "@hono/zod-openapi";

/** One page of a list. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    cursor: z
      .string()
      .optional()
      .openapi({ description: "Give it back as `cursor` for the next page; absent on the last." }),
    total: z.int().optional().openapi({
      description:
        "How many items fit the filter, over all pages; only where they are counted anyway.",
    }),
  });
}

/** The answer to a create: GET the url for the whole. */
export const CREATED = z.object({ id: z.string(), url: z.string() }).openapi("Created");
export type Created = z.output<typeof CREATED>;

/** The answer to a request whose effect is seen in the state of what it names. */
export const ACCEPTED = z.object({}).openapi("Accepted");
