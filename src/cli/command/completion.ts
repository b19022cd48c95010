import type { Action } from "./action.ts";
import { type Objects, SERVER_COMMANDS } from "./help.ts";
import { longName } from "./option.ts";
import { GENERAL } from "./shared.ts";

/** A function for bash that completes objects, actions and long options. */
export function bashCompletion(objects: Objects): string {
  const actionCases = Object.entries(objects).map(
    ([name, { actions }]) => `    ${name}) words="${Object.keys(actions).join(" ")} help" ;;`,
  );
  const optionCases = Object.entries(objects).flatMap(([name, { actions }]) =>
    Object.entries(actions).map(
      ([action, declared]) => `    "${name} ${action}") words="${optionWords(declared)}" ;;`,
    ),
  );
  const first = [...Object.keys(objects), ...Object.keys(SERVER_COMMANDS), "completion", "help"];
  return `_stint() {
  local words="" current="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    words="${first.join(" ")}"
  elif [ "$COMP_CWORD" -eq 2 ]; then
    case "\${COMP_WORDS[1]}" in
${actionCases.join("\n")}
    esac
  else
    case "\${COMP_WORDS[1]} \${COMP_WORDS[2]}" in
${optionCases.join("\n")}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _stint stint
`;
}

function optionWords({ options, rest }: Action): string {
  return Object.entries({ ...options, ...GENERAL })
    .filter(([key]) => key !== rest)
    .map((option) => `--${longName(...option)}`)
    .join(" ");
}
