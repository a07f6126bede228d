import { ask } from "lib/ask.js";
import { prove, who } from "lib/visitor.js";

/** Whether the server still knows whom this page speaks for; a page of a link shows it again first, should the session
    have lost it. Answers `yes`, or why not: `closed` (the link), `left` (logged out), `other` (somebody else is here).
    Throws when nobody answers. */
export async function welcome() {
  const now = await known();
  if (now === who) return "yes";
  if (!prove) return now ? "other" : "left";
  const { ok, status } = await answered(ask(prove, { method: "POST" }));
  if (ok) return (await known()) === who ? "yes" : "left";
  return status === 409 ? "other" : "closed";
}

async function known() {
  const answer = await answered(ask("/session/", { headers: { Accept: "application/json" } }));
  return (await answer.json()).who;
}

/** A server that is just restarting says nothing about us. */
async function answered(asked) {
  const answer = await asked;
  if (answer.status >= 500 || answer.status === 429) throw new Error(`status ${answer.status}`);
  return answer;
}
