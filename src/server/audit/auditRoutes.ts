import { notPermitted } from "../../fleet/reply.ts";
import type { AuditRecord } from "../../model/audit.ts";
import { PAGE_SIZE_MAX } from "../../model/limits.ts";
import { isoTime } from "../../model/time.ts";
import type { AUDIT_ENDPOINTS } from "../../protocol/api/endpoint/audit.ts";
import type { Store } from "../../store/store.ts";
import type { HandlersOf } from "../routes/call.ts";
import type { Caller, ServerContext } from "../routes/context.ts";
import { givenOf, pageAnswer, pageRequest } from "../routes/lookup.ts";
import { followResponse } from "../routes/range.ts";
import { Refusal, refuse } from "../routes/refusal.ts";

export function auditHandlers(context: ServerContext): HandlersOf<typeof AUDIT_ENDPOINTS> {
  const { store } = context;
  return {
    "GET /audit": async ({ query, caller }) => {
      mayRead(caller);
      const { who, action, outcome, from, to } = query;
      const span = givenOf({ from: instantOf(from), to: instantOf(to) });
      const filter = { ...givenOf({ who, action, outcome }), ...span };
      return pageAnswer(await store.listAudit(filter, pageRequest(query)), view);
    },
    "GET /audit/export": async ({ query, caller, request }) => {
      mayRead(caller);
      context.keepOpen(request);
      const lines = () => exported(store, query.after ?? 0);
      return followResponse(lines, request, "application/x-ndjson");
    },
    "GET /audit/{number}": async ({ parameters, caller }) => {
      mayRead(caller);
      const { number } = parameters;
      const record = /^\d{1,15}$/.test(number) ? await store.readAudit(Number(number)) : null;
      if (record !== null) return view(record);
      throw refuse(
        "AuditRecordNotFound",
        `There is no record ${number} in the audit log.`,
        "See the records with GET /api/v1/audit.",
      );
    },
  };
}

function mayRead(caller: Caller | null): void {
  const denied = caller === null ? null : notPermitted("readAudit", caller.actor);
  if (denied !== null) throw new Refusal(denied.error);
}

/** Records have times in one form, by which they are compared. */
function instantOf(time: string | undefined): string | undefined {
  return time === undefined ? undefined : isoTime(Date.parse(time));
}

function view({ object, details, result, ...record }: AuditRecord) {
  return { ...record, object: { ...object }, details: { ...details }, result: { ...result } };
}

async function* exported(store: Store, start: number): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let after = start;
  while (true) {
    const lines = await store.readAuditLines(after, PAGE_SIZE_MAX);
    if (lines.length > 0) yield encoder.encode(`${lines.join("\n")}\n`);
    if (lines.length < PAGE_SIZE_MAX) return;
    // Without a gap, they are the numbers after the start.
    after += lines.length;
  }
}
