import { ROLES } from "../../model/fleet/person.ts";
import type { ApiToken } from "../../protocol/api/answer/system.ts";
import { UsageError } from "../failure.ts";
import { minute } from "../output/cell.ts";
import { printJson } from "../output/json.ts";
import { column, printList } from "../output/list.ts";
import { allRows } from "../output/paging.ts";
import type { Session } from "../session.ts";

export interface SystemTokenOptions {
  readonly name: string | undefined;
  readonly role: string | undefined;
}

const ROLE_DEFAULT = "2";

const COLUMNS = [
  column<ApiToken>("ID", (token) => token.id),
  column<ApiToken>("NAME", (token) => token.name),
  column<ApiToken>("ROLE", ({ role }) => `${role} ${ROLES[role] ?? ""}`.trimEnd()),
  column<ApiToken>("CREATED AT", (token) => minute(token.creationTime)),
];

export async function run(session: Session, options: SystemTokenOptions): Promise<number> {
  const { name, role } = options;
  if (name === undefined && role !== undefined) {
    throw new UsageError("Expected -nm,--name with -ro,--role and got none.");
  }
  const { tokens } = await session.client();
  if (name === undefined) {
    const { items } = await tokens.listApiTokens();
    return await printList(session, COLUMNS, allRows(items, { limit: 0, offset: 0 }));
  }
  const made = await tokens.createApiToken({ name, role: Number(role ?? ROLE_DEFAULT) });
  if (session.form === "json") return await printJson(session, made);
  // Alone on stdout, so that it can go straight into a file.
  await session.print(made.token);
  return 0;
}
