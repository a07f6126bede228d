/** What the server declares of the kinds of event, as data of the page. */

const declared = JSON.parse(document.getElementById("event-kinds")?.textContent ?? "{}");

const icons = new Map(Object.entries(declared.icons ?? {}).flatMap(([icon, types]) => types.map((type) => [type, icon])));

/** The symbol of a kind; a line of an unknown one is information. */
export const eventIcon = (type) => icons.get(type) ?? "info";

/** What the stockroom hears. */
export const ALARM_EVENTS = new Set(declared.alarms);
