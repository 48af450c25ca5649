// Tokens of the rule-based answers: words, numbers, single CJK characters and marks. Usage is
// counted with these, and streams are cut at them.

/** The tokens of a text; joined they give the text again. @returns {string[]} */
export function tokenise(text) {
  return (
    text.match(/\s*(?:[\p{L}\p{N}]+(?:['’.:-][\p{L}\p{N}]+)*|[^\s])|\s+$/gu)?.flatMap(splitCjk) ??
    []
  );
}

function splitCjk(token) {
  return /\p{Script=Han}{2,}/u.test(token)
    ? token.match(/\s*\p{Script=Han}|\s*[^\p{Script=Han}\s]+|\s+/gu)
    : [token];
}

/** How many tokens a text has. */
export const countTokens = (text) => tokenise(text).length;
