// The edit that puts mlwarden's hook into a .pre-commit-config.yaml.

const REPO = "https://github.com/mlwarden/mlwarden";

/** The hook's entry in the list of repositories. */
export function entry(rev: string, indent = "", eol = "\n"): string {
  return [`- repo: ${REPO}`, `  rev: ${rev}`, "  hooks:", "  - id: mlwarden"].map((line) => `${indent}${line}${eol}`).join("");
}

/**
 * The file with the hook in it, as the last repository: everything else, comments and layout included, stays as it is.
 * "present" if it has the hook; undefined if its `repos` are not written as a list of lines.
 */
export function withHook(text: string, rev: string): string | "present" | undefined {
  if (/^[ \t]*(?:-[ \t]+)?id:[ \t]*["']?mlwarden(?:-fix)?["']?[ \t]*(?:#.*)?$/m.test(text)) {
    return "present";
  }
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = text.split(/(?<=\n)/);
  const at = lines.findIndex((line) => /^["']?repos["']?[ \t]*:/.test(line));
  if (at === -1) {
    // Something that is no table of keys, such as a list, would be broken by a key.
    return lines.every((line) => /^(?:\s*$|\s*#|---\s*$|[ \t]|["']?[\w-]+["']?[ \t]*:)/.test(line))
      ? `${ended(text, eol)}repos:${eol}${entry(rev, "", eol)}`
      : undefined;
  }
  const line = lines[at] ?? "";
  if (/^["']?repos["']?[ \t]*:[ \t]*\[[ \t]*\][ \t]*(?:#.*)?\r?\n?$/.test(line)) {
    return [...lines.slice(0, at), `repos:${eol}`, entry(rev, "", eol), ...lines.slice(at + 1)].join("");
  }
  if (!/^["']?repos["']?[ \t]*:[ \t]*(?:#.*)?\r?\n?$/.test(line)) {
    return undefined;
  }
  const rest = lines.slice(at + 1);
  const indent = /^([ ]*)-[ \t]/.exec(rest.find((each) => !BLANK.test(each)) ?? "- ")?.[1];
  if (indent === undefined) {
    return undefined;
  }
  // The list ends before the next key; blank lines and comments before that belong to it.
  const after = rest.findIndex((each) => /^[^\s#-]/.test(each) || /^(?:---|\.\.\.)\s*$/.test(each));
  let end = after === -1 ? rest.length : after;
  while (end > 0 && BLANK.test(rest[end - 1] ?? "")) {
    end -= 1;
  }
  const before = ended([...lines.slice(0, at + 1), ...rest.slice(0, end)].join(""), eol);
  return before + entry(rev, indent, eol) + rest.slice(end).join("");
}

const BLANK = /^\s*(?:#.*)?\s*$/;

function ended(text: string, eol: string): string {
  return text === "" || text.endsWith("\n") ? text : text + eol;
}
