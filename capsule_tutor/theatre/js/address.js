// All that a person has chosen in a scene, as the end of an address, so that it can be sent.

// "#routing?digit=9&t=3" ↔ ["routing", { digit: "9", t: "3" }]
export function fromAddress(hash) {
  const [scene, query] = hash.replace(/^#/, "").split("?");
  return [scene, Object.fromEntries(new URLSearchParams(query || ""))];
}
export function toAddress(scene, state) {
  const query = new URLSearchParams(Object.entries(state).filter(([, value]) => value !== "" && value !== undefined)).toString();
  return `#${scene}${query && `?${query}`}`;
}

// writing(scene)(state): the address follows, a moment later, for browsers limit how often it may change. wanted(last):
// may it be written over, as it was when this began or last wrote it?
export function writing(scene, wanted = () => true) {
  let waiting = 0, last = location.hash;
  return (state) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (!wanted(last)) return;
      history.replaceState(null, "", toAddress(scene, state));
      last = location.hash;
    }, 250);
  };
}
