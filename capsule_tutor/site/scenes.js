// Every scene of this page, from arithmetic and weights beside it: no kernel, no other machine.
const { fromAddress, writing } = modules.address, { orFailed } = modules.parts;
const beside = document.currentScript.src;
window.capsules = {};  // each file of data puts its own here

const asked = {};
const data = (name) => (asked[name] ??= fetched(name));  // once, however many scenes of a page need it
function fetched(name) {
  const script = document.createElement("script");
  script.src = new URL(`${name}.js`, beside);
  return new Promise((resolve, reject) => {
    script.onload = () => resolve(capsules[name]);
    script.onerror = () => reject(new Error(`${name}.js did not load`));
    document.body.append(script);
  });
}

for (const place of document.querySelectorAll("[data-scene]")) {
  const name = place.dataset.scene, needs = place.dataset.needs, answers = modules[needs][needs];
  const [addressed, sent] = fromAddress(location.hash), meant = addressed === name, top = scrollY;
  // An address is rewritten by those who move something, not by those who only look.
  let touched = false;
  for (const hand of ["pointerdown", "keydown", "input"]) place.addEventListener(hand, () => { touched = true; });
  orFailed(data(needs).then(async (found) => {
    const state = { ...Object.fromEntries(new URLSearchParams(place.dataset.state)), ...(meant && sent) };
    await modules[name][name](place, { ask: answers(found)(name), state, changed: writing(name, () => touched) });
    if (meant && scrollY === top) place.scrollIntoView();  // who has begun to read is left where they are
  }), place);
}
