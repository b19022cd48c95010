import type { Effect } from "../engine/effect.ts";
import type { Loop } from "./loop/loop.ts";
import type { NodeLinks } from "./nodes/nodeLinks.ts";
import type { LocalProvider } from "./providers/localProvider.ts";

export interface EffectParts {
  readonly links: NodeLinks;
  readonly loop: Loop;
  /** Null: this server makes no nodes. */
  readonly provider: LocalProvider | null;
}

/** Carries out what a committed batch left: orders to nodes, and calls of the provider. */
export function performEffects(parts: EffectParts, effects: readonly Effect[]): void {
  for (const effect of effects) perform(parts, effect);
  parts.links.flush();
}

function perform(parts: EffectParts, effect: Effect): void {
  const { links, loop, provider } = parts;
  switch (effect.effect) {
    case "start":
    case "stop":
    case "restart":
    case "discard":
    case "remove":
    case "acknowledge":
    case "leave":
      links.perform(effect);
      return;
    case "rebootNode":
      if (!effect.provided) links.perform(effect);
      else void provider?.reboot(guidOf(loop, effect.node));
      return;
    case "provideNode":
      if (provider !== null) void provider.provide(effect);
      else loop.tell({ kind: "nodeFailed", node: effect.node, message: NO_PROVIDER });
      return;
    case "removeNode":
      links.dismiss(effect.node);
      if (!effect.provided || provider === null) {
        loop.tell({ kind: "nodeRemoved", node: effect.node });
      } else {
        void provider.remove(effect.guid).then(() => {
          loop.tell({ kind: "nodeRemoved", node: effect.node });
        });
      }
      return;
  }
}

const NO_PROVIDER =
  "This server has no local provider; start it with --local-nodes, or let nodes join.";

function guidOf(loop: Loop, node: number): string {
  return loop.engine.nodes.get(node)?.record.guid ?? "";
}
