/** What the server declares of the kinds of event, as data of the page. */

const declared = JSON.parse(document.getElementById("event-kinds")?.textContent ?? "{}");

/** The symbol of a kind; a line of an unknown one is information. */
export const eventIcon = (type) => declared.icons?.[type] ?? "info";

/** What the stockroom hears. */
export const ALARM_EVENTS = new Set(declared.alarms);
