import { post } from "lib/http.js";

/** Light or dark, kept with the account so that the next page comes in the right colours. */
export default class Theme {
  constructor(button) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      const root = document.documentElement;
      const now = root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
      const next = now === "dark" ? "light" : "dark";
      root.dataset.theme = next;
      button.setAttribute("aria-pressed", String(next === "dark"));
      post("/preferences/", new URLSearchParams({ only: "theme", theme: next })).catch(() => {});
    });
  }
}
