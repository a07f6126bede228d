/* Pictures that a form of the shop sends (goods, the sign, the picture of a payment code) are made smaller in the field
   they were put into. Without imports, since the admin's pages have no map of modules: the field says where to find it. */
document.addEventListener("change", async ({ target }) => {
  if (!target.dataset?.reducedBy || typeof DataTransfer === "undefined") return;
  const given = [...target.files];
  const { reduced } = await import(target.dataset.reducedBy);
  const kept = new DataTransfer();
  for (const file of await Promise.all(given.map(reduced))) kept.items.add(file);
  // Meanwhile another may have been chosen.
  if (given.every((file, place) => file === target.files[place])) target.files = kept.files;
});
