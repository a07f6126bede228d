import { mountAll } from "lib/modules.js";
import { keepTyped } from "lib/typed.js";

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** An element with properties, data attributes and children; text goes in as text. */
export function el(tag, { dataset = {}, ...props } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  Object.assign(element.dataset, dataset);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** The first element of HTML that our own server rendered. */
export function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  return template.content;
}

/** Puts server-rendered HTML in an element's place and keeps focus, scroll and what is being typed where they were. */
export function swap(target, html) {
  // What has left the page meanwhile has no place that anything could be put into.
  if (!target.isConnected) return target;
  const focused = document.activeElement;
  const mark = target.contains(focused) ? markOf(focused) : "";
  const scrolls = $$("[data-keep-scroll]", target).map((box) => [box.dataset.keepScroll, box.scrollTop, box.scrollLeft]);
  const putBack = keepTyped(target);
  const fresh = parse(html).firstElementChild;
  target.replaceWith(fresh);
  putBack(fresh);
  for (const [name, top, left] of scrolls) $(`[data-keep-scroll="${name}"]`, fresh)?.scrollTo({ top, left, behavior: "instant" });
  if (mark) (fresh.matches(mark) ? fresh : $(mark, fresh))?.focus();
  mountAll(fresh);
  return fresh;
}

/** What an element is known by in another version of its part: its own name, or where it leads. */
function markOf({ id, dataset, attributes }) {
  if (id) return `#${CSS.escape(id)}`;
  if (dataset.focus) return `[data-focus="${dataset.focus}"]`;
  return attributes.href ? `a[href="${CSS.escape(attributes.href.value)}"]` : "";
}

/** Copy of a <template>'s first element. */
export const clone = (template) => template.content.firstElementChild.cloneNode(true);

/** At most one call a pause, with the newest arguments. */
export function debounce(work, pause) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...args), pause);
  };
}

/** Says something to screen readers only. */
export function announce(text) {
  const live = document.getElementById("announcer");
  if (live) live.textContent = text;
}

/** Whether the interface is in English. */
export const inEnglish = () => document.documentElement.lang.startsWith("en");

/** The text in the interface's language. */
export const say = (chinese, english) => (inEnglish() ? english : chinese);
