import { z } from "@hono/zod-openapi";

export const SCRIPT = z
  .object({
    name: z.string(),
    sha256: z.string(),
    sizeBytes: z.int(),
    words: z
      .array(z.string())
      .openapi({ description: "Keys of the reserved words in it, each once." }),
  })
  .openapi("Script");
export type Script = z.output<typeof SCRIPT>;
