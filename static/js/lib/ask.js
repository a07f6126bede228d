import { headersOf } from "lib/visitor.js";

const csrf = () =>
  document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]+)/)?.[1] ??
  document.querySelector("[name=csrfmiddlewaretoken]")?.value ??
  "";

/** What every request to our own server carries: as whom the page speaks, and the token of what it posts. */
export const headersFor = (method) => ({ ...headersOf(), ...(method === "GET" ? {} : { "X-CSRFToken": csrf() }) });

/** A request to our own server that carries the CSRF token; whatever it answers. Throws only when the network fails. */
export function ask(url, { method = "GET", body, headers = {}, ...rest } = {}) {
  const sent = { ...headersFor(method), ...headers };
  if (body && !(body instanceof FormData) && !(body instanceof URLSearchParams)) {
    sent["Content-Type"] = "application/json";
    body = JSON.stringify(body);
  }
  return fetch(url, { method, body, headers: sent, credentials: "same-origin", ...rest });
}
