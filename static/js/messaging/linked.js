/** Addresses and phone numbers in what people write, as links. The server's rule is messaging/linked.py; both are tried with
    tests/messaging/links.json. */

import { el } from "lib/dom.js";

const ADDRESS = String.raw`https?:\/\/[a-z0-9\-._~:\/?#\[\]@!$&'()*+,;=%]+`;
const MOBILE = String.raw`(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}`;
const LANDLINE = String.raw`0\d{2,3}-\d{7,8}`;
const SERVICE = String.raw`[48]00-?\d{3}-?\d{4}`;
const ABROAD = String.raw`\+[1-9]\d{0,2}[ -]?\d{2,4}[ -]?\d{3,4}[ -]?\d{2,4}`;
const FOUND = new RegExp([ADDRESS, MOBILE, LANDLINE, SERVICE, ABROAD].join("|"), "gi");
// A sentence's own mark at the end of an address is not of it.
const TAIL = /[.,;:!?)\]'*]+$/;
const HOST = /^https?:\/\/[a-z0-9][a-z0-9.-]*(:\d+)?([\/?#]|$)/i;
// Part of a longer number, a name or a sum: no number to ring.
const GLUED = /[a-z0-9_.+*¥$#-]/i;

/** A text in pieces: `[text]`, or `[text, href]` for what can be tapped. Together they are the text. */
export function linkParts(text) {
  const parts = [];
  let at = 0;
  for (const { 0: found, index } of text.matchAll(FOUND)) {
    if (index < at) continue;
    const [label, href] = /^http/i.test(found) ? addressOf(found) : phoneOf(found, text[index - 1] ?? "", text[index + found.length] ?? "");
    if (!href) continue;
    if (index > at) parts.push([text.slice(at, index)]);
    parts.push([label, href]);
    at = index + label.length;
  }
  if (at < text.length) parts.push([text.slice(at)]);
  return parts;
}

function addressOf(found) {
  const label = found.replace(TAIL, "");
  return HOST.test(label) ? [label, label] : [found, ""];
}

function phoneOf(found, before, after) {
  if (GLUED.test(before) || /[a-z0-9_*-]/i.test(after)) return [found, ""];
  return [found, `tel:${found.replace(/[ -]/g, "")}`];
}

/** The pieces as nodes: text stays text. */
export function linked(text) {
  return linkParts(text).map(([label, href]) => {
    if (!href) return label;
    const outside = href.startsWith("tel:") ? {} : { target: "_blank", rel: "noopener noreferrer" };
    return el("a", { href, ...outside }, label);
  });
}
