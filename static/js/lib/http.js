import { headersOf } from "lib/visitor.js";

const csrf = () =>
  document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/)?.[1] ??
  document.querySelector("[name=csrfmiddlewaretoken]")?.value ??
  "";

/** A request to our own server that carries the CSRF token. Throws only when the network fails. */
export async function request(url, { method = "GET", body, headers = {}, ...rest } = {}) {
  const sent = { ...headersOf(), ...headers };
  if (method !== "GET") sent["X-CSRFToken"] = csrf();
  if (body && !(body instanceof FormData) && !(body instanceof URLSearchParams)) {
    sent["Content-Type"] = "application/json";
    body = JSON.stringify(body);
  }
  const answer = await fetch(url, { method, body, headers: sent, credentials: "same-origin", ...rest });
  // A session that ended answers with the log-in page, which leads back to this page and not to the part that was asked for.
  if (answer.redirected && new URL(answer.url).pathname === "/login/") {
    location.assign(`/login/?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
  return answer;
}

/** A part of a page as the server renders it, null when it is gone or refused. */
export async function fragment(url, options = {}) {
  const answer = await request(url, { ...options, headers: { "X-Fragment": "1", ...options.headers } });
  return answer.ok ? answer.text() : null;
}

export const getJSON = async (url) => (await request(url, { headers: { Accept: "application/json" } })).json();
export const post = (url, body, options = {}) => request(url, { method: "POST", body, ...options });
