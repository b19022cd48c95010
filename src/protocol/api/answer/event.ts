import { z } from "@hono/zod-openapi";
import { EVENT_TYPES } from "../../../model/event.ts";
import { TIME } from "../field.ts";

/** An event in its envelope; the body's fields are those that Azure Batch documents. */
export const EVENT = z
  .object({
    sequence: z.int(),
    time: TIME,
    operationName: z.enum(EVENT_TYPES),
    category: z.literal("ServiceLog"),
    resourceId: z.string(),
    properties: z.record(z.string(), z.unknown()),
  })
  .openapi("Event");
export type EventEnvelope = z.output<typeof EVENT>;

export const EVENT_PAGE = z
  .object({
    items: z.array(EVENT),
    after: z.int().openapi({ description: "Give it back as `after` for the next events." }),
    before: z.int().optional().openapi({
      description: "With order=desc: give it back as `before` for older ones; absent at the end.",
    }),
  })
  .openapi("EventPage");
export type EventPage = z.output<typeof EVENT_PAGE>;
