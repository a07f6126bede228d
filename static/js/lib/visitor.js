/* As whom this page speaks. One browser may hold several customers' links, a log-in of theirs and one of staff: each
   page says whose it is, so that none of them becomes another's. */
const { visitor = "", who = "", prove = "" } = document.documentElement.dataset;

/** How the page is named to the server; empty for a page of whoever is logged in. */
export const pageVisitor = visitor;

/** What its requests carry. */
export const headersOf = (named = visitor) => (named ? { "X-Visitor": named } : {});

/** Where its socket is. */
export const socketPath = visitor ? `/ws/?${visitor}` : "/ws/";

export { prove, who };
