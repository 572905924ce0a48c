// Every scene of this page, from the arithmetic and the weights above: no kernel, no network.
const answers = modules.offline.offline(data);
for (const place of document.querySelectorAll("[data-scene]")) {
  const name = place.dataset.scene;
  modules[name][name](place, { ask: answers(name), state: {}, changed() {} });
}
