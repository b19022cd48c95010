import { isSidecar, kindOf } from "../../../policy/lifecycle.ts";
import type { AgentEffect, GroupOrder } from "../contract.ts";
import type { AgentMachine } from "../machine.ts";
import { must } from "../testShim.ts";
import { allocationDueAt } from "./due.ts";
import { isDead, isPoststop, type Member, membersOf } from "./kinds.ts";

/** For the property tests: what must hold of groups, whatever happens. */
export class GroupRules {
  private readonly orders = new Map<number, GroupOrder>();
  /** Wishes to restart that came from outside, each good for one more process of a member. */
  private readonly wishes = new Map<number, number>();

  watch(order: GroupOrder): void {
    this.orders.set(order.execution, order);
  }

  allowRestart(execution: number): void {
    this.wishes.set(execution, (this.wishes.get(execution) ?? 0) + 1);
  }

  /** An effect is about to be performed, and the machine is as it was when it asked for it. */
  check(machine: AgentMachine, effect: AgentEffect): void {
    if (effect.effect !== "prepareMember") return;
    const { order, member: name, processNumber } = effect;
    const members = this.membersIn(machine, order.execution);
    const member = members.find(({ spec }) => spec.name === name);
    if (member === undefined) return;
    const asked = this.wishes.get(order.execution) ?? 0;
    const allowed = 1 + member.spec.restart.attempts + asked;
    must(processNumber <= allowed, `${name} has at most ${allowed} processes`);
    if (processNumber === 1) mustBeInOrder(member, members);
    mustHaveNoFailedSibling(member, members);
  }

  checkState(machine: AgentMachine, now: number): void {
    for (const execution of machine.executions.values()) {
      const { life } = execution;
      if (life.phase !== "allocated") continue;
      const members = this.membersIn(machine, execution.key).filter((each) => !isPoststop(each));
      const isFailed = members.some(({ run }) => run.state.failed);
      const isKilled = life.run.head.ending !== null;
      must(
        !isFailed || isKilled || members.every(isDead),
        "siblings of a failed member are killed",
      );
      const dueAt = allocationDueAt(machine, execution, life.run);
      must(dueAt === null || dueAt > now, "what is due is done");
    }
  }

  private membersIn(machine: AgentMachine, execution: number): Member[] {
    const order = this.orders.get(execution);
    const life = machine.executions.get(execution)?.life;
    if (order === undefined || life?.phase !== "allocated") return [];
    return membersOf(order.allocation.group, life.run);
  }

  /** Everything has ended; `prepared` has execution and member of each process. */
  checkPoststop(prepared: ReadonlySet<string>): void {
    for (const [execution, { allocation }] of this.orders) {
      const { members, maxRunDurationMs } = allocation.group;
      const hasBegun = members.some(({ name }) => prepared.has(`${execution} ${name}`));
      if (!hasBegun || maxRunDurationMs !== null) continue;
      for (const spec of members) {
        if (kindOf(spec) !== "poststop") continue;
        must(prepared.has(`${execution} ${spec.name}`), `poststop of ${execution} has run`);
      }
    }
  }
}

function mustBeInOrder(member: Member, members: readonly Member[]): void {
  const kind = kindOf(member.spec);
  if (kind === "prestart") return;
  for (const other of members) {
    const { startedAt, failed } = other.run.state;
    if (kind === "poststop") {
      must(isPoststop(other) || isDead(other), "poststop comes when all others are dead");
    } else if (kindOf(other.spec) === "prestart") {
      const isReady = isSidecar(other.spec) ? startedAt !== null : isDead(other) && !failed;
      must(isReady, "prestart comes before mains");
    } else if (kind === "poststart" && kindOf(other.spec) === "main") {
      must(startedAt !== null, "mains run before poststart");
    }
  }
}

function mustHaveNoFailedSibling(member: Member, members: readonly Member[]): void {
  if (isPoststop(member)) return;
  const failed = members.some((other) => !isPoststop(other) && other.run.state.failed);
  must(!failed, "nothing starts beside a failed member");
}
