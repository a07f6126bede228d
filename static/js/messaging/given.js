/** The messages that a page carries, made whole: what it leaves out is as with most of them. */
export const givenMessages = ({ messages, people }) =>
  messages.map(({ by, at, ...said }) => ({
    kind: said.data?.event || said.data?.notice ? "event" : "text", body: "", prev: said.seq - 1, sender: people[by], attachments: [], reply_to: null, internal: false,
    recalled: false, created_at: new Date(at).toISOString(), data: {}, ...said,
  }));
