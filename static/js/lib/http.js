import { ask } from "lib/ask.js";
import { pageVisitor } from "lib/visitor.js";
import { welcome } from "lib/welcome.js";

const LOG_INS = ["/login/", "/my/login/"];

/** A request to our own server; where the session has ended, this page gives way to the log-in. */
export const request = async (url, options) => unlessLoggedOut(await ask(url, options));

/** An answer of our own server; where the session has ended, this page gives way to the log-in, which leads back to it:
    an answer that is not to what was asked reaches nobody. */
export async function unlessLoggedOut(answer) {
  const logIn = await logInFor(answer);
  if (!logIn) return answer;
  location.assign(`${logIn}?next=${encodeURIComponent(location.pathname + location.search)}`);
  return new Promise(() => {});
}

/** Where somebody has to prove again who they are; empty while the server knows them. */
async function logInFor(answer) {
  const place = answer.redirected ? new URL(answer.url).pathname : "";
  if (LOG_INS.includes(place) && place !== location.pathname) return place;
  // Refused: is it this that they may not, or are they nobody any more? Customers' pages show a link again themselves.
  if (![401, 403].includes(answer.status) || pageVisitor) return "";
  return (await welcome().catch(() => "")) === "left" ? "/login/" : "";
}

/** A part of a page as the server renders it, null when it is gone or refused. */
export async function fragment(url, options = {}) {
  const answer = await request(url, { ...options, headers: { "X-Fragment": "1", ...options.headers } });
  return answer.ok ? answer.text() : null;
}

export const getJSON = async (url) => (await request(url, { headers: { Accept: "application/json" } })).json();
export const post = (url, body, options = {}) => request(url, { method: "POST", body, ...options });
