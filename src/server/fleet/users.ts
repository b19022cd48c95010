import type { FleetRequest } from "../../fleet/input.ts";
import { findUser } from "../../fleet/lookup.ts";
import type { UserRecord } from "../../model/fleet/person.ts";
import { isoTime } from "../../model/time.ts";
import type { USER_ENDPOINTS } from "../../protocol/api/endpoint/users.ts";
import { hashToken, issueApiToken, removeEndedSessions, SESSION_MS } from "../access/tokens.ts";
import { auditNote, currentAct } from "../audit/act.ts";
import type { HandlersOf } from "../routes/call.ts";
import type { Caller, ServerContext } from "../routes/context.ts";
import { givenOf } from "../routes/lookup.ts";
import { Refusal, refuse } from "../routes/refusal.ts";
import { present, timeOf } from "../views/present.ts";
import { userView } from "../views/user.ts";
import { found } from "./found.ts";
import { byId, hasPart, rows } from "./rows.ts";

/** Submits a request of fleet operations in the caller's name; throws what it was refused for. */
export async function ask(
  { fleet }: ServerContext,
  caller: Caller | null,
  request: FleetRequest,
): Promise<{ readonly instance?: number; readonly revision?: number }> {
  const reply = await fleet.ask(request, caller?.actor ?? null, auditNote());
  if (!reply.ok) throw new Refusal(reply.error);
  return reply;
}

export function userHandlers(context: ServerContext): HandlersOf<typeof USER_ENDPOINTS> {
  const { fleet } = context;
  const find = (id: string): UserRecord => found(findUser(fleet.state, id));
  const view = (user: UserRecord) => userView(fleet.state, user);
  return {
    "POST /users": async ({ body, caller }) => {
      const { id, password, description = "", ...profile } = await body();
      const passwordHash = await context.passwords.hash(password);
      const account = { profile: { ...profile, description }, passwordHash };
      await ask(context, caller, { request: "createUser", id, ...account });
      return view(find(id));
    },
    "GET /users": async ({ query }) => {
      const { id, name, role, status } = query;
      const fits = byId(fleet.state.users.values()).filter(
        (user) =>
          hasPart(user.id, id) &&
          hasPart(user.name, name) &&
          (role === undefined || user.role === role) &&
          (status === undefined || user.status === status),
      );
      return rows(fits, query, view);
    },
    "GET /users/{userId}": async ({ parameters }) => view(find(parameters.userId)),
    "PATCH /users/{userId}": async ({ parameters, body, caller }) => {
      const { newId, role, status, ...profile } = await body();
      const user = parameters.userId;
      const level = role as UserRecord["role"] | undefined;
      const change = { profile: givenOf(profile), ...givenOf({ newId, role: level, status }) };
      await ask(context, caller, { request: "editUser", user, ...change });
      return view(find(newId ?? user));
    },
    "DELETE /users/{userId}": async ({ parameters, caller }) => {
      const { number } = find(parameters.userId);
      await ask(context, caller, { request: "deleteUser", user: parameters.userId });
      await context.removeTokensOf(number, ["session", "key"]);
      return undefined;
    },
    "PUT /users/{userId}/password": async ({ parameters, body, caller }) => {
      const user = parameters.userId;
      const passwordHash = await context.passwords.hash((await body()).password);
      await ask(context, caller, { request: "setPassword", user, passwordHash });
      await context.removeTokensOf(find(user).number, ["session"]);
      return undefined;
    },
    ...sessions(context),
  };
}

type SessionHandlers = Pick<HandlersOf<typeof USER_ENDPOINTS>, "POST /login" | "POST /logout">;

function sessions(context: ServerContext): SessionHandlers {
  const { store } = context;
  return {
    "POST /login": async ({ body, request }) => {
      const { id, password } = await body();
      const user = await whoLogsIn(context, id, password, context.addressOf(request));
      if (user.status === "disable") throw disabled(user.id);
      const createdAt = context.clock();
      const expiresAt = createdAt + SESSION_MS;
      await removeEndedSessions(store, createdAt);
      const token = await issueApiToken(store, {
        kind: "session",
        name: "",
        // As much as its user may, whatever that is at the time.
        role: 0,
        createdAt,
        user: user.number,
        expiresAt,
      });
      currentAct()?.isBy(user.id);
      await ask(context, null, { request: "noteLogin", user: user.id });
      return {
        userId: user.id,
        role: user.role,
        token,
        expirationTime: isoTime(expiresAt),
        ...present({ previousLoginTime: timeOf(user.lastLoginAt) }),
      };
    },
    "POST /logout": async ({ caller, request }) => {
      const given = request.headers.get("authorization")?.replace(/^Bearer /i, "") ?? "";
      const hash = caller?.tokenHash ?? hashToken(given);
      const token = await store.readApiToken(hash);
      if (token !== null && token.kind !== "session") {
        throw refuse(
          "OperationNotValidOnToken",
          "Expected the token of a session, and this one was made to stay.",
          "Take it back with stint system revoke.",
        );
      }
      await store.removeApiToken(hash, currentAct()?.done({}) ?? null);
      context.forgetToken(hash);
      return undefined;
    },
  };
}

/** Throws for a wrong password, and for one that comes too soon after wrong ones, which is not looked at. */
async function whoLogsIn(
  context: ServerContext,
  id: string,
  password: string,
  address: string | null,
): Promise<UserRecord> {
  const attempt = context.logins.begin(id, address, context.clock());
  if (typeof attempt === "number") throw tooManyLogins(id, attempt, context.clock());
  const user = context.fleet.state.users.find(id);
  const isRight = await context.passwords
    .isRight(password, user?.passwordHash ?? null)
    .catch((error: unknown) => {
      attempt.undone();
      throw error;
    });
  if (isRight && user !== undefined) {
    attempt.succeeded();
    return user;
  }
  const act = currentAct();
  const { nextFrom } = attempt;
  const until = nextFrom === null ? {} : { nextAttemptFrom: isoTime(nextFrom) };
  if (act !== null) await context.audit.refused(act, "AuthenticationFailed", until);
  throw refuse(
    "AuthenticationFailed",
    `Expected the password of user ${id}, and got another one; or there is no such user.`,
    "Try again, or let an administrator set a new one: stint user passwd.",
  );
}

const SECOND_MS = 1000;

function tooManyLogins(id: string, from: number, now: number): Refusal {
  const seconds = Math.max(1, Math.ceil((from - now) / SECOND_MS));
  return new Refusal(
    {
      code: "TooManyLogins",
      message: `Too many wrong passwords for user ${id}, or from your address: this one was not looked at.`,
      fix: `Try again in ${seconds} s, at ${isoTime(from)} or later.`,
    },
    { "retry-after": String(seconds) },
  );
}

function disabled(id: string): Refusal {
  return refuse(
    "AccountDisabled",
    `The account of user ${id} is disabled.`,
    `An administrator enables it: stint user edit -id ${id} -st E.`,
  );
}
